//! The nouns: units that stamp, and the certificates they stamp with.

use std::sync::Arc;

use hsm_adapters::Key;
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use pki::{
    Certificate, ObjectIdentifier,
    tsp::{Accuracy, TimeStamper},
};
use platform_access::UnitId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Error;

/// One time-stamping unit (RFC 3161 §1).
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) row: Arc<UnitRow>,
    pub(crate) policy: ObjectIdentifier,
    pub(crate) signer: UnitSigner,
    /// The latest time that was given or logged: time never runs back in tokens. Survives a
    /// change of certificate.
    pub(crate) latest: Arc<Mutex<Timestamp>>,
}

/// A unit as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnitRow {
    pub(crate) name: String,
    /// The organizational unit that owns it.
    pub(crate) owner: UnitId,
    pub(crate) policy: String,
    pub(crate) is_public: bool,
    pub(crate) accuracy_micros: i64,
}

/// Whether a unit can sign, and with what.
#[derive(Clone, Debug)]
pub(crate) enum UnitSigner {
    /// It has a certificate and its key.
    Ready(Arc<ReadySigner>),
    /// Its certificates are all revoked.
    Revoked,
    /// It never had a certificate.
    NoCertificate,
}

#[derive(Debug)]
pub(crate) struct ReadySigner {
    pub(crate) certificate: Certificate,
    /// The certificate and those above it, up to the root's if that is known.
    pub(crate) chain: Vec<Certificate>,
    pub(crate) stamper: TimeStamper,
    pub(crate) key: Arc<dyn Key>,
}

/// A unit, as the API returns it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UnitInfo {
    /// Its name in addresses: `/tsa/NAME`.
    pub name: String,
    /// The OID of its policy.
    pub policy: String,
    /// Whether anyone may have time-stamps from it.
    pub public: bool,
    /// The accuracy that its tokens state, in microseconds.
    pub accuracy_micros: i64,
    /// Its key's algorithm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<String>,
    /// The URI of its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// End of its certificate's validity, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<String>,
    /// Its certificate, PEM; none while it is revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}

impl Unit {
    pub(crate) fn new(
        row: UnitRow,
        signer: UnitSigner,
        latest: Arc<Mutex<Timestamp>>,
    ) -> Result<Self, Error> {
        let policy = ObjectIdentifier::new(&row.policy).map_err(|_| Error::InvalidPolicy {
            unit: row.name.clone(),
            policy: row.policy.clone(),
        })?;
        Ok(Self {
            row: Arc::new(row),
            policy,
            signer,
            latest,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.row.name
    }

    /// The organizational unit that owns it.
    pub(crate) fn owner(&self) -> UnitId {
        self.row.owner.clone()
    }

    /// The accuracy that its tokens state.
    pub(crate) fn accuracy(&self) -> Accuracy {
        let micros = self.row.accuracy_micros.max(0);
        Accuracy {
            seconds: u32::try_from(micros / 1_000_000).unwrap_or(u32::MAX),
            millis: (micros / 1000 % 1000) as u16,
            micros: (micros % 1000) as u16,
        }
    }

    /// By how much the clock may be behind what was stamped before.
    pub(crate) fn tolerance(&self) -> SignedDuration {
        SignedDuration::from_micros(self.row.accuracy_micros.max(0))
    }

    pub(crate) fn info(&self) -> UnitInfo {
        let ready = match &self.signer {
            UnitSigner::Ready(ready) => Some(ready),
            UnitSigner::Revoked | UnitSigner::NoCertificate => None,
        };
        UnitInfo {
            name: self.row.name.clone(),
            policy: self.policy.to_string(),
            public: self.row.is_public,
            accuracy_micros: self.row.accuracy_micros,
            algorithm: ready.map(|ready| ready.key.algorithm().to_string()),
            key: ready.map(|ready| ready.key.uri().to_owned()),
            not_after: ready.map(|ready| ready.certificate.validity().not_after.to_string()),
            certificate: ready.map(|ready| ready.certificate.to_pem()),
        }
    }
}

impl UnitSigner {
    /// A signer with the first certificate of `chain`, which has no root.
    pub(crate) fn ready(
        chain: Vec<Certificate>,
        root: Option<Box<Certificate>>,
        key: Arc<dyn Key>,
    ) -> Result<Self, Error> {
        let [certificate, above @ ..] = chain.as_slice() else {
            return Ok(Self::NoCertificate);
        };
        let algorithm = key.algorithm().default_signature();
        Ok(Self::Ready(Arc::new(ReadySigner {
            certificate: certificate.clone(),
            stamper: TimeStamper::new(certificate, above, algorithm, false)?,
            chain: chain.into_iter().chain(root.map(|root| *root)).collect(),
            key,
        })))
    }

    /// Whether this signer has this very certificate.
    pub(crate) fn has(&self, certificate: &Certificate) -> bool {
        matches!(self, Self::Ready(ready) if ready.certificate == *certificate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accuracy_is_split_as_tokens_state_it() {
        let row = UnitRow {
            name: "default".into(),
            owner: UnitId::ROOT,
            policy: "1.2.3".into(),
            is_public: true,
            accuracy_micros: 2_003_004,
        };
        let unit = Unit::new(row, UnitSigner::NoCertificate, Arc::default()).unwrap();
        let accuracy = unit.accuracy();
        assert_eq!(
            (accuracy.seconds, accuracy.millis, accuracy.micros),
            (2, 3, 4)
        );
        assert_eq!(unit.tolerance(), SignedDuration::from_micros(2_003_004));
    }
}
