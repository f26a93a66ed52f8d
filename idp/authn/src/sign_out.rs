//! Ending sessions by their own user.

use platform_access::Caller;
use platform_log::{AuditSink as _, Entry};

use crate::{Authn, Error, Session, SessionEnd, actions::acts::SIGN_OUT, store};

/// Ends the session of the browser that asks for it.
///
/// # Errors
/// The store's.
pub async fn sign_out(authn: &Authn, caller: &Caller, session: &Session) -> Result<(), Error> {
    end(authn, caller, session, &session.id, SessionEnd::SignOut).await
}

/// Ends one of the sessions of the user who is signed in with `session`, from a list of them,
/// and everything that came from it. Unknown ids are ignored.
///
/// # Errors
/// The store's.
pub async fn end_own_session(
    authn: &Authn,
    caller: &Caller,
    session: &Session,
    ended_id: &str,
) -> Result<(), Error> {
    end(authn, caller, session, ended_id, SessionEnd::Ended).await
}

/// Ends all sessions of the user who is signed in except `session`, and everything that came
/// from them; returns how many there were.
///
/// # Errors
/// The store's.
pub async fn end_other_sessions(
    authn: &Authn,
    caller: &Caller,
    session: &Session,
) -> Result<u64, Error> {
    let now = authn.now();
    let (user_id, kept) = (session.user.id.clone(), session.id.clone());
    let entry = entry(authn, caller, session);
    let accounts = authn.0.accounts.clone();
    let ended = authn
        .0
        .store
        .transact(async move |tx| {
            let ended = store::sessions::delete_others(tx, &user_id, &kept).await?;
            let how = SessionEnd::Ended;
            accounts
                .sessions_ended(tx, &user_id, &ended, how, now)
                .await?;
            for id in &ended {
                tx.audit(entry.clone().with("session", id.as_str()));
            }
            Ok::<_, Error>(ended.len())
        })
        .await?;
    authn.0.accounts.committed();
    Ok(ended as u64)
}

async fn end(
    authn: &Authn,
    caller: &Caller,
    session: &Session,
    ended_id: &str,
    how: SessionEnd,
) -> Result<(), Error> {
    let now = authn.now();
    let entry = entry(authn, caller, session).with("session", ended_id);
    let (id, user_id) = (ended_id.to_owned(), session.user.id.clone());
    let accounts = authn.0.accounts.clone();
    authn
        .0
        .store
        .transact(async move |tx| {
            if store::sessions::delete(tx, &id, &user_id).await? {
                let ended = std::slice::from_ref(&id);
                accounts
                    .sessions_ended(tx, &user_id, ended, how, now)
                    .await?;
                tx.audit(entry.clone());
            }
            Ok::<_, Error>(())
        })
        .await?;
    authn.0.accounts.committed();
    Ok(())
}

fn entry(authn: &Authn, caller: &Caller, session: &Session) -> Entry {
    caller
        .entry(SIGN_OUT, &session.user.resource(), authn.now())
        .with_actor(session.user.principal())
}
