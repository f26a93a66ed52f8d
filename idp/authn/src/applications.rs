//! Applications that have access in the name of the user who is signed in.

use platform_access::Caller;
use platform_log::AuditSink as _;

use crate::{ApplicationAccess, Authn, Error, Session, actions::acts::APPLICATION_END};

/// The applications that the user of `session` has signed in to and that still have access,
/// the latest first.
///
/// # Errors
/// The store's.
pub async fn list_own_applications(
    authn: &Authn,
    session: &Session,
) -> Result<Vec<ApplicationAccess>, Error> {
    let accounts = &authn.0.accounts;
    Ok(accounts.applications(&session.user.id, authn.now()).await?)
}

/// Ends the access of one application in the name of the user of `session`: every code and
/// token. Unknown identifiers are ignored.
///
/// # Errors
/// The store's.
pub async fn end_own_application(
    authn: &Authn,
    caller: &Caller,
    session: &Session,
    client_id: &str,
) -> Result<(), Error> {
    let now = authn.now();
    let entry = caller
        .entry(APPLICATION_END, &session.user.resource(), now)
        .with_actor(session.user.principal())
        .with("client", client_id);
    let (user_id, client_id) = (session.user.id.clone(), client_id.to_owned());
    let accounts = authn.0.accounts.clone();
    authn
        .0
        .store
        .transact(async move |tx| {
            let ended = accounts
                .application_ended(tx, &user_id, &client_id, now)
                .await?;
            if ended.0 > 0 {
                tx.audit(entry.clone().with("grants", ended.0));
            }
            Ok::<_, Error>(())
        })
        .await?;
    authn.0.accounts.committed();
    Ok(())
}
