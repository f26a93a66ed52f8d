//! Adding a user.

use platform::audit::AuditSink as _;
use platform::{Caller, Store, audit::Entry, random};

use crate::{
    Error, NewUser, Service, User, UserInfo, UserName,
    model::{email, line, parse_grants},
    password::check_strength,
    permission::user_subject,
    store,
};

const ADD: &str = "idp.user.add";

impl Service {
    /// Adds a user who can sign in at once, where a password is given.
    ///
    /// # Errors
    /// [`Error::Denied`] without `idp.user.add` or the grants that are given on,
    /// [`Error::Invalid`], [`Error::Conflict`] where the name is taken, and the store's.
    pub async fn add_user(&self, new: NewUser, caller: &Caller) -> Result<UserInfo, Error> {
        let subject = user_subject(&new.name);
        self.authorize(caller, ADD, &subject).await?;
        let name = UserName::parse(&new.name)?;
        let grants = parse_grants(&new.grants)?;
        self.authorize_grants(caller, ADD, &subject, &grants)
            .await?;
        let password = match new.password {
            Some(password) => {
                check_strength(&password, name.as_str())?;
                Some(self.0.passwords.hash(password).await?)
            }
            None => None,
        };
        let now = self.now();
        let user = User {
            // 128 random bits, in letters that need no escaping anywhere.
            id: hex::encode(random::bytes::<16>()),
            name: name.as_str().to_owned(),
            display_name: line("display_name", new.display_name)?,
            email: email(new.email)?,
            grants,
            password,
            disabled_at: None,
            created_at: now,
            changed_at: now,
        };
        let entry = Entry::new(ADD, caller, subject, now)
            .with("user_id", user.id.as_str())
            .with("grants", user.grants.to_string())
            .with("password", user.password.is_some());
        let info = user.info();
        self.0
            .store
            .transact(move |tx| {
                let (user, entry) = (user.clone(), entry.clone());
                Box::pin(async move {
                    if !store::users::insert(tx, &user).await? {
                        return Err(Error::Conflict(format!(
                            "there is a user {} already",
                            user.name
                        )));
                    }
                    tx.audit(entry);
                    Ok(())
                })
            })
            .await?;
        Ok(info)
    }

    /// Users in the order of their names, after the one named `after`.
    ///
    /// # Errors
    /// [`Error::Denied`] without `idp.user.read`, and the store's.
    pub async fn list_users(
        &self,
        after: &str,
        limit: u32,
        caller: &Caller,
    ) -> Result<Vec<UserInfo>, Error> {
        caller.require("idp.user.read")?;
        let users = store::users::list(&self.0.store, after, i64::from(limit.min(1000))).await?;
        Ok(users.iter().map(User::info).collect())
    }

    /// One user.
    ///
    /// # Errors
    /// [`Error::Denied`] without `idp.user.read`, [`Error::NotFound`], and the store's.
    pub async fn show_user(&self, name: &str, caller: &Caller) -> Result<UserInfo, Error> {
        caller.require("idp.user.read")?;
        Ok(self.require_user(name).await?.info())
    }

    /// The user of that name.
    pub(crate) async fn require_user(&self, name: &str) -> Result<User, Error> {
        find(&self.0.store, name)
            .await?
            .ok_or_else(|| no_user(name))
    }
}

pub(crate) fn no_user(name: &str) -> Error {
    Error::NotFound(format!("user {name:?}"))
}

async fn find(store: &Store, name: &str) -> Result<Option<User>, Error> {
    match UserName::parse(name) {
        Ok(name) => Ok(store::users::by_name(store, name.as_str()).await?),
        Err(_) => Ok(None),
    }
}
