//! All SQL of the provider.

pub(crate) mod clients;
pub(crate) mod codes;
pub(crate) mod grants;
pub(crate) mod revoked;
pub(crate) mod signing_keys;

use platform_store::{Parent, Row, StoreError};

/// Codes and grants exist only as long as the session that they came from: the statement
/// that inserts one joins it to its session, on every node.
const SESSION: Parent = Parent {
    table: "idp_session",
    key: "id",
    column: "session_id",
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
