//! The nouns: units that stamp.

use std::sync::{Arc, atomic::AtomicBool};

use hsm_adapters::Key;
use jiff::Timestamp;
use parking_lot::Mutex;
use pki::{Certificate, ObjectIdentifier, tsp::TimeStamper};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Error;

/// One time-stamping unit (RFC 3161 §1): a key, its certificate, a policy.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) name: String,
    pub(crate) policy: ObjectIdentifier,
    /// The same, dotted.
    pub(crate) policy_text: String,
    pub(crate) certificate: Certificate,
    pub(crate) stamper: TimeStamper,
    pub(crate) key: Arc<dyn Key>,
    /// The latest time that was given or logged: time never runs back in tokens.
    pub(crate) latest: Mutex<Timestamp>,
    /// Its certificate is revoked: it gives no time.
    pub(crate) revoked: AtomicBool,
}

/// A unit, as the API tells it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UnitInfo {
    /// Its name in addresses: `/tsa/NAME`.
    pub name: String,
    /// The OID of its policy.
    pub policy: String,
    /// Its key's algorithm.
    pub algorithm: String,
    /// Where its key lives.
    pub key: String,
    /// End of its certificate's validity, RFC 3339.
    pub not_after: String,
    /// Its certificate, PEM.
    pub certificate: String,
}

impl Unit {
    pub(crate) fn new(
        name: String,
        policy: &str,
        chain_pem: &str,
        key: Arc<dyn Key>,
        latest: Timestamp,
    ) -> Result<Self, Error> {
        let chain = Certificate::bundle_from_pem(chain_pem)?;
        let [certificate, above @ ..] = chain.as_slice() else {
            return Err(Error::NoSuchUnit(name));
        };
        let policy = ObjectIdentifier::new(policy).map_err(|_| {
            Error::NoSuchUnit(format!("{name}: its policy {policy:?} is not an OID"))
        })?;
        let stamper = TimeStamper::new(
            certificate,
            above,
            key.algorithm().default_signature(),
            false,
        )?;
        Ok(Self {
            name,
            policy_text: policy.to_string(),
            policy,
            certificate: certificate.clone(),
            stamper,
            key,
            latest: Mutex::new(latest),
            revoked: AtomicBool::new(false),
        })
    }

    pub(crate) fn info(&self) -> UnitInfo {
        UnitInfo {
            name: self.name.clone(),
            policy: self.policy_text.clone(),
            algorithm: self.key.algorithm().to_string(),
            key: self.key.uri().to_owned(),
            not_after: self.certificate.validity().not_after.to_string(),
            certificate: self.certificate.to_pem(),
        }
    }
}
