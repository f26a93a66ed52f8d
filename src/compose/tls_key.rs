//! This node's TLS key and the name of its certificate.

use hsm_adapters::Key;

/// Where a node's TLS key is: in its own software key store, since handshakes cannot
/// wait for a device.
pub(crate) const TLS_KEY: &str = "software:tls";

/// The service name of the certificate of a node's TLS key. Nodes that share a key
/// share its certificate; others have their own.
pub(crate) fn tls_certificate_name(key: &dyn Key) -> String {
    let digest = crypto::Digest::Sha256.hash(key.public_key().der());
    format!("tls:{}", hex::encode(&digest[..8]))
}
