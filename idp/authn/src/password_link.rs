//! Links with which a user sets a password, once.

use std::time::Duration;

use crypto::{OpaqueToken, token_key};
use idp_directory::{
    User,
    read_users::{find_by_id, lock_enabled, resolve},
};
use oauth::append_query;
use platform_access::Caller;
use platform_log::AuditSink as _;

use crate::{
    Authn, Error,
    actions::{USER_SET_PASSWORD, acts::PASSWORD_LINK},
    model::{Credential, PasswordLink},
    store,
    throttle::Attempt,
};

/// How long somebody whose password is too short may take to set another.
const SHORT_PASSWORD_LINK: Duration = Duration::from_secs(15 * 60);

/// Makes a link; earlier links of the same user stop working.
///
/// # Errors
/// [`Error::Access`] without `idp.user.set_password` and the user's permissions,
/// [`Error::NoSuchUser`], and the store's.
pub async fn make_password_link(
    authn: &Authn,
    caller: &Caller,
    name: &str,
) -> Result<PasswordLink, Error> {
    let named = resolve(&authn.0.directory, name).await?;
    let resource = named.resource.clone();
    let access = &authn.0.access;
    access.enforce(caller, USER_SET_PASSWORD, &resource).await?;
    let user = named.user()?;
    access
        .enforce_delegation(caller, PASSWORD_LINK, &resource, &user.permissions)
        .await?;
    let now = authn.now();
    let token = OpaqueToken::new(now.as_millisecond());
    let link = PasswordLink {
        url: format!(
            "{}/account/set-password?token={}",
            authn.0.config.public_url,
            token.text()
        ),
        expires_at: now + authn.0.config.password_link_lifetime,
    };
    let expires_at = link.expires_at;
    let entry = caller.entry(PASSWORD_LINK, &user.resource(), now);
    let key = token.key();
    authn
        .0
        .store
        .transact(async move |tx| {
            if !idp_directory::read_users::lock(tx, &user.id).await? {
                return Err(Error::NoSuchUser(user.name.clone()));
            }
            store::links::delete_of_user(tx, &user.id).await?;
            store::links::insert(tx, key.clone(), &user.id, expires_at).await?;
            tx.audit(entry.clone());
            Ok(())
        })
        .await?;
    Ok(link)
}

/// Makes a link for a user who proved a password that is shorter than passwords must be, and
/// returns its token. Earlier links of the same user stop working.
///
/// # Errors
/// [`Error::WrongCredentials`] if the user was disabled or the password replaced meanwhile,
/// and the store's.
pub(crate) async fn make_link_for_short_password(
    authn: &Authn,
    caller: &Caller,
    (user, proved, attempt): (User, Credential, Attempt),
) -> Result<String, Error> {
    let now = authn.now();
    let token = OpaqueToken::new(now.as_millisecond());
    let entry = caller
        .entry(PASSWORD_LINK, &user.resource(), now)
        .with_actor(user.principal())
        .with("by", "short password");
    let key = token.key();
    let user_id = user.id.clone();
    authn
        .0
        .store
        .transact(async move |tx| {
            if !lock_enabled(tx, &user_id).await? || !store::credentials::lock(tx, &proved).await? {
                return Err(Error::WrongCredentials);
            }
            attempt.succeeded(tx).await?;
            store::links::delete_of_user(tx, &user_id).await?;
            let expires_at = now + SHORT_PASSWORD_LINK;
            store::links::insert(tx, key.clone(), &user_id, expires_at).await?;
            tx.audit(entry.clone());
            Ok(())
        })
        .await?;
    Ok(token.text().to_owned())
}

/// The value of `reason` in the address of somebody whose password is too short.
pub(crate) const SHORT: &str = "short";

/// The path of the page for a link that [`make_link_for_short_password`] made, and what
/// continues after the sign-in that follows.
pub(crate) fn short_password_path(token: &str, request: Option<&str>) -> String {
    let mut fields = vec![("token", token), ("reason", SHORT)];
    fields.extend(request.map(|request| ("request", request)));
    append_query("/account/set-password", &fields)
}

/// The user whose password a link sets, unless it was used or has expired.
pub(crate) async fn find_password_link(authn: &Authn, token: &str) -> Result<Option<User>, Error> {
    let found = store::links::find(&authn.0.store, token_key(token), authn.now()).await?;
    let Some(user_id) = found else {
        return Ok(None);
    };
    let user = find_by_id(&authn.0.directory, &user_id).await?;
    Ok(user.filter(|user| user.disabled_at.is_none()))
}
