//! REST: `/api/v1/certificates`.

use axum::{Extension, Json, extract::State, http::StatusCode};
use jiff::{SignedDuration, Timestamp};
use pki::{GeneralName, Name, SerialNumber};
use platform_access::Caller;
use platform_web::{JsonBody, Page, PageQuery, PathParams, Problem, QueryParams, Refusals};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use utoipa::ToSchema;

use crate::{
    AllowedNames, CertificateInfo, IssuanceRequest, NameOverride, ReleaseRequest,
    RevocationRequest, Service, StatusFilter, issue as issuance,
    list::{self as lists, CertificateQuery, ListedCertificate},
    parse_reason, release as verb, revoke as revocation,
};

/// A request for a certificate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCertificate {
    /// The name of a profile, such as `tls-server` or `person`; `/api/v1/profiles` lists them.
    profile: String,
    /// A PKCS#10 certification request: PEM, or the base64 of DER without its header.
    #[schema(max_length = 65536)]
    csr: String,
    /// The authority that shall issue it; the profile's default authority if absent.
    ca: Option<String>,
    /// The certificate's names instead of those that the request asks for, such as
    /// `dns:www.example.org`, `ip:192.0.2.1` or `email:alice@example.org`. Needs the permission
    /// `ca.certificate.override_names`, as `subject` does.
    #[schema(max_items = 100)]
    names: Option<Vec<String>>,
    /// The certificate's subject instead of the request's, as RFC 4514 text: the profile must
    /// take each of its attributes.
    subject: Option<String>,
    /// For how many days it is valid, at most as many as the profile allows; as many if absent.
    days: Option<u32>,
}

/// An issued certificate.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IssuedCertificate {
    /// Hexadecimal serial number.
    serial: String,
    /// The certificate and its chain, leaf first, as PEM.
    certificate: String,
    /// What the request asked for and the profile leaves out, such as
    /// `organizationName Example`.
    ignored: Vec<String>,
}

/// Issues a certificate.
#[utoipa::path(post, path = "/api/v1/certificates", tag = "certificates",
    request_body = NewCertificate,
    responses((status = 201, body = IssuedCertificate), Refusals))]
pub(super) async fn issue(
    State(ca): State<Service>,
    Extension(caller): Extension<Caller>,
    JsonBody(new): JsonBody<NewCertificate>,
) -> Result<(StatusCode, Json<IssuedCertificate>), Problem> {
    let request = IssuanceRequest {
        profile: new.profile,
        csr: new.csr.into_bytes(),
        authority: new.ca,
        allowed_names: AllowedNames::OfProfile,
        name_override: NameOverride {
            subject: new.subject.as_deref().map(parse_subject).transpose()?,
            alternative_names: new.names.as_deref().map(parse_names).transpose()?,
        },
        lifetime: new
            .days
            .map(|days| SignedDuration::from_hours(24 * i64::from(days))),
    };
    let issued = issuance::issue(&ca, &caller, request).await?;
    let body = IssuedCertificate {
        serial: issued.certificate.serial().to_string(),
        certificate: issued.chain_pem,
        ignored: issued.ignored,
    };
    Ok((StatusCode::CREATED, Json(body)))
}

/// The filters of a list of certificates; a certificate must match all that are given.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Only certificates with this very subject, as RFC 4514 text.
    subject: Option<String>,
    /// Only certificates of this authority.
    ca: Option<String>,
    /// Only certificates of this profile.
    profile: Option<String>,
    /// Only certificates with this status.
    #[param(inline)]
    status: Option<StatusFilter>,
    /// Only certificates whose validity ends at this moment or later, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime)]
    #[serde(default, deserialize_with = "moment")]
    expires_after: Option<Timestamp>,
    /// Only certificates whose validity ends before this moment, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime)]
    #[serde(default, deserialize_with = "moment")]
    expires_before: Option<Timestamp>,
    /// Only certificates issued before this moment, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime)]
    #[serde(default, deserialize_with = "moment")]
    issued_before: Option<Timestamp>,
    /// Only certificates that follow the one with this hexadecimal serial number. `cursor`
    /// continues a list without naming a certificate.
    after: Option<String>,
}

/// Lists certificates, the newest first; with `expires_after` or `expires_before`, those that end
/// first.
///
/// A request visits a limited number of certificates. With filters that few of them match, a page
/// may have fewer items than `limit`, or none, and still a `next`: the list ends where `next` is
/// null.
#[utoipa::path(get, path = "/api/v1/certificates", tag = "certificates",
    params(ListQuery, PageQuery),
    responses((status = 200, body = Page<CertificateInfo>), Refusals))]
pub(super) async fn list(
    State(ca): State<Service>,
    Extension(caller): Extension<Caller>,
    QueryParams(query): QueryParams<ListQuery>,
    QueryParams(page): QueryParams<PageQuery>,
) -> Result<Json<Page<CertificateInfo>>, Problem> {
    let request = page.parse()?;
    let query = CertificateQuery {
        subject: query.subject,
        authority: query.ca,
        profile: query.profile,
        status: query.status,
        issued_before: query.issued_before,
        expires_after: query.expires_after,
        expires_before: query.expires_before,
        after_serial: query.after.as_deref().map(parse_serial).transpose()?,
        after: request.after().to_owned(),
        limit: request.fetch_limit(),
    };
    let found = lists::certificates(&ca, &caller, query).await?;
    let key = |listed: &ListedCertificate| listed.position.clone();
    let page = request.page_visited(found.certificates, key, found.visited_to);
    Ok(Json(page.map(|listed| listed.info)))
}

/// Which of the certificates with one serial number is meant.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct IssuerQuery {
    /// The authority that issued it: needed if several issued this serial number.
    ca: Option<String>,
}

/// Shows one certificate.
#[utoipa::path(get, path = "/api/v1/certificates/{serial}", tag = "certificates",
    params(("serial" = String, Path, description = "Hexadecimal serial number"), IssuerQuery),
    responses((status = 200, body = CertificateInfo), Refusals))]
pub(super) async fn show(
    State(ca): State<Service>,
    Extension(caller): Extension<Caller>,
    PathParams(serial): PathParams<String>,
    QueryParams(issuer): QueryParams<IssuerQuery>,
) -> Result<Json<CertificateInfo>, Problem> {
    let serial = parse_serial(&serial)?;
    let found = lists::certificate(&ca, &caller, &serial, issuer.ca.as_deref()).await?;
    Ok(Json(found))
}

/// Why and how a certificate is revoked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRevocation {
    /// A CRLReason's name, such as `keyCompromise`; `unspecified` if absent.
    reason: Option<String>,
    /// The authority that issued it: needed if several issued this serial number.
    ca: Option<String>,
    /// Whether to answer only once a CRL lists the revocation. OCSP reports it at once in any
    /// case; the CRL follows within seconds.
    #[serde(default)]
    wait_for_crl: bool,
}

/// Revokes a certificate, or changes the reason of its revocation: to `keyCompromise`, or from
/// `certificateHold` to any other.
#[utoipa::path(post, path = "/api/v1/certificates/{serial}/revoke", tag = "certificates",
    request_body = NewRevocation,
    params(("serial" = String, Path, description = "Hexadecimal serial number")),
    responses((status = 204, description = "It is revoked"), Refusals))]
pub(super) async fn revoke(
    State(ca): State<Service>,
    Extension(caller): Extension<Caller>,
    PathParams(serial): PathParams<String>,
    JsonBody(new): JsonBody<NewRevocation>,
) -> Result<StatusCode, Problem> {
    let request = RevocationRequest {
        serial: parse_serial(&serial)?,
        authority: new.ca,
        reason: parse_reason(new.reason.as_deref().unwrap_or("unspecified"))?,
        wait_for_crl: new.wait_for_crl,
    };
    revocation::revoke(&ca, &caller, request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How a certificate is released.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRelease {
    /// The authority that issued it: needed if several issued this serial number.
    ca: Option<String>,
    /// Whether to answer only once a CRL no longer lists it. OCSP calls it good at once in any
    /// case; the CRL follows within seconds.
    #[serde(default)]
    wait_for_crl: bool,
}

/// Releases a certificate that is revoked for `certificateHold`.
#[utoipa::path(post, path = "/api/v1/certificates/{serial}/release", tag = "certificates",
    request_body = NewRelease,
    params(("serial" = String, Path, description = "Hexadecimal serial number")),
    responses((status = 204, description = "It is good again"), Refusals))]
pub(super) async fn release(
    State(ca): State<Service>,
    Extension(caller): Extension<Caller>,
    PathParams(serial): PathParams<String>,
    JsonBody(new): JsonBody<NewRelease>,
) -> Result<StatusCode, Problem> {
    let request = ReleaseRequest {
        serial: parse_serial(&serial)?,
        authority: new.ca,
        wait_for_crl: new.wait_for_crl,
    };
    verb::release(&ca, &caller, request).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let parsed = text.parse();
    parsed.map(Some).map_err(|_| {
        D::Error::custom(format!(
            "{text:?} is no moment such as 2027-01-31T00:00:00Z (RFC 3339)"
        ))
    })
}

fn parse_subject(text: &str) -> Result<Name, Problem> {
    text.parse()
        .map_err(|error: pki::Error| Problem::unprocessable(format!("subject: {error}")))
}

fn parse_names(names: &[String]) -> Result<Vec<GeneralName>, Problem> {
    if names.is_empty() {
        return Err(Problem::unprocessable(
            "names is empty: name at least one, or leave it out",
        ));
    }
    let parsed = names.iter().map(|name| name.parse());
    let parsed: Result<_, pki::Error> = parsed.collect();
    parsed.map_err(|error| Problem::unprocessable(format!("names: {error}")))
}

fn parse_serial(text: &str) -> Result<SerialNumber, Problem> {
    text.parse()
        .map_err(|_| Problem::bad_request("a serial number is 1 to 40 hexadecimal digits"))
}
