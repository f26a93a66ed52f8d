//! `idp_user`.

use jiff::Timestamp;
use platform_access::{Permissions, UnitId};
use platform_store::{Row, Store, StoreError, Tx, params};

use crate::model::User;

const BY_NAME: &str = "SELECT id AS user_id, name, display_name, email, email_verified, permissions, unit_id, disabled_at, created_at, changed_at
     FROM idp_user WHERE name = $1";
const BY_ID: &str = "SELECT id AS user_id, name, display_name, email, email_verified, permissions, unit_id, disabled_at, created_at, changed_at
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
        .search(
            "SELECT id AS user_id, name, display_name, email, email_verified, permissions, unit_id, disabled_at, created_at, changed_at
             FROM idp_user WHERE name > $1 ORDER BY name LIMIT $2",
            params![after, limit],
        )
        .await?
        .iter()
        .map(read)
        .collect()
}

/// Adds a user; false if the name is taken.
pub(crate) async fn insert(tx: &mut Tx<'_>, user: &User) -> Result<bool, StoreError> {
    tx.execute(
        "INSERT INTO idp_user (id, name, display_name, email, email_verified, permissions, unit_id, disabled_at, created_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (name) DO NOTHING",
        params![
            &user.id,
            &user.name,
            user.display_name.clone(),
            user.email.clone(),
            i64::from(user.email_verified),
            user.permissions.to_string(),
            user.unit.as_str(),
            user.disabled_at,
            user.created_at,
            user.changed_at
        ],
    )
    .await
    .map(|changed| changed > 0)
}

/// Writes everything that may change about a user; false if they changed since they
/// were `seen`.
pub(crate) async fn update(
    tx: &mut Tx<'_>,
    user: &User,
    seen: Timestamp,
) -> Result<bool, StoreError> {
    tx.execute(
        "UPDATE idp_user SET display_name = $2, email = $3, email_verified = $4, permissions = $5, disabled_at = $6, changed_at = $7
         WHERE id = $1 AND changed_at = $8",
        params![
            &user.id,
            user.display_name.clone(),
            user.email.clone(),
            i64::from(user.email_verified),
            user.permissions.to_string(),
            user.disabled_at,
            user.changed_at,
            seen
        ],
    )
    .await
    .map(|changed| changed > 0)
}

/// Locks a user's row for this transaction; false if they were deleted.
pub(crate) async fn lock(tx: &mut Tx<'_>, id: &str) -> Result<bool, StoreError> {
    tx.execute(
        "UPDATE idp_user SET changed_at = changed_at WHERE id = $1",
        params![id],
    )
    .await
    .map(|changed| changed > 0)
}

/// Locks a user's row for this transaction; false if they were disabled or deleted.
pub(crate) async fn lock_enabled(tx: &mut Tx<'_>, id: &str) -> Result<bool, StoreError> {
    tx.execute(
        "UPDATE idp_user SET changed_at = changed_at WHERE id = $1 AND disabled_at IS NULL",
        params![id],
    )
    .await
    .map(|changed| changed > 0)
}

/// True if a user who may do everything is enabled. Of transactions that ask at the same
/// time, each sees what the others did before it.
pub(crate) async fn has_administrator(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    // Every such transaction changes this row, so one waits for the other's end.
    let lock = "UPDATE unit SET name = name WHERE id = 'root'";
    tx.execute(lock, vec![]).await?;
    let sql = "SELECT 1 AS one FROM idp_user
               WHERE permissions <> '' AND disabled_at IS NULL
                 AND ' ' || permissions || ' ' LIKE '% * %' LIMIT 1";
    Ok(tx.fetch_optional(sql, vec![]).await?.is_some())
}

/// Deletes a user; false if they changed since they were `seen`.
pub(crate) async fn delete(tx: &mut Tx<'_>, id: &str, seen: Timestamp) -> Result<bool, StoreError> {
    tx.execute(
        "DELETE FROM idp_user WHERE id = $1 AND changed_at = $2",
        params![id, seen],
    )
    .await
    .map(|changed| changed > 0)
}

/// Reads a row with the columns of a user, its id as `user_id`.
pub(crate) fn read(row: &Row) -> Result<User, StoreError> {
    Ok(User {
        id: row.get("user_id")?,
        name: row.get("name")?,
        display_name: row.get("display_name")?,
        email: row.get("email")?,
        email_verified: row.get::<i64>("email_verified")? != 0,
        unit: UnitId::from(row.get::<String>("unit_id")?),
        permissions: Permissions::parse(&row.get::<String>("permissions")?),
        disabled_at: row.optional_time("disabled_at")?,
        created_at: row.time("created_at")?,
        changed_at: row.time("changed_at")?,
    })
}
