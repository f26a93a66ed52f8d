//! Renewing the certificates of this system's own services.

use jiff::Timestamp;
use pki::Certificate;
use platform_access::Caller;

use crate::{
    Error, Service,
    issue_service_certificate::{ServiceKey, ServiceRequest, issue_service_certificate},
    service_certificate::best_available,
    store,
};

/// Renews every service certificate that has lived two thirds of its life, for the same key and
/// names. No service's private key is needed.
///
/// # Errors
/// The last error, after all were tried: one failure does not stop the others.
pub async fn renew_service_certificates(ca: &Service) -> Result<(), Error> {
    let mut outcome = Ok(());
    for name in store::service_names(ca.store()).await? {
        match renew(ca, &name).await {
            Ok(false) => {}
            Ok(true) => tracing::info!(name, "a service's certificate was renewed"),
            Err(error) => {
                tracing::error!(%error, name, "a service's certificate was not renewed");
                outcome = Err(error);
            }
        }
    }
    outcome
}

/// Renews the certificate of one service if it is due.
async fn renew(ca: &Service, name: &str) -> Result<bool, Error> {
    let now = ca.clock().now();
    // A compromised key is not certified again: `init` generates another.
    let Some((row, certificate)) = best_available(ca.records(), name).await? else {
        return Ok(false);
    };
    let authority = ca.authority_by_id(&row.authority_id)?;
    // It already ends with its issuer; renewing could not extend it.
    let is_last = certificate.validity().not_after >= authority.validity().not_after;
    if is_last || !needs_renewal(&certificate, now) {
        return Ok(false);
    }
    let request = ServiceRequest {
        service: name,
        profile: &row.profile,
        authority: Some(authority.name()),
        alternative_names: certificate.subject_alt_names().to_vec(),
        key: ServiceKey {
            uri: &row.key_uri,
            public_key: certificate.public_key(),
        },
    };
    issue_service_certificate(ca, &Caller::system("renewal"), request).await?;
    Ok(true)
}

/// True after two thirds of a certificate's life.
fn needs_renewal(certificate: &Certificate, now: Timestamp) -> bool {
    is_past(certificate, now, 2, 3)
}

/// True after three quarters of a certificate's life: it should have been renewed a while ago.
pub fn renewal_is_overdue(certificate: &Certificate, now: Timestamp) -> bool {
    is_past(certificate, now, 3, 4)
}

fn is_past(certificate: &Certificate, now: Timestamp, part: i32, of: i32) -> bool {
    let validity = certificate.validity();
    let life = validity.not_after.duration_since(validity.not_before);
    now > validity.not_before + life * part / of
}
