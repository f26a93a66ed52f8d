//! Adding a user.

use crypto::random;
use platform_access::{Caller, Permissions, UnitId};
use platform_log::AuditSink as _;

use crate::{
    Directory, Error, NewUser, User, UserInfo, UserName,
    actions::USER_ADD,
    model::{parse_email, parse_line},
    read_users::unknown,
    store,
};

/// Adds a user, who can sign in at once if a password is given.
///
/// # Errors
/// [`Error::Access`] without `idp.user.add` or the permissions that the user is to have,
/// [`Error::Invalid`], [`Error::UserExists`], [`Error::Busy`], and the store's.
pub async fn add_user(
    directory: &Directory,
    caller: &Caller,
    new: NewUser,
) -> Result<UserInfo, Error> {
    let resource = unknown(&new.name);
    let access = &directory.0.access;
    access.enforce(caller, USER_ADD, &resource).await?;
    let name = UserName::parse(&new.name)?;
    let permissions = Permissions::parse_list(&new.permissions)
        .map_err(|error| Error::invalid("permissions", error.to_string()))?;
    access
        .enforce_delegation(caller, USER_ADD, &resource, &permissions)
        .await?;
    let display_name = parse_line("display_name", new.display_name)?;
    let email = parse_email(new.email)?;
    let password = match new.password {
        Some(password) => {
            let names = [
                Some(name.as_str()),
                display_name.as_deref(),
                email.as_deref(),
            ];
            let names: Vec<&str> = names.into_iter().flatten().collect();
            let accounts = &directory.0.accounts;
            Some(accounts.prepare_password(&names, password).await?)
        }
        None => None,
    };
    let now = directory.now();
    let user = User {
        // 128 random bits, in letters that need no escaping anywhere.
        id: hex::encode(random::bytes::<16>()),
        name: name.as_str().to_owned(),
        display_name,
        email,
        email_verified: new.email_verified.unwrap_or(true),
        permissions,
        unit: UnitId::ROOT,
        disabled_at: None,
        created_at: now,
        changed_at: now,
    };
    let entry = caller
        .entry(USER_ADD, &user.resource(), now)
        .with("user_id", user.id.as_str())
        .with("permissions", user.permissions.to_string())
        .with("password", password.is_some());
    let info = user.info(password.is_some());
    directory
        .0
        .store
        .transact(async move |tx| {
            if !store::users::insert(tx, &user).await? {
                return Err(Error::UserExists(user.name.clone()));
            }
            if let Some(password) = &password {
                password.insert(tx, &user.id, now).await?;
            }
            tx.audit(entry.clone());
            Ok(())
        })
        .await?;
    Ok(info)
}
