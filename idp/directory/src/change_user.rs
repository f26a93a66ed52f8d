//! Changing, disabling and enabling a user.

use jiff::{SignedDuration, Timestamp};
use platform_access::{Caller, Permissions};
use platform_log::AuditSink as _;

use crate::{
    Directory, Error, User, UserChange, UserInfo,
    actions::USER_CHANGE,
    keep_an_administrator::keep_an_administrator,
    model::{parse_email, parse_line},
    read_users::{info, resolve},
    store,
};

/// Changes a user's attributes and permissions, and whether they may sign in.
///
/// The access of a user who is disabled ends in the same transaction.
///
/// # Errors
/// [`Error::Access`] without `idp.user.change`, the permissions of the user and those
/// that they are to have, [`Error::Invalid`], [`Error::NoSuchUser`], [`Error::Changed`],
/// and the store's.
pub async fn change_user(
    directory: &Directory,
    caller: &Caller,
    name: &str,
    change: UserChange,
) -> Result<UserInfo, Error> {
    let named = resolve(directory, name).await?;
    let resource = named.resource.clone();
    let access = &directory.0.access;
    access.enforce(caller, USER_CHANGE, &resource).await?;
    let mut user = named.user()?;
    access
        .enforce_delegation(caller, USER_CHANGE, &resource, &user.permissions)
        .await?;
    let was_administrator = user.is_administrator();
    let seen = user.changed_at;
    // Strictly later, so that it distinguishes this change from the one before.
    let now = directory.now().max(seen + SignedDuration::from_micros(1));
    let changed = apply(&mut user, change, now)?;
    access
        .enforce_delegation(caller, USER_CHANGE, &resource, &user.permissions)
        .await?;
    let entry = caller
        .entry(USER_CHANGE, &user.resource(), now)
        .with("user_id", user.id.as_str())
        .with("changed", changed)
        .with("permissions", user.permissions.to_string());
    let accounts = directory.0.accounts.clone();
    let stored = user.clone();
    directory
        .0
        .store
        .transact(async move |tx| {
            if !store::users::update(tx, &stored, seen).await? {
                return Err(Error::Changed(stored.name.clone()));
            }
            if was_administrator && !stored.is_administrator() {
                keep_an_administrator(tx, &stored).await?;
            }
            if stored.disabled_at.is_some() {
                accounts.end_access(tx, &stored, now).await?;
            }
            tx.audit(entry.clone());
            Ok(())
        })
        .await?;
    directory.0.users.remove(&user.id);
    directory.0.accounts.forget(&user.id);
    info(directory, &user).await
}

/// Applies `change` and returns the names of what changed.
fn apply(user: &mut User, change: UserChange, now: Timestamp) -> Result<Vec<&'static str>, Error> {
    let mut changed = Vec::new();
    if change.display_name.is_some() {
        user.display_name = parse_line("display_name", change.display_name)?;
        changed.push("display_name");
    }
    if change.email.is_some() {
        let email = parse_email(change.email)?;
        // A client that returns the whole object unchanged has not verified the address.
        if email != user.email {
            user.email = email;
            changed.push("email");
        }
    }
    // Who enters another address says whether it counts as verified, or it does.
    let verified = match (change.email_verified, changed.contains(&"email")) {
        (None, true) => Some(true),
        (verified, _) => verified,
    };
    if let Some(verified) = verified.filter(|verified| *verified != user.email_verified) {
        user.email_verified = verified;
        changed.push("email_verified");
    }
    if let Some(permissions) = change.permissions {
        user.permissions = Permissions::parse_list(&permissions)
            .map_err(|error| Error::invalid("permissions", error.to_string()))?;
        changed.push("permissions");
    }
    match change.disabled {
        Some(true) if user.disabled_at.is_none() => {
            user.disabled_at = Some(now);
            changed.push("disabled");
        }
        Some(false) if user.disabled_at.is_some() => {
            user.disabled_at = None;
            changed.push("enabled");
        }
        _ => {}
    }
    user.changed_at = now;
    Ok(changed)
}
