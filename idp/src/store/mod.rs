//! All SQL of the identity provider.

pub(crate) mod clients;
pub(crate) mod codes;
pub(crate) mod keys;
pub(crate) mod links;
pub(crate) mod refresh;
pub(crate) mod revoked;
pub(crate) mod sessions;
pub(crate) mod throttle;
pub(crate) mod users;

use jiff::Timestamp;
use platform::{
    StoreError,
    store::{Row, Tx},
};

/// A JSON array of text in a column.
fn list(row: &Row, column: &str) -> Result<Vec<String>, StoreError> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text)
        .map_err(|error| StoreError::Unexpected(format!("{column}: {error}")))
}

fn json(list: &[impl AsRef<str>]) -> String {
    let list: Vec<_> = list.iter().map(AsRef::as_ref).collect();
    // A list of text always serializes.
    serde_json::to_string(&list).unwrap_or_default()
}

fn unexpected(what: &str, value: &str) -> StoreError {
    StoreError::Unexpected(format!("{what} {value:?}"))
}

/// How much of a user's was ended.
pub(crate) struct Ended {
    pub(crate) sessions: u64,
    pub(crate) families: u64,
}

/// Ends what a user is signed in with: all sessions but `kept`, codes that nobody
/// redeemed, refresh tokens.
///
/// Codes go before families: another node that redeems one at this moment holds its row,
/// so this waits for it, and finds the family that came of it.
pub(crate) async fn end_all(
    tx: &mut Tx<'_>,
    user_id: &str,
    kept: Option<&str>,
    now: Timestamp,
) -> Result<Ended, StoreError> {
    let sessions = sessions::delete_of_user(tx, user_id, kept).await?;
    codes::delete_of_user(tx, user_id).await?;
    let families = refresh::revoke_of_user(tx, user_id, now).await?;
    Ok(Ended { sessions, families })
}
