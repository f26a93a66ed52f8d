//! `idp_refresh_family` and `idp_refresh_token`.

use jiff::Timestamp;
use platform::{
    Store, StoreError, params,
    store::{Table, Tx, Value},
};

static TOKENS: Table = Table {
    name: "idp_refresh_token",
    columns: &["token_hash", "family_id", "expires_at"],
    parent: None,
};

static FAMILIES: Table = Table {
    name: "idp_refresh_family",
    columns: &[
        "id",
        "client_id",
        "user_id",
        "session_id",
        "scope",
        "resource",
        "auth_time",
        "expires_at",
    ],
    parent: None,
};

/// All refresh tokens that descend from one code.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    pub(crate) id: String,
    pub(crate) client_id: String,
    pub(crate) user_id: String,
    pub(crate) session_id: String,
    pub(crate) scope: String,
    pub(crate) resource: Option<String>,
    pub(crate) auth_time: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// A refresh token and its family.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) family: Family,
    pub(crate) revoked: bool,
    pub(crate) used: bool,
    pub(crate) expires_at: Timestamp,
}

pub(crate) async fn find(store: &Store, token_hash: [u8; 32]) -> Result<Option<Found>, StoreError> {
    store
        .fetch_optional(
            "SELECT f.id, f.client_id, f.user_id, f.session_id, f.scope, f.resource, f.auth_time,
                    f.expires_at AS family_end, f.revoked_at, t.used_at, t.expires_at AS token_end
             FROM idp_refresh_token t JOIN idp_refresh_family f ON f.id = t.family_id
             WHERE t.token_hash = $1",
            params![token_hash],
        )
        .await?
        .map(|row| {
            Ok(Found {
                family: Family {
                    id: row.get("id")?,
                    client_id: row.get("client_id")?,
                    user_id: row.get("user_id")?,
                    session_id: row.get("session_id")?,
                    scope: row.get("scope")?,
                    resource: row.get("resource")?,
                    auth_time: row.time("auth_time")?,
                    expires_at: row.time("family_end")?,
                },
                revoked: row.optional_time("revoked_at")?.is_some(),
                used: row.optional_time("used_at")?.is_some(),
                expires_at: row.time("token_end")?,
            })
        })
        .transpose()
}

/// Starts a family.
pub(crate) fn append_family(tx: &mut Tx<'_>, family: Family) {
    let row: Vec<Value> = params![
        family.id,
        family.client_id,
        family.user_id,
        family.session_id,
        family.scope,
        family.resource,
        family.auth_time,
        family.expires_at
    ];
    tx.append(&FAMILIES, row);
}

/// Adds a token to a family.
pub(crate) fn append_token(
    tx: &mut Tx<'_>,
    token_hash: [u8; 32],
    family_id: &str,
    expires_at: Timestamp,
) {
    tx.append(&TOKENS, params![token_hash, family_id, expires_at]);
}

/// Uses a token up; false where it was used before, by any node, or its family was revoked.
pub(crate) async fn take(
    tx: &mut Tx<'_>,
    token_hash: [u8; 32],
    now: Timestamp,
) -> Result<bool, StoreError> {
    tx.execute(
        "UPDATE idp_refresh_token SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL
         AND EXISTS (SELECT 1 FROM idp_refresh_family f
                     WHERE f.id = idp_refresh_token.family_id AND f.revoked_at IS NULL)",
        params![token_hash, now],
    )
    .await
    .map(|changed| changed > 0)
}

/// Revokes a family; false where there is none or it was revoked before.
pub(crate) async fn revoke(
    tx: &mut Tx<'_>,
    family_id: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    tx.execute(
        "UPDATE idp_refresh_family SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
        params![family_id, now],
    )
    .await
    .map(|changed| changed > 0)
}

pub(crate) async fn revoke_of_user(
    tx: &mut Tx<'_>,
    user_id: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE idp_refresh_family SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL",
        params![user_id, now],
    )
    .await
}

pub(crate) async fn revoke_of_client(
    tx: &mut Tx<'_>,
    client_id: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE idp_refresh_family SET revoked_at = $2 WHERE client_id = $1 AND revoked_at IS NULL",
        params![client_id, now],
    )
    .await
}

/// Deletes families past their end, `most` of them, with all their tokens. A used token
/// stays as long as its family, so that its reuse is noticed.
pub(crate) async fn delete_expired(
    tx: &mut Tx<'_>,
    before: Timestamp,
    most: i64,
) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM idp_refresh_token WHERE family_id IN
             (SELECT id FROM idp_refresh_family WHERE expires_at <= $1
              ORDER BY expires_at, id LIMIT $2)",
        params![before, most],
    )
    .await?;
    tx.execute(
        "DELETE FROM idp_refresh_family WHERE id IN
             (SELECT id FROM idp_refresh_family WHERE expires_at <= $1
              ORDER BY expires_at, id LIMIT $2)",
        params![before, most],
    )
    .await
}
