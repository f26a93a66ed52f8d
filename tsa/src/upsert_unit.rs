//! Creating a unit, or changing its policy and accuracy.

use pki::ObjectIdentifier;
use platform_access::{Caller, Resource, UnitId};
use platform_log::AuditSink as _;
use platform_store::{StoreError, Tx};

use crate::{Error, Service, actions::PUT_UNIT, model::UnitRow, reload_units::reload_units, store};

/// How a unit stamps.
#[derive(Clone, Debug)]
pub struct UnitSettings {
    /// The OID of its policy.
    pub policy: String,
    /// The accuracy that its tokens state, in microseconds.
    pub accuracy_micros: i64,
}

/// Creates the unit `name`, which is public, or gives an existing one these settings; that stays
/// public or private. Nothing is logged if it has them already.
///
/// # Errors
/// [`Error::Access`], [`Error::InvalidPolicy`], and the database's.
pub async fn upsert_unit(
    tsa: &Service,
    caller: &Caller,
    name: &str,
    settings: &UnitSettings,
) -> Result<(), Error> {
    let existing = tsa.unit(name).ok();
    let owner = existing.as_ref().map_or(UnitId::ROOT, |unit| unit.owner());
    let resource = Resource::new("unit", name).in_unit(owner.clone());
    tsa.enforce(caller, PUT_UNIT, &resource).await?;
    if ObjectIdentifier::new(&settings.policy).is_err() {
        return Err(Error::InvalidPolicy {
            unit: name.to_owned(),
            policy: settings.policy.clone(),
        });
    }
    let now = tsa.clock().now();
    let row = UnitRow {
        name: name.to_owned(),
        owner,
        policy: settings.policy.clone(),
        // Who may use an existing unit is not for these settings to change.
        is_public: existing.is_none_or(|unit| unit.row.is_public),
        accuracy_micros: settings.accuracy_micros,
    };
    let entry = caller
        .entry(PUT_UNIT, &resource, now)
        .with("policy", row.policy.as_str())
        .with("accuracy_micros", row.accuracy_micros);
    tsa.store()
        .transact(async move |tx: &mut Tx<'_>| {
            if store::upsert_unit(tx, &row, now).await? {
                tx.audit(entry.clone());
            }
            Ok::<_, StoreError>(())
        })
        .await?;
    reload_units(tsa).await
}
