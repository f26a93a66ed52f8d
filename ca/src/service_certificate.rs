//! The certificates of this system's own services: responders, units, listeners.

use pki::Certificate;

use crate::{
    Error, Records,
    store::{self, ServiceRow},
};

/// The current certificate of a service.
#[derive(Clone, Debug)]
pub struct ServiceCertificate {
    /// The URI of its key.
    pub key_uri: String,
    /// The certificate and those above it, leaf first, without the root.
    pub chain: Vec<Certificate>,
    /// The root's certificate, if it is on record.
    pub root: Option<Certificate>,
}

impl ServiceCertificate {
    /// The chain as PEM.
    pub fn chain_pem(&self) -> String {
        Certificate::bundle_to_pem(&self.chain)
    }

    /// The certificate of the authority that issued it.
    pub fn issuer(&self) -> Option<&Certificate> {
        self.chain.get(1).or(self.root.as_ref())
    }
}

/// The best available certificate of the service `name`, with its chain.
///
/// # Errors
/// [`Error::Store`].
pub async fn find(records: &Records, name: &str) -> Result<Option<ServiceCertificate>, Error> {
    let Some((row, certificate)) = best_available(records, name).await? else {
        return Ok(None);
    };
    let above = store::authority_certificates(&records.store).await?;
    let mut chain = vec![certificate];
    let mut root = None;
    for one in above.chain_of(&row.authority_id, records.clock.now()) {
        if one.certificate.is_self_signed() {
            root = Some(one.certificate);
        } else {
            chain.push(one.certificate);
        }
    }
    Ok(Some(ServiceCertificate {
        key_uri: row.key_uri,
        chain,
        root,
    }))
}

/// Whether the service `name` has had a certificate and has none any more: all were revoked.
///
/// # Errors
/// [`Error::Store`].
pub async fn is_revoked(records: &Records, name: &str) -> Result<bool, Error> {
    let store = &records.store;
    Ok(store::has_had_certificate(store, name).await?
        && store::service_certificates(store, name).await?.is_empty())
}

/// Of the certificates of a service that are not revoked, the newest that is valid now. If none
/// is valid, the newest one of all: a clock that was ahead for a while may have left certificates
/// that begin in the future.
pub(crate) async fn best_available(
    records: &Records,
    name: &str,
) -> Result<Option<(ServiceRow, Certificate)>, Error> {
    let now = records.clock.now();
    let mut newest = None;
    for row in store::service_certificates(&records.store, name).await? {
        let certificate = Certificate::from_der(&row.certificate)?;
        if certificate.validity().contains(now) {
            return Ok(Some((row, certificate)));
        }
        newest = newest.or(Some((row, certificate)));
    }
    Ok(newest)
}
