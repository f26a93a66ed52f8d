//! All SQL of the time-stamp authority.

use crypto::Digest;
use jiff::Timestamp;
use pki::{SerialNumber, tsp::TimeStampReq};
use platform::{
    Store, StoreError, params,
    store::{Appended, Table, Tx},
};

use crate::model::Unit;

static TOKENS: Table = Table {
    name: "tsa_token",
    columns: &["serial", "unit", "policy", "gen_time", "digest", "imprint"],
    parent: None,
};

/// A row of the table of units.
#[derive(Clone)]
pub(crate) struct UnitRow {
    pub(crate) name: String,
    pub(crate) key_uri: String,
    pub(crate) policy: String,
    pub(crate) chain: String,
}

pub(crate) async fn units(store: &Store) -> Result<Vec<UnitRow>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT name, key_uri, policy, chain FROM tsa_unit ORDER BY name",
            vec![],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(UnitRow {
                name: row.get("name")?,
                key_uri: row.get("key_uri")?,
                policy: row.get("policy")?,
                chain: row.get("chain")?,
            })
        })
        .collect()
}

/// Keeps a unit; one of the same name gets the new key, policy and certificate. False
/// where all is so already, by another node perhaps.
pub(crate) async fn put_unit(
    tx: &mut Tx<'_>,
    row: &UnitRow,
    now: Timestamp,
) -> Result<bool, StoreError> {
    tx.execute(
        "INSERT INTO tsa_unit (name, key_uri, policy, chain, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (name) DO UPDATE
         SET key_uri = excluded.key_uri, policy = excluded.policy, chain = excluded.chain
         WHERE tsa_unit.key_uri <> excluded.key_uri OR tsa_unit.policy <> excluded.policy
         OR tsa_unit.chain <> excluded.chain",
        params![&row.name, &row.key_uri, &row.policy, &row.chain, now],
    )
    .await
    .map(|changed| changed == 1)
}

/// Adds a token to what is about to be committed.
pub(crate) fn token(
    rows: &mut Appended,
    unit: &Unit,
    request: &TimeStampReq,
    serial: &SerialNumber,
    gen_time: Timestamp,
) {
    rows.row(
        &TOKENS,
        params![
            serial.as_bytes(),
            unit.name.as_str(),
            unit.policy_text.as_str(),
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

/// Hands every recorded token to `each`, read in pages.
pub(crate) async fn recorded_tokens(
    store: &Store,
    page: i64,
    mut each: impl FnMut(RecordedToken),
) -> Result<(), StoreError> {
    let mut last: Vec<u8> = Vec::new();
    loop {
        let rows = store
            .fetch_all(
                "SELECT serial, unit, policy, digest, gen_time, imprint FROM tsa_token
                 WHERE serial > $1 ORDER BY serial LIMIT $2",
                params![&last, page],
            )
            .await?;
        for row in &rows {
            last = row.get("serial")?;
            each(RecordedToken {
                serial: hex::encode(&last),
                unit: row.get("unit")?,
                policy: row.get("policy")?,
                digest: row.get("digest")?,
                gen_time: row.get("gen_time")?,
                imprint: hex::encode(row.get::<Vec<u8>>("imprint")?),
            });
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}

pub(crate) async fn has_token(store: &Store, serial: &[u8]) -> Result<bool, StoreError> {
    let sql = "SELECT serial FROM tsa_token WHERE serial = $1";
    Ok(store.fetch_optional(sql, params![serial]).await?.is_some())
}
