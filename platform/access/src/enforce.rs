//! Asking whether a caller may, with a refusal that is logged.

use jiff::Timestamp;

use platform_log::{Entry, Party, RecordEntry as _};
use platform_store::{Store, StoreError};

use crate::{Actor, Caller, Denied};

/// Lets an act go on that was allowed, and enters a refusal in the log.
///
/// A refusal is an act too; a failure to record it is told instead of it. Who has
/// not even said who they are is only sent away: strangers must not fill the log.
///
/// # Errors
/// The refusal, or the store's where that could not be recorded.
pub async fn allowed_or_logged<E>(
    verdict: Result<(), Denied>,
    store: &Store,
    caller: &Caller,
    action: &'static str,
    subject: Party,
    at: Timestamp,
) -> Result<(), E>
where
    E: From<Denied> + From<StoreError>,
{
    let Err(denied) = verdict else {
        return Ok(());
    };
    if !matches!(caller.actor, Actor::Anonymous) {
        let entry = Entry::new(action, caller, subject, at);
        store.record(entry.refused(denied.to_string())).await?;
    }
    Err(denied.into())
}
