//! `idp_credential`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use platform_store::{Store, StoreError, Tx, params};

use crate::model::Credential;

/// `form` of a hash of a prepared password.
const PREPARED: i64 = 2;

/// The password of a user, if one was set.
pub(crate) async fn password_of(
    store: &Store,
    user_id: &str,
) -> Result<Option<Credential>, StoreError> {
    store
        .fetch_optional(
            "SELECT id, secret, form FROM idp_credential WHERE user_id = $1 AND type = 'password'",
            params![user_id],
        )
        .await?
        .map(|row| {
            Ok(Credential {
                id: row.get("id")?,
                secret: row.get("secret")?,
                is_prepared: row.get::<i64>("form")? >= PREPARED,
            })
        })
        .transpose()
}

/// Which of these users have a password.
pub(crate) async fn with_password(
    store: &Store,
    user_ids: &[&str],
) -> Result<BTreeSet<String>, StoreError> {
    // A page of users at most, each found by an index; neither database takes a list as
    // a parameter in the other's way.
    let mut found = BTreeSet::new();
    for id in user_ids {
        if password_of(store, id).await?.is_some() {
            found.insert((*id).to_owned());
        }
    }
    Ok(found)
}

/// Locks the credential's row until the transaction ends; false if it was replaced or
/// deleted since it was proved.
pub(crate) async fn lock(tx: &mut Tx<'_>, proved: &Credential) -> Result<bool, StoreError> {
    tx.execute(
        "UPDATE idp_credential SET changed_at = changed_at WHERE id = $1 AND secret = $2",
        params![&proved.id, &proved.secret],
    )
    .await
    .map(|changed| changed > 0)
}

/// Sets or replaces a user's password.
pub(crate) async fn set_password(
    tx: &mut Tx<'_>,
    user_id: &str,
    hash: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO idp_credential (id, user_id, type, secret, form, created_at, changed_at)
         VALUES ($1, $2, 'password', $3, $5, $4, $4)
         ON CONFLICT (id) DO UPDATE SET secret = excluded.secret, form = excluded.form,
             changed_at = excluded.changed_at",
        params![format!("password-{user_id}"), user_id, hash, now, PREPARED],
    )
    .await
    .map(|_| ())
}

/// Replaces the hash of a password that was proved by one of the prepared password.
pub(crate) async fn renew(
    tx: &mut Tx<'_>,
    proved: &Credential,
    hash: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE idp_credential SET secret = $3, form = $4 WHERE id = $1 AND secret = $2",
        params![&proved.id, &proved.secret, hash, PREPARED],
    )
    .await
    .map(|_| ())
}

pub(crate) async fn delete_of_user(tx: &mut Tx<'_>, user_id: &str) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM idp_credential WHERE user_id = $1",
        params![user_id],
    )
    .await
    .map(|_| ())
}
