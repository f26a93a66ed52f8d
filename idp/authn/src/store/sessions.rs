//! `idp_session`.

use jiff::Timestamp;
use platform_store::{Row, Store, StoreError, Tx, params};

use crate::{Authentication, model::SessionInfo};

/// A session's row, without its user.
#[derive(Clone, Debug)]
pub(crate) struct StoredSession {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) authentication: Authentication,
    pub(crate) last_seen_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// A session about to be written.
#[derive(Clone, Debug)]
pub(crate) struct NewSession {
    pub(crate) id: String,
    pub(crate) token_key: Vec<u8>,
    pub(crate) user_id: String,
    pub(crate) authentication: Authentication,
    pub(crate) expires_at: Timestamp,
    pub(crate) address: Option<String>,
    pub(crate) user_agent: Option<String>,
}

/// The session behind a cookie, whatever its state.
pub(crate) async fn by_token(
    store: &Store,
    token_key: Vec<u8>,
) -> Result<Option<StoredSession>, StoreError> {
    store
        .fetch_optional(
            "SELECT id, user_id, auth_time, methods, acr, last_seen_at, expires_at
             FROM idp_session WHERE token_key = $1",
            params![token_key],
        )
        .await?
        .map(|row| {
            Ok(StoredSession {
                id: row.get("id")?,
                user_id: row.get("user_id")?,
                authentication: Authentication::read(&row)?,
                last_seen_at: row.time("last_seen_at")?,
                expires_at: row.time("expires_at")?,
            })
        })
        .transpose()
}

pub(crate) async fn of_user(
    store: &Store,
    user_id: &str,
    now: Timestamp,
) -> Result<Vec<SessionInfo>, StoreError> {
    store
        .fetch_all(
            "SELECT id, auth_time, last_seen_at, expires_at, address, user_agent FROM idp_session
             WHERE user_id = $1 AND expires_at > $2 ORDER BY last_seen_at DESC LIMIT 100",
            params![user_id, now],
        )
        .await?
        .iter()
        .map(info)
        .collect()
}

pub(crate) async fn insert(tx: &mut Tx<'_>, session: &NewSession) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO idp_session (id, token_key, user_id, auth_time, methods, acr, last_seen_at,
             expires_at, address, user_agent)
         VALUES ($1, $2, $3, $4, $5, $6, $4, $7, $8, $9)",
        params![
            &session.id,
            session.token_key.clone(),
            &session.user_id,
            session.authentication.time,
            &session.authentication.methods,
            &session.authentication.acr,
            session.expires_at,
            session.address.clone(),
            session.user_agent.clone()
        ],
    )
    .await
    .map(|_| ())
}

/// Gives a session another id and another cookie; false if the session does not exist.
pub(crate) async fn renew(
    tx: &mut Tx<'_>,
    id: &str,
    new_id: &str,
    new_token_key: &[u8],
) -> Result<bool, StoreError> {
    tx.execute(
        "UPDATE idp_session SET id = $2, token_key = $3 WHERE id = $1",
        params![id, new_id, new_token_key],
    )
    .await
    .map(|changed| changed > 0)
}

pub(crate) async fn touch(tx: &mut Tx<'_>, id: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE idp_session SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2",
        params![id, now],
    )
    .await
    .map(|_| ())
}

/// Ends one session of a user; false if the session does not exist.
pub(crate) async fn delete(tx: &mut Tx<'_>, id: &str, user_id: &str) -> Result<bool, StoreError> {
    tx.execute(
        "DELETE FROM idp_session WHERE id = $1 AND user_id = $2",
        params![id, user_id],
    )
    .await
    .map(|changed| changed > 0)
}

/// Ends all sessions of a user except one; their ids.
pub(crate) async fn delete_others(
    tx: &mut Tx<'_>,
    user_id: &str,
    kept: &str,
) -> Result<Vec<String>, StoreError> {
    tx.execute_returning(
        "DELETE FROM idp_session WHERE user_id = $1 AND id <> $2 RETURNING id",
        params![user_id, kept],
    )
    .await?
    .iter()
    .map(|row| row.get("id"))
    .collect()
}

/// Ends the session behind a cookie; its id and its user's, if there was one.
pub(crate) async fn delete_by_token(
    tx: &mut Tx<'_>,
    token_key: &[u8],
) -> Result<Option<(String, String)>, StoreError> {
    tx.execute_returning_optional(
        "DELETE FROM idp_session WHERE token_key = $1 RETURNING id, user_id",
        params![token_key],
    )
    .await?
    .map(|row| Ok((row.get("id")?, row.get("user_id")?)))
    .transpose()
}

/// Ends all sessions of a user except one.
pub(crate) async fn delete_of_user(
    tx: &mut Tx<'_>,
    user_id: &str,
    kept: Option<&str>,
) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM idp_session WHERE user_id = $1 AND id <> $2",
        params![user_id, kept.unwrap_or_default()],
    )
    .await
}

pub(crate) async fn delete_expired(
    tx: &mut Tx<'_>,
    now: Timestamp,
    idle_since: Timestamp,
    most: i64,
) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM idp_session WHERE id IN (SELECT id FROM idp_session
             WHERE expires_at <= $1 OR last_seen_at <= $2 LIMIT $3)",
        params![now, idle_since, most],
    )
    .await
}

fn info(row: &Row) -> Result<SessionInfo, StoreError> {
    Ok(SessionInfo {
        id: row.get("id")?,
        auth_time: row.time("auth_time")?,
        last_seen_at: row.time("last_seen_at")?,
        expires_at: row.time("expires_at")?,
        address: row.get("address")?,
        user_agent: row.get("user_agent")?,
    })
}
