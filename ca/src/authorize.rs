//! Asking whether a caller may, with a refusal that is logged.

use platform::{Caller, audit::Party, permission::allowed_or_logged};

use crate::{Error, Service};

/// Ends with [`Error::Denied`] unless the caller may do `action`; the log tells it.
pub(crate) async fn authorize(
    service: &Service,
    caller: &Caller,
    action: &'static str,
    subject: Party,
) -> Result<(), Error> {
    let (store, now) = (service.store(), service.clock().now());
    allowed_or_logged(caller.require(action), store, caller, action, subject, now).await
}
