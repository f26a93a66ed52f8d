//! Deleting a user.

use platform_access::Caller;
use platform_log::AuditSink as _;

use crate::{
    Directory, Error, actions::USER_DELETE, keep_an_administrator::keep_an_administrator,
    read_users::resolve, store,
};

/// Deletes a user. Their name may be given to someone else, their `sub` never is.
///
/// # Errors
/// [`Error::Access`] without `idp.user.delete` and the permissions of the user,
/// [`Error::NoSuchUser`], [`Error::Changed`], and the store's.
pub async fn delete_user(directory: &Directory, caller: &Caller, name: &str) -> Result<(), Error> {
    let named = resolve(directory, name).await?;
    let resource = named.resource.clone();
    let access = &directory.0.access;
    access.enforce(caller, USER_DELETE, &resource).await?;
    let user = named.user()?;
    access
        .enforce_delegation(caller, USER_DELETE, &resource, &user.permissions)
        .await?;
    let now = directory.now();
    let entry = caller
        .entry(USER_DELETE, &user.resource(), now)
        .with("user_id", user.id.as_str());
    let user_id = user.id.clone();
    let accounts = directory.0.accounts.clone();
    directory
        .0
        .store
        .transact(async move |tx| {
            // The permissions that were compared with the caller's are those that are deleted.
            if !store::users::delete(tx, &user.id, user.changed_at).await? {
                return Err(match store::users::by_id_in(tx, &user.id).await? {
                    Some(user) => Error::Changed(user.name),
                    None => Error::NoSuchUser(user.name.clone()),
                });
            }
            accounts.delete(tx, &user, now).await?;
            if user.is_administrator() {
                keep_an_administrator(tx, &user).await?;
            }
            tx.audit(entry.clone());
            Ok(())
        })
        .await?;
    directory.0.users.remove(&user_id);
    directory.0.accounts.forget(&user_id);
    Ok(())
}
