//! All SQL of the time-stamp authority.

use crypto::Digest;
use jiff::Timestamp;
use pki::{SerialNumber, tsp::TimeStampReq};
use platform_access::UnitId;
use platform_store::{AppendBatch, Snapshot, Store, StoreError, Table, Tx, params};

use crate::model::{Unit, UnitRow};

static TOKENS: Table = Table {
    name: "tsa_token",
    columns: &["serial", "unit", "policy", "gen_time", "digest", "imprint"],
    parent: None,
};

pub(crate) async fn units(store: &Store) -> Result<Vec<UnitRow>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT name, unit_id, policy, is_public, accuracy_micros
             FROM tsa_unit ORDER BY name",
            vec![],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(UnitRow {
                name: row.get("name")?,
                owner: UnitId::from(row.get::<String>("unit_id")?),
                policy: row.get("policy")?,
                is_public: row.flag("is_public")?,
                accuracy_micros: row.get("accuracy_micros")?,
            })
        })
        .collect()
}

/// Creates a unit, or changes the policy and accuracy of an existing one, whose owner and users
/// stay as they are. False if it has them already, perhaps from another node.
pub(crate) async fn upsert_unit(
    tx: &mut Tx<'_>,
    row: &UnitRow,
    now: Timestamp,
) -> Result<bool, StoreError> {
    tx.execute(
        "INSERT INTO tsa_unit (name, unit_id, policy, is_public, accuracy_micros, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (name) DO UPDATE
         SET policy = excluded.policy, accuracy_micros = excluded.accuracy_micros
         WHERE tsa_unit.policy <> excluded.policy
         OR tsa_unit.accuracy_micros <> excluded.accuracy_micros",
        params![
            &row.name,
            row.owner.as_str(),
            &row.policy,
            i64::from(row.is_public),
            row.accuracy_micros,
            now
        ],
    )
    .await
    .map(|changed| changed == 1)
}

/// Adds a token to what is about to be committed.
pub(crate) fn append_token(
    batch: &mut AppendBatch,
    unit: &Unit,
    request: &TimeStampReq,
    serial: &SerialNumber,
    gen_time: Timestamp,
) {
    batch.row(
        &TOKENS,
        params![
            serial.as_bytes(),
            unit.name(),
            unit.row.policy.as_str(),
            gen_time,
            digest_name(request),
            request.hashed_message(),
        ],
    );
}

/// The name under which a request's digest is on record and in the log.
pub(crate) fn digest_name(request: &TimeStampReq) -> &'static str {
    match request.digest() {
        Digest::Sha256 => "Sha256",
        Digest::Sha384 => "Sha384",
        Digest::Sha512 => "Sha512",
        Digest::Sm3 => "Sm3",
    }
}

/// A token as it is on record: serial number, unit, time and imprint, hexadecimal where binary.
pub(crate) struct RecordedToken {
    pub(crate) serial: String,
    pub(crate) unit: String,
    pub(crate) policy: String,
    pub(crate) digest: String,
    pub(crate) gen_time: i64,
    pub(crate) imprint: String,
}

/// Passes every recorded token to `each`.
pub(crate) async fn recorded_tokens(
    snapshot: &mut Snapshot,
    mut each: impl FnMut(RecordedToken) -> Result<(), StoreError> + Send,
) -> Result<(), StoreError> {
    let mut rows = snapshot
        .stream(
            "SELECT serial, unit, policy, digest, gen_time, imprint FROM tsa_token",
            vec![],
        )
        .await?;
    while let Some(row) = rows.next().await? {
        each(RecordedToken {
            serial: hex::encode(row.get::<Vec<u8>>("serial")?),
            unit: row.get("unit")?,
            policy: row.get("policy")?,
            digest: row.get("digest")?,
            gen_time: row.get("gen_time")?,
            imprint: hex::encode(row.get::<Vec<u8>>("imprint")?),
        })?;
    }
    Ok(())
}
