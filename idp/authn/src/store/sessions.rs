//! `idp_session`.

use jiff::Timestamp;
use platform::{
    Store, StoreError, params,
    store::{Row, Tx},
};

use super::users;
use crate::model::{Session, SessionInfo};

/// A session about to be written.
#[derive(Clone, Debug)]
pub(crate) struct NewSession {
    pub(crate) id: String,
    pub(crate) token_hash: [u8; 32],
    pub(crate) user_id: String,
    pub(crate) now: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) fresh_for: Option<Vec<u8>>,
    pub(crate) address: Option<String>,
    pub(crate) user_agent: Option<String>,
}

/// The session behind a cookie, with its user, whatever their state.
pub(crate) async fn by_token(
    store: &Store,
    token_hash: [u8; 32],
) -> Result<Option<Session>, StoreError> {
    store
        .fetch_optional(
            "SELECT s.id AS session_id, s.auth_time, s.last_seen_at, s.expires_at, s.fresh_for,
                    u.id AS user_id, u.name, u.display_name, u.email, u.password, u.grants,
                    u.disabled_at, u.created_at, u.changed_at
             FROM idp_session s JOIN idp_user u ON u.id = s.user_id
             WHERE s.token_hash = $1",
            params![token_hash],
        )
        .await?
        .map(|row| {
            Ok(Session {
                id: row.get("session_id")?,
                user: users::read(&row)?,
                auth_time: row.time("auth_time")?,
                last_seen_at: row.time("last_seen_at")?,
                expires_at: row.time("expires_at")?,
                fresh_for: row.get("fresh_for")?,
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
        "INSERT INTO idp_session (id, token_hash, user_id, auth_time, last_seen_at, expires_at, fresh_for, address, user_agent)
         VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8)",
        params![
            &session.id,
            session.token_hash,
            &session.user_id,
            session.now,
            session.expires_at,
            session.fresh_for.clone(),
            session.address.clone(),
            session.user_agent.clone()
        ],
    )
    .await
    .map(|_| ())
}

/// Uses up the proof that the user signed in for one request; false where another did.
pub(crate) async fn take_freshness(
    tx: &mut Tx<'_>,
    id: &str,
    request: [u8; 32],
) -> Result<bool, StoreError> {
    tx.execute(
        "UPDATE idp_session SET fresh_for = NULL WHERE id = $1 AND fresh_for = $2",
        params![id, request],
    )
    .await
    .map(|changed| changed > 0)
}

/// Whether a session was not ended.
pub(crate) async fn exists(tx: &mut Tx<'_>, id: &str) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM idp_session WHERE id = $1";
    Ok(tx.fetch_optional(sql, params![id]).await?.is_some())
}

pub(crate) async fn touch(tx: &mut Tx<'_>, id: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE idp_session SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2",
        params![id, now],
    )
    .await
    .map(|_| ())
}

/// Ends one session of a user; false where there is none.
pub(crate) async fn delete(tx: &mut Tx<'_>, id: &str, user_id: &str) -> Result<bool, StoreError> {
    tx.execute(
        "DELETE FROM idp_session WHERE id = $1 AND user_id = $2",
        params![id, user_id],
    )
    .await
    .map(|changed| changed > 0)
}

pub(crate) async fn delete_by_token(
    tx: &mut Tx<'_>,
    token_hash: [u8; 32],
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM idp_session WHERE token_hash = $1",
        params![token_hash],
    )
    .await
    .map(|_| ())
}

/// Ends all sessions of a user but one.
pub(crate) async fn delete_of_user(
    tx: &mut Tx<'_>,
    user_id: &str,
    but: Option<&str>,
) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM idp_session WHERE user_id = $1 AND id <> $2",
        params![user_id, but.unwrap_or_default()],
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
