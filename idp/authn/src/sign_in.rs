//! Signing in with a password.

use crypto::{OpaqueToken, timed_id, token_key};
use idp_directory::{
    User, UserName,
    read_users::{find_by_name, lock_enabled},
};
use platform_access::{Caller, Resource};
use platform_log::{AuditSink as _, RecordEntry as _};
use zeroize::Zeroizing;

use crate::{
    Authentication, Authn, Error, SessionEnd,
    actions::acts::SIGN_IN,
    model::Credential,
    password::MAX_LENGTH,
    store::{self, sessions::NewSession},
    throttle::{Attempt, count_attempt, refund_on_error},
};

/// What the sign-in form sent.
pub struct SignIn {
    /// As it was typed.
    pub username: String,
    /// As it was typed.
    pub password: Zeroizing<String>,
    /// The interaction that waits for this sign-in.
    pub interaction_id: Option<String>,
    /// The cookie of the session that the browser had before; that session ends.
    pub previous_token: Option<String>,
    /// The browser's `User-Agent`.
    pub user_agent: Option<String>,
}

/// Checks a password, starts a session and returns its cookie.
///
/// Unknown users, disabled users and wrong passwords get the same answer after the
/// same work.
///
/// # Errors
/// [`Error::WrongCredentials`], [`Error::Throttled`], [`Error::Busy`] and the store's.
pub async fn sign_in(authn: &Authn, caller: &Caller, form: SignIn) -> Result<String, Error> {
    let (user, proved, attempt) =
        check_password(authn, caller, &form.username, form.password).await?;
    let now = authn.now();
    let token = OpaqueToken::new(now.as_millisecond());
    let session = NewSession {
        id: timed_id(now.as_millisecond()),
        token_key: token.key(),
        user_id: user.id.clone(),
        authentication: Authentication::by_password(now),
        expires_at: now + authn.0.config.session_lifetime,
        address: caller.address.map(|address| address.to_string()),
        user_agent: form.user_agent,
    };
    let amr: Vec<_> = session.authentication.amr().map(str::to_owned).collect();
    let entry = caller
        .entry(SIGN_IN, &user.resource(), now)
        .with_actor(user.principal())
        .with("session", session.id.as_str())
        .with("amr", amr);
    let interaction_key = form.interaction_id.as_deref().map(token_key);
    let previous_key = form.previous_token.as_deref().map(token_key);
    let accounts = authn.0.accounts.clone();
    let ends_another = previous_key.is_some();
    authn
        .0
        .store
        .transact(async move |tx| {
            // The user may have been disabled, or the password changed, while it was checked.
            if !lock_enabled(tx, &user.id).await? || !store::credentials::lock(tx, &proved).await? {
                return Err(Error::WrongCredentials);
            }
            attempt.succeeded(tx).await?;
            if let Some(previous) = &previous_key
                && let Some((id, user_id)) = store::sessions::delete_by_token(tx, previous).await?
            {
                if user_id == user.id {
                    // The same user continues in the new session, and so do their tokens.
                    let new_id = &session.id;
                    accounts.session_replaced(tx, &user_id, &id, new_id).await?;
                } else {
                    let how = SessionEnd::SignOut;
                    accounts.session_ended(tx, &user_id, &id, how, now).await?;
                }
            }
            store::sessions::insert(tx, &session).await?;
            if let Some(key) = &interaction_key {
                store::interactions::set_session(tx, key, &session.id).await?;
            }
            tx.audit(entry.clone());
            Ok::<_, Error>(())
        })
        .await?;
    if ends_another {
        authn.0.accounts.committed();
    }
    metrics::counter!("xinshu_idp_sign_ins_total", "outcome" => "success").increment(1);
    Ok(token.text().to_owned())
}

/// The user whose password this is. A refusal is audited.
async fn check_password(
    authn: &Authn,
    caller: &Caller,
    username: &str,
    password: Zeroizing<String>,
) -> Result<(User, Credential, Attempt), Error> {
    let typed = username.trim().to_lowercase();
    let attempt = count_attempt(authn, caller, &typed).await?;
    let found = find(authn, &typed).await;
    let (user, stored) = refund_on_error(authn, &attempt, found).await?;
    let fits = password.len() <= MAX_LENGTH;
    let hash = stored.as_ref().map(|credential| credential.secret.clone());
    let verified = authn.0.accounts.passwords.verify(password, hash).await;
    let matches = refund_on_error(authn, &attempt, verified).await? && fits;
    match (user, stored) {
        (Some(user), Some(stored)) if matches && user.disabled_at.is_none() => {
            Ok((user, stored, attempt))
        }
        (user, _) => {
            record_refusal(authn, caller, user).await?;
            Err(Error::WrongCredentials)
        }
    }
}

/// The user and their password. A name that nobody can have takes the same look-ups.
async fn find(authn: &Authn, typed: &str) -> Result<(Option<User>, Option<Credential>), Error> {
    let name = UserName::parse(typed).map_or_else(|_| "?".to_owned(), |name| name.to_string());
    let user = find_by_name(&authn.0.directory, &name).await?;
    let id = user.as_ref().map_or("?", |user| user.id.as_str());
    let stored = store::credentials::password_of(&authn.0.store, id).await?;
    Ok((user, stored))
}

async fn record_refusal(authn: &Authn, caller: &Caller, user: Option<User>) -> Result<(), Error> {
    let (resource, cause) = match &user {
        Some(user) if user.disabled_at.is_some() => (user.resource(), "user is disabled"),
        Some(user) => (user.resource(), "wrong password"),
        None => (
            Resource::all("user").named_person("unknown"),
            "unknown user",
        ),
    };
    let entry = caller.entry(SIGN_IN, &resource, authn.now()).refused(cause);
    authn.0.store.record(entry).await?;
    metrics::counter!("xinshu_idp_sign_ins_total", "outcome" => "refused").increment(1);
    Ok(())
}
