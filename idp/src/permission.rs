//! Asking whether a caller may administer users and clients; refusals are logged.

use platform::{Caller, access::Grants, audit::Party, permission::allowed_or_logged};

use crate::{Error, Service, UserName, client_cache::is_client_id, model::may_hand_on};

impl Service {
    /// Ends with [`Error::Denied`] unless the caller may do `action`.
    pub(crate) async fn authorize(
        &self,
        caller: &Caller,
        action: &'static str,
        subject: &Party,
    ) -> Result<(), Error> {
        let (store, now) = (&self.0.store, self.now());
        let verdict = caller.require(action);
        allowed_or_logged(verdict, store, caller, action, subject.clone(), now).await
    }

    /// Ends with [`Error::Denied`] unless the caller holds all of `grants`, which the act
    /// would give, or take charge of.
    pub(crate) async fn authorize_grants(
        &self,
        caller: &Caller,
        action: &'static str,
        subject: &Party,
        grants: &Grants,
    ) -> Result<(), Error> {
        let (store, now) = (&self.0.store, self.now());
        let verdict = may_hand_on(caller, grants);
        allowed_or_logged(verdict, store, caller, action, subject.clone(), now).await
    }
}

/// The user whom an act is about, whom nobody has looked up yet.
pub(crate) fn user_subject(name: &str) -> Party {
    let known = UserName::parse(name);
    Party::person(format!(
        "user:{}",
        known.as_ref().map_or("?", UserName::as_str)
    ))
}

/// The client that an act is about, as above.
pub(crate) fn client_subject(id: &str) -> Party {
    Party::thing(format!(
        "client:{}",
        if is_client_id(id) { id } else { "?" }
    ))
}
