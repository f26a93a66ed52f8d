//! What the time-stamp authority needs of whoever issues certificates.

use pki::Certificate;

/// The current certificates of units. The composition implements it with the certificate
/// authority's records.
#[async_trait::async_trait]
pub trait UnitCertificates: Send + Sync + std::fmt::Debug {
    /// The certificate of the unit `name` as it is now, from the database.
    ///
    /// # Errors
    /// A description of what failed.
    async fn find(&self, name: &str) -> Result<UnitCertificate, String>;
}

/// The certificate of a unit.
#[derive(Clone, Debug)]
pub enum UnitCertificate {
    /// The best available one.
    Current {
        /// The URI of its key.
        key_uri: String,
        /// The certificate and those above it, leaf first, without the root.
        chain: Vec<Certificate>,
        /// The root's certificate, if it is known.
        root: Option<Box<Certificate>>,
    },
    /// All its certificates are revoked.
    Revoked,
    /// It never had one.
    None,
}
