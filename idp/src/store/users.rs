//! `idp_user`.

use jiff::Timestamp;
use platform::{
    Store, StoreError,
    access::Grants,
    params,
    store::{Row, Tx},
};

use crate::model::User;

const BY_NAME: &str = "SELECT id AS user_id, name, display_name, email, password, grants, disabled_at, created_at, changed_at
     FROM idp_user WHERE name = $1";
const BY_ID: &str = "SELECT id AS user_id, name, display_name, email, password, grants, disabled_at, created_at, changed_at
     FROM idp_user WHERE id = $1";

pub(crate) async fn by_name(store: &Store, name: &str) -> Result<Option<User>, StoreError> {
    let row = store.fetch_optional(BY_NAME, params![name]).await?;
    row.as_ref().map(read).transpose()
}

pub(crate) async fn by_id(store: &Store, id: &str) -> Result<Option<User>, StoreError> {
    let row = store.fetch_optional(BY_ID, params![id]).await?;
    row.as_ref().map(read).transpose()
}

pub(crate) async fn by_id_in(tx: &mut Tx<'_>, id: &str) -> Result<Option<User>, StoreError> {
    let row = tx.fetch_optional(BY_ID, params![id]).await?;
    row.as_ref().map(read).transpose()
}

/// Users in the order of their names, after one of them.
pub(crate) async fn list(store: &Store, after: &str, limit: i64) -> Result<Vec<User>, StoreError> {
    store
        .fetch_all(
            "SELECT id AS user_id, name, display_name, email, password, grants, disabled_at, created_at, changed_at
             FROM idp_user WHERE name > $1 ORDER BY name LIMIT $2",
            params![after, limit],
        )
        .await?
        .iter()
        .map(read)
        .collect()
}

/// Adds a user; false where the name is taken.
pub(crate) async fn insert(tx: &mut Tx<'_>, user: &User) -> Result<bool, StoreError> {
    tx.execute(
        "INSERT INTO idp_user (id, name, display_name, email, password, grants, disabled_at, created_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (name) DO NOTHING",
        params![
            &user.id,
            &user.name,
            user.display_name.clone(),
            user.email.clone(),
            user.password.clone(),
            user.grants.to_string(),
            user.disabled_at,
            user.created_at,
            user.changed_at
        ],
    )
    .await
    .map(|changed| changed > 0)
}

/// Writes all that may change about a user but the password; false where they
/// are not any more as they were `seen`.
pub(crate) async fn update(
    tx: &mut Tx<'_>,
    user: &User,
    seen: Timestamp,
) -> Result<bool, StoreError> {
    tx.execute(
        "UPDATE idp_user SET display_name = $2, email = $3, grants = $4, disabled_at = $5, changed_at = $6
         WHERE id = $1 AND changed_at = $7",
        params![
            &user.id,
            user.display_name.clone(),
            user.email.clone(),
            user.grants.to_string(),
            user.disabled_at,
            user.changed_at,
            seen
        ],
    )
    .await
    .map(|changed| changed > 0)
}

/// Sets a password; false where there is no such user any more.
pub(crate) async fn set_password(
    tx: &mut Tx<'_>,
    id: &str,
    password: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    tx.execute(
        "UPDATE idp_user SET password = $2, changed_at = $3 WHERE id = $1",
        params![id, password, now],
    )
    .await
    .map(|changed| changed > 0)
}

/// Keeps a user's row for this transaction; false where they were disabled or deleted, or
/// have another password than the one whose hash was `proved`.
pub(crate) async fn hold(tx: &mut Tx<'_>, id: &str, proved: &str) -> Result<bool, StoreError> {
    tx.execute(
        "UPDATE idp_user SET changed_at = changed_at
         WHERE id = $1 AND password = $2 AND disabled_at IS NULL",
        params![id, proved],
    )
    .await
    .map(|changed| changed > 0)
}

pub(crate) async fn delete(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM idp_user WHERE id = $1", params![id])
        .await
        .map(|_| ())
}

/// Reads a row with the columns of a user, its id as `user_id`.
pub(super) fn read(row: &Row) -> Result<User, StoreError> {
    Ok(User {
        id: row.get("user_id")?,
        name: row.get("name")?,
        display_name: row.get("display_name")?,
        email: row.get("email")?,
        password: row.get("password")?,
        grants: Grants::parse(&row.get::<String>("grants")?),
        disabled_at: row.optional_time("disabled_at")?,
        created_at: row.time("created_at")?,
        changed_at: row.time("changed_at")?,
    })
}
