//! Looking units up.

use platform_access::{Caller, Resource};

use crate::{Error, Service, UnitInfo, actions::READ_UNIT};

/// Every unit, by name.
///
/// # Errors
/// [`Error::Access`].
pub async fn list_units(tsa: &Service, caller: &Caller) -> Result<Vec<UnitInfo>, Error> {
    tsa.enforce(caller, READ_UNIT, &Resource::all("unit"))
        .await?;
    Ok(tsa
        .0
        .units
        .load()
        .values()
        .map(|unit| unit.info())
        .collect())
}
