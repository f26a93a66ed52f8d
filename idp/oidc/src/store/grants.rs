//! `idp_grant` and `idp_refresh_token`.

use idp_authn::Authentication;
use jiff::Timestamp;
use platform_store::{AppendBatch, Store, StoreError, Table, Tx, Value, params};

use crate::model::{Grant, RefreshToken, Used};

static GRANTS: Table = Table {
    name: "idp_grant",
    columns: &[
        "id",
        "client_id",
        "user_id",
        "session_id",
        "scope",
        "resource",
        "auth_time",
        "methods",
        "acr",
        "offline",
        "expires_at",
    ],
    parent: Some(super::SESSION),
};

static TOKENS: Table = Table {
    name: "idp_refresh_token",
    columns: &["token_key", "grant_id", "expires_at"],
    parent: None,
};

/// Adds a grant to a batch of rows.
pub(crate) fn append(rows: &mut AppendBatch, grant: Grant) {
    rows.row(
        &GRANTS,
        params![
            grant.id,
            grant.client_id,
            grant.user_id,
            grant.session_id,
            grant.scope,
            grant.resource,
            grant.authentication.time,
            grant.authentication.methods,
            grant.authentication.acr,
            i64::from(grant.offline),
            grant.expires_at
        ],
    );
}

/// Adds the first refresh token of a grant to a batch of rows.
pub(crate) fn append_token(
    rows: &mut AppendBatch,
    key: Vec<u8>,
    grant_id: &str,
    expires_at: Timestamp,
) {
    rows.row(&TOKENS, token_row(key, grant_id, expires_at));
}

/// Adds a further refresh token of a grant to what a transaction appends.
pub(crate) fn append_token_in(
    tx: &mut Tx<'_>,
    key: Vec<u8>,
    grant_id: &str,
    expires_at: Timestamp,
) {
    tx.append(&TOKENS, token_row(key, grant_id, expires_at));
}

fn token_row(key: Vec<u8>, grant_id: &str, expires_at: Timestamp) -> Vec<Value> {
    params![key, grant_id, expires_at]
}

/// A refresh token with its grant, whatever their state.
pub(crate) async fn find_token(
    store: &Store,
    key: Vec<u8>,
) -> Result<Option<RefreshToken>, StoreError> {
    store
        .fetch_optional(
            "SELECT g.id, g.client_id, g.user_id, g.session_id, g.scope, g.resource, g.auth_time,
                    g.methods, g.acr, g.offline, g.expires_at AS grant_end, g.revoked_at,
                    t.used_at, t.successor_seed, t.expires_at AS token_end
             FROM idp_refresh_token t JOIN idp_grant g ON g.id = t.grant_id
             WHERE t.token_key = $1",
            params![key],
        )
        .await?
        .map(|row| {
            Ok(RefreshToken {
                grant: Grant {
                    id: row.get("id")?,
                    client_id: row.get("client_id")?,
                    user_id: row.get("user_id")?,
                    session_id: row.get("session_id")?,
                    scope: row.get("scope")?,
                    resource: row.get("resource")?,
                    authentication: Authentication::read(&row)?,
                    offline: row.get::<i64>("offline")? != 0,
                    expires_at: row.time("grant_end")?,
                },
                revoked: row.optional_time("revoked_at")?.is_some(),
                used: match row.optional_time("used_at")? {
                    None => None,
                    Some(at) => Some(Used {
                        at,
                        successor_seed: row
                            .get::<Option<Vec<u8>>>("successor_seed")?
                            .and_then(|seed| seed.try_into().ok()),
                    }),
                },
                expires_at: row.time("token_end")?,
            })
        })
        .transpose()
}

/// Uses a refresh token; false if it was used before, or its grant was revoked, by any node.
pub(crate) async fn use_token(
    tx: &mut Tx<'_>,
    key: &[u8],
    grant_id: &str,
    successor_seed: &[u8],
    now: Timestamp,
) -> Result<bool, StoreError> {
    if !lock_valid(tx, grant_id).await? {
        return Ok(false);
    }
    tx.execute(
        "UPDATE idp_refresh_token SET used_at = $2, successor_seed = $3
         WHERE token_key = $1 AND used_at IS NULL",
        params![key, now, successor_seed],
    )
    .await
    .map(|changed| changed > 0)
}

/// Whether a refresh token was not used by any node; none if its grant was revoked. Neither
/// happens before this transaction ends.
pub(crate) async fn is_unused(
    tx: &mut Tx<'_>,
    key: &[u8],
    grant_id: &str,
) -> Result<Option<bool>, StoreError> {
    if !lock_valid(tx, grant_id).await? {
        return Ok(None);
    }
    tx.execute(
        "UPDATE idp_refresh_token SET expires_at = expires_at
         WHERE token_key = $1 AND used_at IS NULL",
        params![key],
    )
    .await
    .map(|changed| Some(changed > 0))
}

/// Locks the row of a grant that is not revoked; false if it is. A revocation of it at the
/// same moment waits, or is seen.
async fn lock_valid(tx: &mut Tx<'_>, grant_id: &str) -> Result<bool, StoreError> {
    tx.execute(
        "UPDATE idp_grant SET expires_at = expires_at WHERE id = $1 AND revoked_at IS NULL",
        params![grant_id],
    )
    .await
    .map(|changed| changed > 0)
}

/// Revokes a grant and everything that descends from it.
pub(crate) async fn revoke(
    tx: &mut Tx<'_>,
    grant_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE idp_grant SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
        params![grant_id, now],
    )
    .await
    .map(|_| ())
}

/// Revokes all grants of a user; how many there were.
pub(crate) async fn revoke_of_user(
    tx: &mut Tx<'_>,
    user_id: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE idp_grant SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL",
        params![user_id, now],
    )
    .await
}

/// Columns of a list of sessions; their ids are shorter.
const ID_WIDTH: usize = 64;

/// Revokes the grants that came from sessions; those with `offline_access` if asked.
pub(crate) async fn revoke_of_sessions(
    tx: &mut Tx<'_>,
    user_id: &str,
    session_ids: &[String],
    offline_too: bool,
    now: Timestamp,
) -> Result<u64, StoreError> {
    // One statement for all of them, by the index on users: few sessions of one user, millions
    // of others. Both databases read this form of a list.
    let list: String = session_ids
        .iter()
        .map(|id| format!("{id:<ID_WIDTH$}"))
        .collect();
    tx.execute(
        "WITH RECURSIVE place (at) AS (
             SELECT 1 WHERE CAST($2 AS TEXT) <> ''
             UNION ALL SELECT at + 64 FROM place WHERE at + 64 <= length(CAST($2 AS TEXT)))
         UPDATE idp_grant SET revoked_at = $3
         WHERE user_id = $1 AND offline <= $4 AND revoked_at IS NULL
             AND session_id IN (SELECT rtrim(substr(CAST($2 AS TEXT), at, 64)) FROM place)",
        params![user_id, list, now, i64::from(offline_too)],
    )
    .await
}

/// The client, its name, the scope and the time of sign-in of each of a user's grants that is
/// good, the latest first.
pub(crate) async fn of_user(
    store: &Store,
    user_id: &str,
    now: Timestamp,
    most: i64,
) -> Result<Vec<(String, String, String, Timestamp)>, StoreError> {
    store
        .fetch_all(
            "SELECT c.id, c.name, g.scope, g.auth_time
             FROM idp_grant g JOIN idp_client c ON c.id = g.client_id
             WHERE g.user_id = $1 AND g.revoked_at IS NULL AND g.expires_at > $2
             ORDER BY g.auth_time DESC LIMIT $3",
            params![user_id, now, most],
        )
        .await?
        .iter()
        .map(|row| {
            Ok((
                row.get("id")?,
                row.get("name")?,
                row.get("scope")?,
                row.time("auth_time")?,
            ))
        })
        .collect()
}

/// Revokes what a user granted to one client; how many grants there were.
pub(crate) async fn revoke_of_application(
    tx: &mut Tx<'_>,
    user_id: &str,
    client_id: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE idp_grant SET revoked_at = $3
         WHERE user_id = $1 AND client_id = $2 AND revoked_at IS NULL",
        params![user_id, client_id, now],
    )
    .await
}

/// Makes grants of one session depend on another.
pub(crate) async fn move_to_session(
    tx: &mut Tx<'_>,
    user_id: &str,
    old_id: &str,
    new_id: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE idp_grant SET session_id = $3
         WHERE user_id = $1 AND session_id = $2 AND revoked_at IS NULL",
        params![user_id, old_id, new_id],
    )
    .await
    .map(|_| ())
}

/// Revokes all grants of a client.
pub(crate) async fn revoke_of_client(
    tx: &mut Tx<'_>,
    client_id: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE idp_grant SET revoked_at = $2 WHERE client_id = $1 AND revoked_at IS NULL",
        params![client_id, now],
    )
    .await
}

/// Deletes expired grants, `most` of them, with all their tokens. A used token is kept as
/// long as its grant, so that its reuse is noticed.
pub(crate) async fn delete_expired(
    tx: &mut Tx<'_>,
    before: Timestamp,
    most: i64,
) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM idp_refresh_token WHERE grant_id IN
             (SELECT id FROM idp_grant WHERE expires_at <= $1 ORDER BY expires_at, id LIMIT $2)",
        params![before, most],
    )
    .await?;
    tx.execute(
        "DELETE FROM idp_grant WHERE id IN
             (SELECT id FROM idp_grant WHERE expires_at <= $1 ORDER BY expires_at, id LIMIT $2)",
        params![before, most],
    )
    .await
}
