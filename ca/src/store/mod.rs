//! All SQL of the certificate authority, as typed functions.

mod authorities;
mod certificate_list;
mod certificates;
mod compromised_keys;
mod crls;
mod migrated;
mod recorded;
mod revocations;
mod services;

use pki::{RevocationReason, SerialNumber};
use platform_store::{Row, StoreError};

pub(crate) use authorities::{
    AuthorityCertificates, append_authority, append_authority_certificate, authorities,
    authority_certificates, is_revoked, key_references,
};
pub(crate) use certificate_list::{
    CertificateFilter, ListPosition, MOST_VISITED, certificates, list_position,
};
pub(crate) use certificates::{
    CertificateKey, IssuedCertificate, append_certificate, certificate_status,
    find_certificate_keys, find_certificates, intent,
};
pub(crate) use compromised_keys::{
    has_compromised_keys, insert_compromised_key, is_compromise, is_compromised,
    record_earlier_compromises,
};
pub(crate) use crls::{
    CrlVersion, NewCrl, insert_crl, latest_this_update, newest_crl, newest_crl_version,
    next_crl_number, revocations,
};
pub(crate) use migrated::record_migrated_certificates;
pub(crate) use recorded::{
    RecordedAuthority, RecordedCertificate, RecordedRevocation, recorded_authorities,
    recorded_certificates, recorded_revocations,
};
pub(crate) use revocations::{
    Revoked, advance_epoch, current_epoch, delete_hold, epochs, insert_revocation, published_epoch,
    revocation, update_reason,
};
pub(crate) use services::{
    ServiceRow, append_service, has_had_certificate, service_certificates, service_names,
};

/// The requester of certificates that 0.1.0 did not record one for.
pub(crate) const MIGRATED: &str = "migrated";

fn serial(row: &Row) -> Result<SerialNumber, StoreError> {
    SerialNumber::from_bytes(&row.get::<Vec<u8>>("serial")?)
        .map_err(|error| StoreError::Unexpected(error.to_string()))
}

fn reason(code: i64) -> Result<RevocationReason, StoreError> {
    u8::try_from(code)
        .ok()
        .and_then(RevocationReason::from_code)
        .ok_or_else(|| StoreError::Unexpected(format!("reason code {code}")))
}
