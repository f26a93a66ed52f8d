//! `idp_interaction`.

use jiff::Timestamp;
use platform_store::{AppendBatch, Store, StoreError, Table, Tx, params};

use crate::model::{Interaction, Missing, NewInteraction};

static INTERACTIONS: Table = Table {
    name: "idp_interaction",
    columns: &[
        "interaction_key",
        "request",
        "page",
        "missing",
        "session_id",
        "created_at",
        "expires_at",
    ],
    parent: None,
};

pub(crate) fn append(
    rows: &mut AppendBatch,
    key: Vec<u8>,
    new: &NewInteraction,
    now: Timestamp,
    expires_at: Timestamp,
) {
    // Text and lists of text always serialize.
    let page = serde_json::to_string(&new.page).unwrap_or_default();
    rows.row(
        &INTERACTIONS,
        params![
            key,
            new.request.as_str(),
            page,
            new.missing.name(),
            new.session_id.clone(),
            now,
            expires_at
        ],
    );
}

pub(crate) async fn find(
    store: &Store,
    id: &str,
    key: Vec<u8>,
    now: Timestamp,
) -> Result<Option<Interaction>, StoreError> {
    let row = store
        .fetch_optional(
            "SELECT request, page, missing, session_id, created_at FROM idp_interaction
             WHERE interaction_key = $1 AND expires_at > $2",
            params![key, now],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let missing: String = row.get("missing")?;
    let unexpected = |what: &str| StoreError::Unexpected(format!("idp_interaction.{what}"));
    Ok(Some(Interaction {
        id: id.to_owned(),
        request: row.get("request")?,
        page: serde_json::from_str(&row.get::<String>("page")?).map_err(|_| unexpected("page"))?,
        missing: Missing::from_name(&missing).ok_or_else(|| unexpected("missing"))?,
        session_id: row.get("session_id")?,
        created_at: row.time("created_at")?,
    }))
}

/// Records in which session the user signed in for it.
pub(crate) async fn set_session(
    tx: &mut Tx<'_>,
    key: &[u8],
    session_id: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE idp_interaction SET session_id = $2 WHERE interaction_key = $1",
        params![key, session_id],
    )
    .await
    .map(|_| ())
}

pub(crate) async fn set_missing(
    tx: &mut Tx<'_>,
    key: &[u8],
    missing: Missing,
    session_id: Option<&str>,
) -> Result<(), StoreError> {
    let session_id = session_id.map(str::to_owned);
    tx.execute(
        "UPDATE idp_interaction SET missing = $2, session_id = $3 WHERE interaction_key = $1",
        params![key, missing.name(), session_id],
    )
    .await
    .map(|_| ())
}

pub(crate) async fn delete(tx: &mut Tx<'_>, key: &[u8]) -> Result<bool, StoreError> {
    tx.execute(
        "DELETE FROM idp_interaction WHERE interaction_key = $1",
        params![key],
    )
    .await
    .map(|deleted| deleted > 0)
}

pub(crate) async fn delete_expired(
    tx: &mut Tx<'_>,
    before: Timestamp,
    most: i64,
) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM idp_interaction WHERE interaction_key IN
             (SELECT interaction_key FROM idp_interaction WHERE expires_at <= $1 LIMIT $2)",
        params![before, most],
    )
    .await
}
