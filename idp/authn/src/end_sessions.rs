//! Ending sessions of a user, by an administrator.

use idp_directory::{User, read_users::resolve};
use platform_access::Caller;
use platform_log::AuditSink as _;

use crate::{Authn, Error, SessionEnd, actions::SESSION_END, store};

/// Ends all sessions of a user and revokes the tokens that came from them; returns how
/// many sessions there were.
///
/// # Errors
/// [`Error::Access`] without `idp.session.end` and the user's permissions,
/// [`Error::NoSuchUser`], and the store's.
pub async fn end_sessions(authn: &Authn, caller: &Caller, name: &str) -> Result<u64, Error> {
    let user = find_user(authn, caller, name).await?;
    let now = authn.now();
    let entry = caller.entry(SESSION_END, &user.resource(), now);
    let accounts = authn.0.accounts.clone();
    let ended = authn
        .0
        .store
        .transact(async move |tx| {
            let ended = accounts.end_all(tx, &user.id, None, now).await?;
            let entry = entry
                .clone()
                .with("sessions", ended.sessions)
                .with("grants", ended.grants.0);
            tx.audit(entry);
            Ok::<_, Error>(ended.sessions)
        })
        .await?;
    authn.0.accounts.committed();
    Ok(ended)
}

/// Ends one session of a user and revokes the tokens that came from it, those with
/// `offline_access` too.
///
/// # Errors
/// [`Error::Access`] without `idp.session.end` and the user's permissions,
/// [`Error::NoSuchUser`], [`Error::NoSuchSession`], and the store's.
pub async fn end_session(
    authn: &Authn,
    caller: &Caller,
    name: &str,
    session_id: &str,
) -> Result<(), Error> {
    let user = find_user(authn, caller, name).await?;
    let now = authn.now();
    let entry = caller
        .entry(SESSION_END, &user.resource(), now)
        .with("session", session_id);
    let accounts = authn.0.accounts.clone();
    let session_id = session_id.to_owned();
    authn
        .0
        .store
        .transact(async move |tx| {
            if !store::sessions::delete(tx, &session_id, &user.id).await? {
                return Err(Error::NoSuchSession(session_id.clone()));
            }
            let how = SessionEnd::Ended;
            let ended = std::slice::from_ref(&session_id);
            let grants = accounts
                .sessions_ended(tx, &user.id, ended, how, now)
                .await?;
            tx.audit(entry.clone().with("grants", grants.0));
            Ok(())
        })
        .await?;
    authn.0.accounts.committed();
    Ok(())
}

/// The user whose sessions the caller may end.
async fn find_user(authn: &Authn, caller: &Caller, name: &str) -> Result<User, Error> {
    let named = resolve(&authn.0.directory, name).await?;
    let resource = named.resource.clone();
    let access = &authn.0.access;
    access.enforce(caller, SESSION_END, &resource).await?;
    let user = named.user()?;
    access
        .enforce_delegation(caller, SESSION_END, &resource, &user.permissions)
        .await?;
    Ok(user)
}
