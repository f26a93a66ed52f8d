//! REST: `/api/v1/certificates`.

use axum::{Extension, Json, extract::State, http::StatusCode};
use pki::{CertificationRequest, SerialNumber};
use platform::{
    Caller,
    audit::Party,
    web::{JsonBody, PathParams, Problem, ProblemBody, QueryParams},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    CertificateInfo, Error, Order, Service, authorize::authorize, issue::ACTION, parse_reason,
    store,
};

/// An order for a certificate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCertificate {
    /// `tls-server` or `person`.
    profile: String,
    /// A PKCS#10 certification request, PEM.
    #[schema(max_length = 65536)]
    csr: String,
    /// The authority that shall issue it; the default one where left out.
    ca: Option<String>,
}

/// An issued certificate.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IssuedCertificate {
    /// Hexadecimal serial number.
    serial: String,
    /// The certificate and its chain, leaf first, as PEM.
    certificate: String,
}

/// Issues a certificate.
#[utoipa::path(post, path = "/api/v1/certificates", tag = "certificates", request_body = NewCertificate, responses(
    (status = 201, body = IssuedCertificate),
    (status = 400, body = ProblemBody, content_type = "application/problem+json"),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 413, body = ProblemBody, content_type = "application/problem+json"),
    (status = 415, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn issue(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    JsonBody(new): JsonBody<NewCertificate>,
) -> Result<(StatusCode, Json<IssuedCertificate>), Problem> {
    // Who may not is told so before anything of the request is looked at.
    authorize(&service, &caller, ACTION, Party::thing("certificate")).await?;
    let order = Order {
        profile: new.profile.parse()?,
        request: CertificationRequest::from_pem_or_der(new.csr.as_bytes())
            .map_err(Error::BadRequest)?,
        ca: new.ca,
    };
    let issued = service.issue(&caller, &order).await?;
    let body = IssuedCertificate {
        serial: issued.certificate.serial().to_string(),
        certificate: issued.chain_pem,
    };
    Ok((StatusCode::CREATED, Json(body)))
}

/// What a list is narrowed by.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Narrow {
    /// Only certificates with this very subject, as RFC 4514 text.
    subject: Option<String>,
    /// Only certificates that come after the one with this hexadecimal serial number: the
    /// last one of the page before.
    after: Option<String>,
    /// Only certificates issued before this moment, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime)]
    issued_before: Option<jiff::Timestamp>,
    /// How many at most, 1 to 1000.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// Lists certificates, the newest first.
#[utoipa::path(get, path = "/api/v1/certificates", tag = "certificates", params(Narrow), responses(
    (status = 200, body = Vec<CertificateInfo>),
    (status = 400, body = ProblemBody, content_type = "application/problem+json"),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn list(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    QueryParams(narrow): QueryParams<Narrow>,
) -> Result<Json<Vec<CertificateInfo>>, Problem> {
    caller.require("ca.certificate.read")?;
    let limit = narrow.limit.unwrap_or(100);
    if !(1..=1000).contains(&limit) {
        return Err(Problem::bad_request("limit is from 1 to 1000"));
    }
    let mut after = narrow
        .issued_before
        .map_or(store::Place::BEGIN, store::Place::before);
    if let Some(serial) = narrow.after {
        let serial = parse_serial(&serial)?;
        let place = store::place(service.store(), serial.as_bytes()).await?;
        let place = place.ok_or_else(|| {
            Problem::bad_request(format!("after: there is no certificate {serial}"))
        })?;
        after = after.min(place);
    }
    let filter = store::Filter {
        subject: narrow.subject,
        after,
        limit,
    };
    Ok(Json(store::certificates(service.store(), &filter).await?))
}

/// Shows one certificate.
#[utoipa::path(get, path = "/api/v1/certificates/{serial}", tag = "certificates",
    params(("serial" = String, Path, description = "Hexadecimal serial number")), responses(
    (status = 200, body = CertificateInfo),
    (status = 400, body = ProblemBody, content_type = "application/problem+json"),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn show(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    PathParams(serial): PathParams<String>,
) -> Result<Json<CertificateInfo>, Problem> {
    caller.require("ca.certificate.read")?;
    let serial = parse_serial(&serial)?;
    let (mut info, der) = store::certificate(service.store(), serial.as_bytes())
        .await?
        .ok_or_else(|| Error::NoSuchCertificate(serial.to_string()))?;
    let chain = service
        .authority(&info.issuer)
        .map_or_else(|_| String::new(), |ca| ca.chain_pem().to_owned());
    info.certificate = Some(pki::pem::encode("CERTIFICATE", &der) + &chain);
    Ok(Json(info))
}

/// Why a certificate shall be revoked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRevocation {
    /// A CRLReason's name, such as `keyCompromise`; `unspecified` where left out.
    reason: Option<String>,
}

/// Revokes a certificate.
#[utoipa::path(post, path = "/api/v1/certificates/{serial}/revoke", tag = "certificates", request_body = NewRevocation,
    params(("serial" = String, Path, description = "Hexadecimal serial number")), responses(
    (status = 204, description = "It is revoked"),
    (status = 400, body = ProblemBody, content_type = "application/problem+json"),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 413, body = ProblemBody, content_type = "application/problem+json"),
    (status = 415, body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn revoke(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    PathParams(serial): PathParams<String>,
    JsonBody(new): JsonBody<NewRevocation>,
) -> Result<StatusCode, Problem> {
    let serial = parse_serial(&serial)?;
    let reason = parse_reason(new.reason.as_deref().unwrap_or("unspecified"))?;
    service.revoke(&caller, &serial, reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn parse_serial(text: &str) -> Result<SerialNumber, Problem> {
    text.parse()
        .map_err(|_| Problem::bad_request("a serial number is 1 to 40 hexadecimal digits"))
}
