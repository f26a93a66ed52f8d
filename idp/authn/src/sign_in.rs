//! Signing in with a password.

use crypto::{OpaqueToken, timed_id, token_key};
use idp_directory::{
    User, UserName,
    read_users::{find_by_name, lock_enabled},
};
use platform_access::{Caller, Resource};
use platform_log::{AuditSink as _, Entry, RecordEntry as _};
use zeroize::Zeroizing;

use crate::{
    Authentication, Authn, Error, SessionEnd,
    actions::acts::SIGN_IN,
    devices::Device,
    model::Credential,
    password::{fits, prepare},
    password_link::make_link_for_short_password,
    store::{self, sessions::NewSession},
    throttle::{Attempt, Browser, count_attempt, refund_on_error},
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
    /// The cookie of a browser that somebody has signed in with.
    pub device_token: Option<String>,
    /// The browser's `User-Agent`.
    pub user_agent: Option<String>,
}

/// What a good password leads to.
pub enum SignedIn {
    /// A session.
    Session {
        /// Its cookie.
        token: String,
        /// The cookie by which this browser is known from now on.
        device_token: String,
    },
    /// The password is shorter than passwords must be, and has to be changed first.
    MustChange {
        /// The token of a link with which to set another one.
        link_token: String,
    },
}

/// A password that was found right.
struct Checked {
    user: User,
    credential: Credential,
    attempt: Attempt,
    device: Device,
    /// The hash to store in place of one of 0.1.0.
    renewed_hash: Option<String>,
    is_short: bool,
}

/// Checks a password, starts a session and returns its cookie.
///
/// Unknown users, disabled users and wrong passwords get the same answer after the
/// same work.
///
/// # Errors
/// [`Error::WrongCredentials`], [`Error::Throttled`], [`Error::Busy`] and the store's.
pub async fn sign_in(authn: &Authn, caller: &Caller, form: SignIn) -> Result<SignedIn, Error> {
    let checked = check_password(authn, caller, &form).await?;
    if checked.is_short && authn.0.accounts.policy.short_must_change {
        let proved = (checked.user, checked.credential, checked.attempt);
        let link_token = make_link_for_short_password(authn, caller, proved).await?;
        return Ok(SignedIn::MustChange { link_token });
    }
    if let Some(signed_in) = start_session(authn, caller, &form, checked).await? {
        return Ok(signed_in);
    }
    // The hash was replaced while the password was checked: by another password, or by a
    // sign-in at the same moment that renewed it. Only the former is an error.
    let checked = check_password(authn, caller, &form).await?;
    let signed_in = start_session(authn, caller, &form, checked).await?;
    signed_in.ok_or(Error::WrongCredentials)
}

/// Starts the session; `None` if the hash that was proved is not the user's any more.
async fn start_session(
    authn: &Authn,
    caller: &Caller,
    form: &SignIn,
    checked: Checked,
) -> Result<Option<SignedIn>, Error> {
    let now = authn.now();
    let token = OpaqueToken::new(now.as_millisecond());
    let Checked {
        user,
        credential,
        attempt,
        device,
        renewed_hash,
        ..
    } = checked;
    let device_token = device.token().to_owned();
    let session = NewSession {
        id: timed_id(now.as_millisecond()),
        token_key: token.key(),
        user_id: user.id.clone(),
        authentication: Authentication::by_password(now),
        expires_at: now + authn.0.config.session_lifetime,
        address: caller.address.map(|address| address.to_string()),
        user_agent: form.user_agent.clone(),
    };
    let entry = entry(caller, &user, &session);
    let interaction_key = form.interaction_id.as_deref().map(token_key);
    let previous_key = form.previous_token.as_deref().map(token_key);
    let accounts = authn.0.accounts.clone();
    let started = authn
        .0
        .store
        .transact(async move |tx| {
            // The user may have been disabled, or the password changed, while it was checked.
            if !lock_enabled(tx, &user.id).await? {
                return Err(Error::WrongCredentials);
            }
            if !store::credentials::lock(tx, &credential).await? {
                return Ok(false);
            }
            attempt.succeeded(tx).await?;
            device.remember(tx, &user.id, now).await?;
            if let Some(hash) = &renewed_hash {
                store::credentials::renew(tx, &credential, hash).await?;
            }
            if let Some(previous) = &previous_key
                && let Some((id, user_id)) = store::sessions::delete_by_token(tx, previous).await?
            {
                if user_id == user.id {
                    // The same user continues in the new session, and so do their tokens.
                    let new_id = &session.id;
                    accounts.session_replaced(tx, &user_id, &id, new_id).await?;
                } else {
                    let how = SessionEnd::SignOut;
                    accounts
                        .sessions_ended(tx, &user_id, &[id], how, now)
                        .await?;
                }
            }
            store::sessions::insert(tx, &session).await?;
            if let Some(key) = &interaction_key {
                store::interactions::set_session(tx, key, &session.id).await?;
            }
            tx.audit(entry.clone());
            Ok::<_, Error>(true)
        })
        .await?;
    if form.previous_token.is_some() {
        authn.0.accounts.committed();
    }
    if !started {
        return Ok(None);
    }
    metrics::counter!("xinshu_idp_sign_ins_total", "outcome" => "success").increment(1);
    Ok(Some(SignedIn::Session {
        token: token.text().to_owned(),
        device_token,
    }))
}

fn entry(caller: &Caller, user: &User, session: &NewSession) -> Entry {
    let amr: Vec<_> = session.authentication.amr().map(str::to_owned).collect();
    caller
        .entry(SIGN_IN, &user.resource(), session.authentication.time)
        .with_actor(user.principal())
        .with("session", session.id.as_str())
        .with("amr", amr)
}

/// The user whose password this is. A refusal is audited.
async fn check_password(authn: &Authn, caller: &Caller, form: &SignIn) -> Result<Checked, Error> {
    let typed = form.username.trim();
    let (user, stored) = find(authn, typed).await?;
    let device = Device::find(authn, form.device_token.clone()).await?;
    let id = user.as_ref().map_or("?", |user| user.id.as_str());
    let browser = device
        .key_if_known(id)
        .map_or(Browser::Unknown, Browser::Known);
    let attempt = count_attempt(authn, caller, &UserName::fold(typed), browser).await?;
    let password = form.password.clone();
    let fits = fits(&password);
    let hash = stored.as_ref().map(|credential| credential.secret.clone());
    let verified = authn.0.accounts.passwords.verify(password, hash).await;
    let matches = refund_on_error(authn, &attempt, verified).await? && fits;
    match (user, stored) {
        (Some(user), Some(credential)) if matches && user.disabled_at.is_none() => {
            let prepared = prepare(&form.password);
            let is_short = authn.0.accounts.policy.is_short(&prepared);
            let renewed = match credential.is_prepared {
                true => Ok(None),
                false => authn.0.accounts.passwords.hash(prepared).await.map(Some),
            };
            Ok(Checked {
                renewed_hash: refund_on_error(authn, &attempt, renewed).await?,
                user,
                credential,
                attempt,
                device,
                is_short,
            })
        }
        (user, _) => {
            record_refusal(authn, caller, user).await?;
            Err(Error::WrongCredentials)
        }
    }
}

/// The user and their password. A name that nobody can have takes the same look-ups.
async fn find(authn: &Authn, typed: &str) -> Result<(Option<User>, Option<Credential>), Error> {
    let user = find_by_name(&authn.0.directory, typed).await?;
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
