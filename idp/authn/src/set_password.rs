//! Setting a password: by an administrator, by a link, by the user.

use crypto::{OpaqueToken, timed_id, token_key};
use idp_directory::{
    User, UserName,
    read_users::{lock, lock_enabled, resolve},
};
use jiff::Timestamp;
use platform_access::Caller;
use platform_log::{AuditSink as _, RecordEntry as _};
use platform_store::Tx;
use zeroize::Zeroizing;

use crate::{
    Authn, Error, Session,
    actions::USER_SET_PASSWORD,
    devices::Device,
    model::Credential,
    password::prepare,
    password_link::find_password_link,
    store,
    throttle::{count_in_session, refund_on_error, reset_account},
};

/// By what right a password is set.
enum Right {
    /// The permission to administer users.
    Administrator,
    /// A link, which is used by it.
    Link {
        /// The key of its token.
        key: Vec<u8>,
        /// The browser in which it was opened.
        device: Device,
    },
    /// The user proved the old password in this session, which is kept with a new id and a
    /// new cookie.
    OldPassword {
        session_id: String,
        proved: Credential,
        renewed_id: String,
        renewed_key: Vec<u8>,
    },
}

/// Sets a user's password and ends all their sessions and tokens.
///
/// # Errors
/// [`Error::Access`] without `idp.user.set_password` and the user's permissions,
/// [`Error::WeakPassword`], [`Error::NoSuchUser`], [`Error::Busy`], and the store's.
pub async fn set_password(
    authn: &Authn,
    caller: &Caller,
    name: &str,
    password: Zeroizing<String>,
) -> Result<(), Error> {
    let named = resolve(&authn.0.directory, name).await?;
    let resource = named.resource.clone();
    let access = &authn.0.access;
    access.enforce(caller, USER_SET_PASSWORD, &resource).await?;
    let user = named.user()?;
    access
        .enforce_delegation(caller, USER_SET_PASSWORD, &resource, &user.permissions)
        .await?;
    replace(authn, caller, user, password, Right::Administrator).await
}

/// Sets a password by a link, which cannot be used again. Returns the cookie by which the
/// browser is known from now on.
///
/// # Errors
/// [`Error::LinkExpired`], [`Error::WeakPassword`], [`Error::Busy`], and the store's.
pub(crate) async fn set_password_by_link(
    authn: &Authn,
    caller: &Caller,
    token: &str,
    password: Zeroizing<String>,
    device_token: Option<String>,
) -> Result<String, Error> {
    let user = find_password_link(authn, token).await?;
    let user = user.ok_or(Error::LinkExpired)?;
    let device = Device::find(authn, device_token).await?;
    let device_token = device.token().to_owned();
    let right = Right::Link {
        key: token_key(token),
        device,
    };
    replace(authn, caller, user, password, right).await?;
    Ok(device_token)
}

/// Changes the password of the user who is signed in, and returns the new cookie of their
/// session. Their other sessions end, and every code and token that came from any of them.
///
/// # Errors
/// [`Error::WrongCredentials`], [`Error::Throttled`], [`Error::WeakPassword`],
/// [`Error::Busy`], and the store's.
pub(crate) async fn change_own_password(
    authn: &Authn,
    caller: &Caller,
    session: &Session,
    current: Zeroizing<String>,
    new: Zeroizing<String>,
) -> Result<String, Error> {
    let user = session.user.clone();
    authn
        .0
        .accounts
        .policy
        .check(&prepare(&new), &names(&user))?;
    let attempt = count_in_session(authn, caller, &session.id).await?;
    let stored = store::credentials::password_of(&authn.0.store, &user.id).await;
    let stored = refund_on_error(authn, &attempt, stored).await?;
    let hash = stored.as_ref().map(|credential| credential.secret.clone());
    let verified = authn.0.accounts.passwords.verify(current, hash).await;
    let verified = refund_on_error(authn, &attempt, verified).await?;
    let (true, Some(proved)) = (verified, stored) else {
        let entry = caller
            .entry(USER_SET_PASSWORD, &user.resource(), authn.now())
            .with_actor(user.principal())
            .refused("wrong password");
        authn.0.store.record(entry).await?;
        return Err(Error::WrongCredentials);
    };
    let store = &authn.0.store;
    store
        .transact(async move |tx| attempt.succeeded(tx).await)
        .await
        .map_err(Error::Store)?;
    let now = authn.now().as_millisecond();
    let token = OpaqueToken::new(now);
    let right = Right::OldPassword {
        session_id: session.id.clone(),
        proved,
        renewed_id: timed_id(now),
        renewed_key: token.key(),
    };
    replace(authn, caller, user, new, right).await?;
    Ok(token.text().to_owned())
}

/// Hashes the password, then replaces the old one and ends the user's access in one transaction.
async fn replace(
    authn: &Authn,
    caller: &Caller,
    user: User,
    password: Zeroizing<String>,
    right: Right,
) -> Result<(), Error> {
    let password = prepare(&password);
    authn.0.accounts.policy.check(&password, &names(&user))?;
    let hash = authn.0.accounts.passwords.hash(password).await?;
    let now = authn.now();
    let entry = caller.entry(USER_SET_PASSWORD, &user.resource(), now);
    let entry = match &right {
        Right::Administrator => entry,
        Right::Link { .. } => entry.with_actor(user.principal()).with("by", "link"),
        Right::OldPassword {
            session_id,
            renewed_id,
            ..
        } => entry
            .with_actor(user.principal())
            .with("by", "user")
            .with("session", session_id.as_str())
            .with("renewed_session", renewed_id.as_str()),
    };
    let accounts = authn.0.accounts.clone();
    authn
        .0
        .store
        .transact(async move |tx| {
            let kept_session = right.check(tx, &user, now).await?;
            store::credentials::set_password(tx, &user.id, &hash, now).await?;
            accounts.end_all(tx, &user.id, kept_session, now).await?;
            store::links::delete_of_user(tx, &user.id).await?;
            if kept_session.is_none() {
                // Browsers may be known because an attacker signed in with the old password.
                store::devices::delete_of_user(tx, &user.id).await?;
                // Guesses at the old password must not delay the owner of the new one.
                reset_account(tx, &UserName::fold(&user.name)).await?;
            }
            if let Right::Link { device, .. } = &right {
                device.remember(tx, &user.id, now).await?;
            }
            tx.audit(entry.clone());
            Ok::<_, Error>(())
        })
        .await?;
    authn.0.accounts.committed();
    Ok(())
}

/// What a user is called.
fn names(user: &User) -> Vec<&str> {
    [user.display_name.as_deref(), user.email.as_deref()]
        .into_iter()
        .flatten()
        .chain([user.name.as_str()])
        .collect()
}

impl Right {
    /// Checks that the right still exists, in the transaction that uses it. Returns the
    /// session that is kept, if one is.
    async fn check(
        &self,
        tx: &mut Tx<'_>,
        user: &User,
        now: Timestamp,
    ) -> Result<Option<&str>, Error> {
        match self {
            Self::Administrator => {
                let exists = lock(tx, &user.id).await?;
                exists
                    .then_some(None)
                    .ok_or_else(|| Error::NoSuchUser(user.name.clone()))
            }
            Self::Link { key, .. } => match store::links::take(tx, key, now).await? {
                Some(id) if id == user.id && lock_enabled(tx, &id).await? => Ok(None),
                _ => Err(Error::LinkExpired),
            },
            Self::OldPassword {
                session_id,
                proved,
                renewed_id,
                renewed_key,
            } => {
                // An administrator may have set another password, or ended this session.
                let valid = lock_enabled(tx, &user.id).await?
                    && store::credentials::lock(tx, proved).await?
                    && store::sessions::renew(tx, session_id, renewed_id, renewed_key).await?;
                valid
                    .then_some(Some(renewed_id.as_str()))
                    .ok_or(Error::WrongCredentials)
            }
        }
    }
}
