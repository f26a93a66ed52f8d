//! Looking users up: for callers with the permission, and for the crates that sign people in.

use std::time::Instant;

use platform_access::{Caller, Resource};
use platform_store::{StoreError, Tx};
use platform_web::{Page, PageRequest};

use crate::{
    Directory, Error, User, UserInfo, UserName, actions::USER_READ, model::as_of_0_1_0, store,
};

/// Users in the order of their names.
///
/// # Errors
/// [`Error::Access`] without `idp.user.read`, and the store's.
pub async fn list_users(
    directory: &Directory,
    caller: &Caller,
    request: &PageRequest,
) -> Result<Page<UserInfo>, Error> {
    let users = Resource::all("user");
    directory
        .0
        .access
        .enforce(caller, USER_READ, &users)
        .await?;
    let store = &directory.0.store;
    let users = store::users::list(store, request.after(), request.fetch_limit()).await?;
    let page = request.page(users, |user| user.name.clone());
    let ids: Vec<&str> = page.items.iter().map(|user| user.id.as_str()).collect();
    let with_password = directory.0.accounts.with_password(&ids).await?;
    Ok(page.map(|user| user.info(with_password.contains(&user.id))))
}

/// One user.
///
/// # Errors
/// [`Error::Access`] without `idp.user.read`, [`Error::NoSuchUser`], and the store's.
pub async fn show_user(
    directory: &Directory,
    caller: &Caller,
    name: &str,
) -> Result<UserInfo, Error> {
    let named = resolve(directory, name).await?;
    directory
        .0
        .access
        .enforce(caller, USER_READ, &named.resource)
        .await?;
    let user = named.user()?;
    info(directory, &user).await
}

/// What lists show of a user.
pub(crate) async fn info(directory: &Directory, user: &User) -> Result<UserInfo, Error> {
    let with_password = directory.0.accounts.with_password(&[&user.id]).await?;
    Ok(user.info(with_password.contains(&user.id)))
}

/// A user as a caller named them, who may not exist: callers without the permission
/// must not learn whether they do.
pub struct NamedUser {
    name: String,
    /// What to enforce permissions on.
    pub resource: Resource,
    user: Option<User>,
}

impl NamedUser {
    /// The user.
    ///
    /// # Errors
    /// [`Error::NoSuchUser`].
    pub fn user(self) -> Result<User, Error> {
        self.user.ok_or(Error::NoSuchUser(self.name))
    }
}

/// Looks up whom a caller named, before permissions are enforced on them.
///
/// # Errors
/// The store's.
pub async fn resolve(directory: &Directory, name: &str) -> Result<NamedUser, Error> {
    let user = find_by_name(directory, name).await?;
    let resource = user.as_ref().map_or_else(|| unknown(name), User::resource);
    Ok(NamedUser {
        name: name.to_owned(),
        resource,
        user,
    })
}

/// The user of that name, disabled or not.
///
/// # Errors
/// The store's.
pub async fn find_by_name(directory: &Directory, name: &str) -> Result<Option<User>, StoreError> {
    // Under either name there may be a user since 0.1.0; a name that is valid now has
    // usually only one form.
    let store = &directory.0.store;
    let old = as_of_0_1_0(name);
    let found = match &old {
        Some(old) => store::users::by_name(store, old).await?,
        None => None,
    };
    match UserName::parse(name) {
        Ok(name) if Some(name.as_str()) != old.as_deref() => {
            let other = store::users::by_name(store, name.as_str()).await?;
            Ok(found.or(other))
        }
        _ => Ok(found),
    }
}

/// The user with that id, disabled or not, as of at most a second ago (rule 12).
///
/// # Errors
/// The store's.
pub async fn find_by_id(directory: &Directory, id: &str) -> Result<Option<User>, StoreError> {
    let users = &directory.0.users;
    if let Some(user) = users.get(id) {
        return Ok(Some(user));
    }
    let read_at = Instant::now();
    let found = store::users::by_id(&directory.0.store, id).await?;
    if let Some(user) = &found {
        users.insert(read_at, user.clone());
    }
    Ok(found)
}

/// Locks the user's row until the transaction ends; false if they were disabled or deleted.
///
/// # Errors
/// The store's.
pub async fn lock_enabled(tx: &mut Tx<'_>, id: &str) -> Result<bool, StoreError> {
    store::users::lock_enabled(tx, id).await
}

/// Locks the user's row until the transaction ends; false if they were deleted.
///
/// # Errors
/// The store's.
pub async fn lock(tx: &mut Tx<'_>, id: &str) -> Result<bool, StoreError> {
    store::users::lock(tx, id).await
}

/// A user by the name that a caller typed, of whom nothing else is known.
pub(crate) fn unknown(name: &str) -> Resource {
    let known = UserName::parse(name);
    Resource::all("user").named_person(known.as_ref().map_or("?", UserName::as_str))
}
