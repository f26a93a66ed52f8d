//! Issuing a certificate to one of this system's own services.

use crypto::PublicKey;
use pki::{Certificate, GeneralName};
use platform_access::{Caller, Resource, UnitId};
use platform_log::Subject as LogSubject;

use crate::{
    Error, Service,
    actions::ISSUE_CERTIFICATE,
    issuance::{Plan, PlannedIssuer, issue_certificate},
    model::CertificateNames,
    store,
};

/// A certificate that this system needs for itself.
#[derive(Clone, Debug)]
pub struct ServiceRequest<'a> {
    /// The service's name, under which its certificates are found: `ocsp:issuing`.
    pub service: &'a str,
    /// The profile: `ocsp-responder`, `time-stamping`, `server`.
    pub profile: &'a str,
    /// The authority that shall issue it; the profile's default if none is named.
    pub authority: Option<&'a str>,
    /// subjectAltName.
    pub alternative_names: Vec<GeneralName>,
    /// The service's key: only its public half is needed.
    pub key: ServiceKey<'a>,
}

/// The key of a service.
#[derive(Clone, Copy, Debug)]
pub struct ServiceKey<'a> {
    /// The URI of the private key.
    pub uri: &'a str,
    /// The public key.
    pub public_key: &'a PublicKey,
}

/// Issues a certificate to a service. The service's row is part of the certificate's transaction.
///
/// # Errors
/// [`Error::Access`], and those of keys and the database.
pub async fn issue_service_certificate(
    ca: &Service,
    caller: &Caller,
    request: ServiceRequest<'_>,
) -> Result<Certificate, Error> {
    let resource = Resource::new("certificate", "")
        .in_unit(UnitId::ROOT)
        .with("profile", request.profile)
        .with("service", request.service);
    ca.enforce(caller, ISSUE_CERTIFICATE, &resource).await?;
    let about = LogSubject::thing(format!("service:{}", request.service));
    let plan = async || resolve(ca, &request).await;
    issue_certificate(ca, caller, about, plan, |plan, certificate, batch| {
        let issuer = (plan.issuer.id.as_str(), plan.profile.as_ref());
        store::append_service(batch, request.service, request.key.uri, issuer, certificate);
    })
    .await
}

async fn resolve(ca: &Service, request: &ServiceRequest<'_>) -> Result<Plan, Error> {
    let profile = ca.profiles().get(request.profile)?;
    let authority = match request.authority {
        // A root issues to its own responder.
        Some(name) => ca.authority(name)?,
        None => crate::issue::find_issuer(ca, &profile, None)?,
    };
    ca.check_not_revoked(&authority).await?;
    let names = CertificateNames::for_service(
        &profile,
        authority.certificate().subject(),
        request.alternative_names.clone(),
    )?;
    Ok(Plan {
        issuer: PlannedIssuer::from_authority(&authority, &profile)?,
        profile,
        names,
        public_key: request.key.public_key.clone(),
        unit: authority.unit().clone(),
        service: Some(request.service.to_owned()),
        lifetime: None,
        overridden: None,
    })
}
