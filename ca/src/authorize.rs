//! Asking whether a caller may, with a refusal that is logged.

use platform::{
    Actor, Caller,
    audit::{Entry, Party},
};

use crate::{Error, Service};

/// Ends with [`Error::Denied`] unless the caller may do `action`.
///
/// A refusal is an act too; a failure to record it is told instead of it. Who has
/// not even said who they are is only sent away: strangers must not fill the log.
pub(crate) async fn authorize(
    service: &Service,
    caller: &Caller,
    action: &'static str,
    subject: Party,
) -> Result<(), Error> {
    let Err(denied) = caller.require(action) else {
        return Ok(());
    };
    if !matches!(caller.actor, Actor::Anonymous) {
        let entry = Entry::new(action, caller, subject, service.clock().now());
        let entry = entry.refused(denied.to_string());
        service.store().record(entry).await?;
    }
    Err(denied.into())
}
