//! Reading the units, their certificates and their keys as they are now.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use parking_lot::Mutex;
use platform_store::{Store, StoreError};

use crate::{
    Error, Service, UnitCertificate,
    model::{Unit, UnitRow, UnitSigner},
    store,
};

/// How often units are read again: a revocation ends a unit within a second (rule 12).
const POLL: Duration = Duration::from_millis(500);

/// Takes over what any node changed: units, renewed and revoked certificates.
///
/// # Errors
/// [`Error::Store`], and [`Error::Key`] if the key of a new certificate is not available.
pub async fn reload_units(tsa: &Service) -> Result<(), Error> {
    let rows = store::units(tsa.store()).await?;
    let known = tsa.0.units.load_full();
    let mut units = BTreeMap::new();
    for row in rows {
        let name = row.name.clone();
        let unit = reload(tsa, row, known.get(&name)).await?;
        units.insert(name, unit);
    }
    tsa.0.units.store(Arc::new(units));
    Ok(())
}

async fn reload(
    tsa: &Service,
    row: UnitRow,
    known: Option<&Arc<Unit>>,
) -> Result<Arc<Unit>, Error> {
    let found = tsa.0.certificates.find(&row.name).await;
    let found = found.map_err(|reason| Error::Certificate {
        unit: row.name.clone(),
        reason,
    })?;
    let signer = match (found, known) {
        (UnitCertificate::Current { chain, .. }, Some(known))
            if chain.first().is_some_and(|leaf| known.signer.has(leaf)) =>
        {
            if *known.row == row {
                return Ok(Arc::clone(known));
            }
            known.signer.clone()
        }
        (
            UnitCertificate::Current {
                key_uri,
                chain,
                root,
            },
            _,
        ) => {
            let key = tsa.0.keyring.find(&key_uri).await?;
            tracing::info!(
                unit = row.name,
                "a time-stamping unit's certificate is in place"
            );
            UnitSigner::ready(chain, root, key)?
        }
        (UnitCertificate::Revoked, known) => {
            if known.is_some_and(|known| matches!(known.signer, UnitSigner::Ready(_))) {
                tracing::error!(
                    unit = row.name,
                    "a time-stamping unit's certificate is revoked"
                );
            }
            UnitSigner::Revoked
        }
        (UnitCertificate::None, _) => UnitSigner::NoCertificate,
    };
    let latest = match known {
        Some(known) => Arc::clone(&known.latest),
        None => Arc::new(Mutex::new(latest_time(tsa.store()).await?)),
    };
    Ok(Arc::new(Unit::new(row, signer, latest)?))
}

/// When the newest entry was logged, by any node: a clock that is behind it was stepped back
/// while no server ran.
async fn latest_time(store: &Store) -> Result<Timestamp, StoreError> {
    let newest = platform_log::newest(store).await?;
    Ok(newest.map_or(Timestamp::MIN, |entry| entry.at))
}

pub(crate) async fn housekeeping(tsa: Service) {
    loop {
        tokio::time::sleep(POLL).await;
        if let Err(error) = reload_units(&tsa).await {
            tracing::warn!(%error, "the time-stamping units were not reloaded");
        }
    }
}
