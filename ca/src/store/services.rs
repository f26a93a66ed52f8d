//! The certificates of this system's own services.

use pki::Certificate;
use platform_store::{AppendBatch, Store, StoreError, Table, params};

use crate::model::CertificateProfile;

static SERVICES: Table = Table {
    name: "ca_service",
    columns: &[
        "authority_id",
        "serial",
        "name",
        "profile",
        "key_uri",
        "not_after",
    ],
    parent: None,
};

/// The reason code of a compromised key (RFC 5280 §5.3.1).
const KEY_COMPROMISE: i64 = 1;
/// How many certificates of a service are looked at: one of so many is valid now.
const NEWEST: i64 = 8;

/// A service's certificate, and where its key is.
#[derive(Clone, Debug)]
pub(crate) struct ServiceRow {
    pub(crate) authority_id: String,
    pub(crate) profile: String,
    pub(crate) key_uri: String,
    pub(crate) certificate: Vec<u8>,
}

/// The names of all services that ever had a certificate.
pub(crate) async fn service_names(store: &Store) -> Result<Vec<String>, StoreError> {
    let rows = store
        .fetch_all("SELECT DISTINCT name FROM ca_service ORDER BY name", vec![])
        .await?;
    rows.iter().map(|row| row.get("name")).collect()
}

/// The newest certificates of a service, those that end last first, without revoked ones and
/// without those for a key that was compromised.
pub(crate) async fn service_certificates(
    store: &Store,
    name: &str,
) -> Result<Vec<ServiceRow>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT s.authority_id, s.profile, s.key_uri, c.der FROM ca_service AS s
             JOIN ca_certificate AS c
             ON c.authority_id = s.authority_id AND c.serial = s.serial
             WHERE s.name = $1
             AND NOT EXISTS (SELECT 1 FROM ca_revocation AS r
                 WHERE r.authority_id = s.authority_id AND r.serial = s.serial)
             AND NOT EXISTS (SELECT 1 FROM ca_service AS other
                 JOIN ca_revocation AS r
                 ON r.authority_id = other.authority_id AND r.serial = other.serial
                 WHERE other.name = s.name AND other.key_uri = s.key_uri AND r.reason = $2)
             ORDER BY s.not_after DESC, s.serial DESC LIMIT $3",
            params![name, KEY_COMPROMISE, NEWEST],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(ServiceRow {
                authority_id: row.get("authority_id")?,
                profile: row.get("profile")?,
                key_uri: row.get("key_uri")?,
                certificate: row.get("der")?,
            })
        })
        .collect()
}

/// Whether a service ever had a certificate, revoked or not.
pub(crate) async fn has_had_certificate(store: &Store, name: &str) -> Result<bool, StoreError> {
    let sql = "SELECT serial FROM ca_service WHERE name = $1 LIMIT 1";
    Ok(store.fetch_optional(sql, params![name]).await?.is_some())
}

/// Adds to the certificate that is about to be committed which service it is for.
pub(crate) fn append_service(
    batch: &mut AppendBatch,
    service: &str,
    key_uri: &str,
    (authority_id, profile): (&str, &CertificateProfile),
    certificate: &Certificate,
) {
    batch.row(
        &SERVICES,
        params![
            authority_id,
            certificate.serial().as_bytes(),
            service,
            profile.name.as_str(),
            key_uri,
            certificate.validity().not_after
        ],
    );
}
