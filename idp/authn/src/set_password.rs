//! Setting a password: by an administrator, by a one-time link, by oneself.

use crypto::random;
use jiff::Timestamp;
use platform::audit::{AuditSink as _, RecordEntry as _};
use platform::{
    Caller,
    audit::{Entry, Party},
    store::Tx,
};
use zeroize::Zeroizing;

use crate::{
    Error, PasswordLink, Service, Session, User, add_user::no_user, model::digest,
    password::check_strength, permission::user_subject, store,
};

/// Which right lets somebody set a password.
#[derive(Clone)]
enum By {
    /// Who administers users.
    Administrator,
    /// A link, used up by it.
    Link([u8; 32]),
    /// The user, who proved the old one; this session goes on.
    Own {
        session: String,
        /// The hash that was proved: another one by now lets nobody.
        proved: Option<String>,
    },
}

impl By {
    /// Makes sure that the right still stands, in the transaction that uses it; the
    /// session that goes on, if one does.
    async fn check(
        &self,
        tx: &mut Tx<'_>,
        user: &User,
        now: Timestamp,
    ) -> Result<Option<String>, Error> {
        match self {
            Self::Administrator => Ok(None),
            Self::Link(token_hash) => match store::links::take(tx, *token_hash, now).await? {
                Some(id) if id == user.id => Ok(None),
                _ => Err(no_link()),
            },
            Self::Own { session, proved } => {
                // An administrator may have set another one, or ended this session.
                let proved = proved.as_deref().unwrap_or_default();
                if store::users::hold(tx, &user.id, proved).await?
                    && store::sessions::exists(tx, session).await?
                {
                    Ok(Some(session.clone()))
                } else {
                    Err(Error::WrongCredentials)
                }
            }
        }
    }
}

const SET: &str = "idp.user.set_password";
const LINK: &str = "idp.user.password_link";

impl Service {
    /// Sets a user's password and ends all their sessions.
    ///
    /// # Errors
    /// [`Error::Denied`] without `idp.user.set_password` and the user's grants,
    /// [`Error::Invalid`], [`Error::NotFound`], [`Error::Busy`], and the store's.
    pub async fn set_password(
        &self,
        name: &str,
        password: Zeroizing<String>,
        caller: &Caller,
    ) -> Result<(), Error> {
        let user = self.user_to_administer(name, SET, caller).await?;
        self.write_password(user, password, By::Administrator, caller)
            .await
    }

    /// Makes a link with which a user sets a password, once. Earlier links end.
    ///
    /// # Errors
    /// [`Error::Denied`] without `idp.user.set_password` and the user's grants,
    /// [`Error::NotFound`], and the store's.
    pub async fn password_link(&self, name: &str, caller: &Caller) -> Result<PasswordLink, Error> {
        let user = self.user_to_administer(name, LINK, caller).await?;
        let now = self.now();
        let token = random::token();
        let link = PasswordLink {
            url: format!(
                "{}/account/set-password?token={token}",
                self.0.config.issuer
            ),
            expires_at: now + self.0.config.password_link_lifetime,
        };
        let expires_at = link.expires_at;
        let entry = Entry::new(
            LINK,
            caller,
            Party::person(format!("user:{}", user.name)),
            now,
        );
        let token_hash = digest(&token);
        self.0
            .store
            .transact(move |tx| {
                let (user, entry) = (user.clone(), entry.clone());
                Box::pin(async move {
                    if store::users::by_id_in(tx, &user.id).await?.is_none() {
                        return Err(no_user(&user.name));
                    }
                    store::links::delete_of_user(tx, &user.id).await?;
                    store::links::insert(tx, token_hash, &user.id, expires_at).await?;
                    tx.audit(entry);
                    Ok(())
                })
            })
            .await?;
        Ok(link)
    }

    /// The user of that name, where the caller may set their password: both acts need
    /// `idp.user.set_password`.
    async fn user_to_administer(
        &self,
        name: &str,
        action: &'static str,
        caller: &Caller,
    ) -> Result<User, Error> {
        let subject = user_subject(name);
        self.authorize(caller, SET, &subject).await?;
        let user = self.require_user(name).await?;
        self.authorize_grants(caller, action, &subject, &user.grants)
            .await?;
        Ok(user)
    }

    /// Whose password a link sets, while it is good.
    pub(crate) async fn find_password_link(&self, token: &str) -> Result<Option<User>, Error> {
        let Some(user_id) = store::links::find(&self.0.store, digest(token), self.now()).await?
        else {
            return Ok(None);
        };
        let user = store::users::by_id(&self.0.store, &user_id).await?;
        Ok(user.filter(|user| user.disabled_at.is_none()))
    }

    /// Sets a password by a link and uses the link up.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the link is not good (any more), [`Error::Invalid`], and others.
    pub(crate) async fn set_password_by_link(
        &self,
        token: &str,
        password: Zeroizing<String>,
        caller: &Caller,
    ) -> Result<(), Error> {
        let user = self.find_password_link(token).await?.ok_or_else(no_link)?;
        self.write_password(user, password, By::Link(digest(token)), caller)
            .await
    }

    /// Changes one's own password; the other sessions end.
    ///
    /// # Errors
    /// [`Error::WrongCredentials`], [`Error::Throttled`], [`Error::Invalid`], and others.
    pub(crate) async fn change_own_password(
        &self,
        session: &Session,
        current: Zeroizing<String>,
        new: Zeroizing<String>,
        caller: &Caller,
    ) -> Result<(), Error> {
        let user = session.user.clone();
        check_strength(&new, &user.name)?;
        let counted = self.count_attempt(Some(&user.name), caller).await?;
        let person = Party::person(format!("user:{}", user.name));
        let verified = self.0.passwords.verify(current, user.password.clone());
        if !self.unless_uncounted(verified.await, &counted).await? {
            let entry = Entry::new(SET, caller, person.clone(), self.now())
                .by(person)
                .refused("wrong password");
            self.0.store.record(entry).await?;
            return Err(Error::WrongCredentials);
        }
        self.0
            .store
            .transact(move |tx| {
                let counted = counted.clone();
                Box::pin(async move { counted.succeeded(tx).await })
            })
            .await
            .map_err(Error::Store)?;
        let by = By::Own {
            session: session.id.clone(),
            proved: user.password.clone(),
        };
        self.write_password(user, new, by, caller).await
    }

    async fn write_password(
        &self,
        user: User,
        password: Zeroizing<String>,
        by: By,
        caller: &Caller,
    ) -> Result<(), Error> {
        check_strength(&password, &user.name)?;
        let password = self.0.passwords.hash(password).await?;
        let now = self.now();
        let person = Party::person(format!("user:{}", user.name));
        let mut entry = Entry::new(SET, caller, person.clone(), now);
        match by {
            By::Administrator => {}
            By::Link(_) => entry = entry.by(person).with("by", "link"),
            By::Own { .. } => entry = entry.by(person).with("by", "user"),
        }
        self.0
            .store
            .transact(move |tx| {
                let (user, entry, password, by) =
                    (user.clone(), entry.clone(), password.clone(), by.clone());
                Box::pin(async move {
                    let kept = by.check(tx, &user, now).await?;
                    if !store::users::set_password(tx, &user.id, &password, now).await? {
                        return Err(no_user(&user.name));
                    }
                    store::end_all(tx, &user.id, kept.as_deref(), now).await?;
                    if !matches!(by, By::Link(_)) {
                        store::links::delete_of_user(tx, &user.id).await?;
                    }
                    tx.audit(entry);
                    Ok(())
                })
            })
            .await
    }
}

fn no_link() -> Error {
    Error::NotFound("such link, or it was used or is too old".to_owned())
}
