//! Ending a session by its own user.

use platform_access::Caller;
use platform_log::AuditSink as _;

use crate::{Authn, Error, Session, actions::acts::SIGN_OUT, store};

/// Ends one of the sessions of the user who is signed in with `session`: that one, or
/// another. Unknown ids are ignored.
///
/// # Errors
/// The store's.
pub async fn sign_out(
    authn: &Authn,
    caller: &Caller,
    session: &Session,
    ended_id: &str,
) -> Result<(), Error> {
    let now = authn.now();
    let user = &session.user;
    let entry = caller
        .entry(SIGN_OUT, &user.resource(), now)
        .with_actor(user.principal())
        .with("session", ended_id);
    let (id, user_id) = (ended_id.to_owned(), session.user.id.clone());
    let accounts = authn.0.accounts.clone();
    authn
        .0
        .store
        .transact(async move |tx| {
            if store::sessions::delete(tx, &id, &user_id).await? {
                accounts.session_ended(tx, &user_id, &id, now).await?;
                tx.audit(entry.clone());
            }
            Ok::<_, Error>(())
        })
        .await?;
    authn.0.accounts.committed();
    Ok(())
}
