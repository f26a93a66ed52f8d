//! Changing, disabling and deleting a user.

use jiff::{SignedDuration, Timestamp};
use platform::audit::AuditSink as _;
use platform::{Caller, StoreError, audit::Entry, store::Tx};

use crate::{
    Error, Service, User, UserChange, UserInfo,
    add_user::no_user,
    model::{email, line, parse_grants},
    permission::user_subject,
    store,
};

const CHANGE: &str = "idp.user.change";
const DELETE: &str = "idp.user.delete";

impl Service {
    /// Changes what is told of a user, what they may do, and whether they may sign in.
    ///
    /// Who is disabled loses sessions and refresh tokens at the same moment.
    ///
    /// # Errors
    /// [`Error::Denied`] without `idp.user.change`, the user's grants and those
    /// given on, [`Error::Invalid`], [`Error::NotFound`], and the store's.
    pub async fn change_user(
        &self,
        name: &str,
        change: UserChange,
        caller: &Caller,
    ) -> Result<UserInfo, Error> {
        let subject = user_subject(name);
        self.authorize(caller, CHANGE, &subject).await?;
        let mut user = self.require_user(name).await?;
        self.authorize_grants(caller, CHANGE, &subject, &user.grants)
            .await?;
        let seen = user.changed_at;
        // Strictly later, so that it tells this change from the one before.
        let now = self.now().max(seen + SignedDuration::from_micros(1));
        let mut changed = Vec::new();
        if change.display_name.is_some() {
            user.display_name = line("display_name", change.display_name)?;
            changed.push("display_name");
        }
        if change.email.is_some() {
            user.email = email(change.email)?;
            changed.push("email");
        }
        if let Some(grants) = change.grants {
            user.grants = parse_grants(&grants)?;
            self.authorize_grants(caller, CHANGE, &subject, &user.grants)
                .await?;
            changed.push("grants");
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
        let entry = Entry::new(CHANGE, caller, subject, now)
            .with("changed", changed)
            .with("grants", user.grants.to_string());
        let info = user.info();
        self.0
            .store
            .transact(move |tx| {
                let (user, entry) = (user.clone(), entry.clone());
                Box::pin(async move {
                    if !store::users::update(tx, &user, seen).await? {
                        return Err(Error::Conflict(format!(
                            "user {} was changed or deleted meanwhile; look and try again",
                            user.name
                        )));
                    }
                    if user.disabled_at.is_some() {
                        lock_out(tx, &user, now).await?;
                    }
                    tx.audit(entry);
                    Ok(())
                })
            })
            .await?;
        self.0.bearers.clear();
        Ok(info)
    }

    /// Deletes a user; their name may be given again, their `sub` never is.
    ///
    /// # Errors
    /// [`Error::Denied`] without `idp.user.delete` and the user's grants,
    /// [`Error::NotFound`], and the store's.
    pub async fn delete_user(&self, name: &str, caller: &Caller) -> Result<(), Error> {
        let subject = user_subject(name);
        self.authorize(caller, DELETE, &subject).await?;
        let user = self.require_user(name).await?;
        self.authorize_grants(caller, DELETE, &subject, &user.grants)
            .await?;
        let now = self.now();
        let entry = Entry::new(DELETE, caller, subject, now).with("user_id", user.id.as_str());
        self.0
            .store
            .transact(move |tx| {
                let (user, entry) = (user.clone(), entry.clone());
                Box::pin(async move {
                    if store::users::by_id_in(tx, &user.id).await?.is_none() {
                        return Err(no_user(&user.name));
                    }
                    lock_out(tx, &user, now).await?;
                    store::users::delete(tx, &user.id).await?;
                    tx.audit(entry);
                    Ok(())
                })
            })
            .await?;
        self.0.bearers.clear();
        Ok(())
    }
}

/// Takes from a user everything with which they could go on.
async fn lock_out(tx: &mut Tx<'_>, user: &User, now: Timestamp) -> Result<(), StoreError> {
    store::end_all(tx, &user.id, None, now).await?;
    store::links::delete_of_user(tx, &user.id).await
}
