//! What every node may ask about certificates, also one that does not run the authority.

use pki::Certificate;
use platform_runtime::SharedClock;
use platform_store::Store;

use crate::{CertificateInfo, Error, store};

/// The certificate records of an installation, without authorities and keys. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Records {
    pub(crate) store: Store,
    pub(crate) clock: SharedClock,
}

impl Records {
    /// The records in this database.
    pub fn new(store: Store, clock: SharedClock) -> Self {
        Self { store, clock }
    }

    /// The time by this node's clock.
    pub fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }
}

/// The record of a certificate that its holder authenticates with, if it was issued here for
/// client authentication, byte for byte, is valid now and not revoked.
///
/// # Errors
/// [`Error::Store`].
pub async fn find_valid_client_certificate(
    records: &Records,
    der: &[u8],
) -> Result<Option<CertificateInfo>, Error> {
    let Ok(certificate) = Certificate::from_der(der) else {
        return Ok(None);
    };
    if !certificate
        .extended_key_usage()
        .contains(&pki::oid::CLIENT_AUTH)
        || !certificate.validity().contains(records.clock.now())
    {
        return Ok(None);
    }
    let known = store::find_certificates(&records.store, certificate.serial()).await?;
    Ok(known
        .into_iter()
        .find(|known| known.der == der && known.info.status == "good")
        .map(|known| known.info))
}

/// The DER names of every authority: those that a TLS server names when it asks for a
/// client certificate (RFC 8446 §4.2.4).
///
/// # Errors
/// [`Error::Store`].
pub async fn authority_names(records: &Records) -> Result<Vec<Vec<u8>>, Error> {
    let mut names = Vec::new();
    let certificates = store::authority_certificates(&records.store).await?;
    for authority in store::authorities(&records.store).await? {
        for one in certificates.of(&authority.id) {
            let name = one.certificate.subject().der().to_vec();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    Ok(names)
}
