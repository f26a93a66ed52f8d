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

use platform::{StoreError, store::Row};

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
