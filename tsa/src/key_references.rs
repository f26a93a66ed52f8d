//! The keys that time-stamping units refer to.

use platform::{Store, StoreError};

use crate::store;

/// Their addresses, each with the unit that uses it.
///
/// # Errors
/// Any [`StoreError`].
pub async fn key_references(store: &Store) -> Result<Vec<(String, String)>, StoreError> {
    let units = store::units(store).await?;
    let reference =
        |unit: store::UnitRow| (unit.key_uri, format!("time-stamping unit {}", unit.name));
    Ok(units.into_iter().map(reference).collect())
}
