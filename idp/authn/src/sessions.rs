//! Sessions: the one behind a cookie, lists of them, and their end.

use std::time::Duration;

use platform::audit::AuditSink as _;
use platform::{
    Caller,
    audit::{Entry, Party},
};

use crate::{
    Error, Service,
    model::{Session, SessionInfo, digest},
    permission::user_subject,
    store,
};

/// How often at most a session's last use is written down.
const TOUCH: Duration = Duration::from_secs(60);

const END: &str = "idp.session.end";

impl Service {
    /// The session behind a cookie, while it is good and its user may sign in.
    pub(crate) async fn find_session(&self, token: &str) -> Result<Option<Session>, Error> {
        let Some(session) = store::sessions::by_token(&self.0.store, digest(token)).await? else {
            return Ok(None);
        };
        let now = self.now();
        let good = session.expires_at > now
            && session.last_seen_at + self.0.config.session_idle > now
            && session.user.disabled_at.is_none();
        if !good {
            return Ok(None);
        }
        if session.last_seen_at + TOUCH < now {
            let id = session.id.clone();
            self.0
                .store
                .transact(move |tx| {
                    let id = id.clone();
                    Box::pin(async move { store::sessions::touch(tx, &id, now).await })
                })
                .await
                .map_err(Error::Store)?;
        }
        Ok(Some(session))
    }

    /// Ends a session at the wish of its own user.
    pub(crate) async fn end_own_session(
        &self,
        id: &str,
        session: &Session,
        caller: &Caller,
    ) -> Result<(), Error> {
        let person = Party::person(format!("user:{}", session.user.name));
        let entry = Entry::new("idp.sign_out", caller, person.clone(), self.now())
            .by(person)
            .with("session", id);
        let (id, user_id) = (id.to_owned(), session.user.id.clone());
        self.0
            .store
            .transact(move |tx| {
                let (id, user_id, entry) = (id.clone(), user_id.clone(), entry.clone());
                Box::pin(async move {
                    if store::sessions::delete(tx, &id, &user_id).await? {
                        tx.audit(entry);
                    }
                    Ok::<_, Error>(())
                })
            })
            .await
    }

    /// A user's own sessions.
    pub(crate) async fn own_sessions(&self, session: &Session) -> Result<Vec<SessionInfo>, Error> {
        Ok(store::sessions::of_user(&self.0.store, &session.user.id, self.now()).await?)
    }

    /// The sessions of a user.
    ///
    /// # Errors
    /// [`Error::Denied`] without `idp.session.read`, [`Error::NotFound`], and the store's.
    pub async fn list_sessions(
        &self,
        name: &str,
        caller: &Caller,
    ) -> Result<Vec<SessionInfo>, Error> {
        caller.require("idp.session.read")?;
        let user = self.require_user(name).await?;
        Ok(store::sessions::of_user(&self.0.store, &user.id, self.now()).await?)
    }

    /// Ends all sessions of a user, and revokes the refresh tokens that came from
    /// them; how many sessions there were.
    ///
    /// # Errors
    /// [`Error::Denied`] without `idp.session.end`, [`Error::NotFound`], and the store's.
    pub async fn end_sessions(&self, name: &str, caller: &Caller) -> Result<u64, Error> {
        let subject = user_subject(name);
        self.authorize(caller, END, &subject).await?;
        let user = self.require_user(name).await?;
        self.authorize_grants(caller, END, &subject, &user.grants)
            .await?;
        let now = self.now();
        let caller = caller.clone();
        self.0
            .store
            .transact(move |tx| {
                let (user, caller, subject) = (user.clone(), caller.clone(), subject.clone());
                Box::pin(async move {
                    let ended = store::end_all(tx, &user.id, None, now).await?;
                    tx.audit(
                        Entry::new(END, &caller, subject, now)
                            .with("sessions", ended.sessions)
                            .with("refresh_families", ended.families),
                    );
                    Ok(ended.sessions)
                })
            })
            .await
    }
}
