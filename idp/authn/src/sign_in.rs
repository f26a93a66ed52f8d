//! Signing in with a password.

use crypto::random;
use platform::audit::{AuditSink as _, RecordEntry as _};
use platform::{
    Caller,
    audit::{Entry, Party},
};
use zeroize::Zeroizing;

use crate::{
    Error, Service, UserName,
    model::digest,
    password::MAX_LENGTH,
    store::{self, sessions::NewSession},
};

/// What the sign-in form brought.
pub(crate) struct Credentials {
    pub(crate) username: String,
    pub(crate) password: Zeroizing<String>,
    /// The authorization request that waits for this sign-in.
    pub(crate) request: Option<[u8; 32]>,
    /// The session that the browser had before; it ends.
    pub(crate) previous_token: Option<String>,
    pub(crate) user_agent: Option<String>,
}

impl Service {
    /// Checks a password and starts a session; the answer is its token.
    ///
    /// Unknown users, disabled users and wrong passwords get the same answer
    /// after the same work.
    ///
    /// # Errors
    /// [`Error::WrongCredentials`], [`Error::Throttled`], [`Error::Busy`] and the store's.
    pub(crate) async fn sign_in(
        &self,
        credentials: Credentials,
        caller: &Caller,
    ) -> Result<String, Error> {
        let typed = credentials.username.trim().to_lowercase();
        let counted = self.count_attempt(Some(&typed), caller).await?;

        // A name that nobody can have is looked up all the same.
        let name = UserName::parse(&typed)
            .map_or_else(|_| "?".to_owned(), |name| name.as_str().to_owned());
        let found = store::users::by_name(&self.0.store, &name).await;
        let user = self
            .unless_uncounted(found.map_err(Error::Store), &counted)
            .await?;
        let stored = user.as_ref().and_then(|user| user.password.clone());
        let proved = stored.clone().unwrap_or_default();
        let fits = credentials.password.len() <= MAX_LENGTH;
        let verified = self.0.passwords.verify(credentials.password, stored).await;
        let good = self.unless_uncounted(verified, &counted).await? && fits;
        let now = self.now();
        let user = match user {
            Some(user) if good && user.disabled_at.is_none() => user,
            refused => {
                let (who, cause) = match refused {
                    Some(user) if user.disabled_at.is_some() => (user.name, "user is disabled"),
                    Some(user) => (user.name, "wrong password"),
                    None => ("unknown".to_owned(), "unknown user"),
                };
                let subject = Party::person(format!("user:{who}"));
                let entry = Entry::new("idp.sign_in", caller, subject, now).refused(cause);
                self.0.store.record(entry).await?;
                metrics::counter!("xinshu_idp_sign_ins_total", "outcome" => "refused").increment(1);
                return Err(Error::WrongCredentials);
            }
        };

        let token = random::token();
        let session = NewSession {
            id: random::id(),
            token_hash: digest(&token),
            user_id: user.id.clone(),
            now,
            expires_at: now + self.0.config.session_lifetime,
            fresh_for: credentials.request.map(Vec::from),
            address: caller.address.map(|address| address.to_string()),
            user_agent: credentials.user_agent,
        };
        let person = Party::person(format!("user:{}", user.name));
        let entry = Entry::new("idp.sign_in", caller, person.clone(), now)
            .by(person)
            .with("session", session.id.as_str())
            .with("amr", vec!["pwd"]);
        let previous = credentials.previous_token.map(|token| digest(&token));
        self.0
            .store
            .transact(move |tx| {
                let (session, entry, counted) = (session.clone(), entry.clone(), counted.clone());
                let proved = proved.clone();
                Box::pin(async move {
                    // The password may have been changed while it was looked at.
                    if !store::users::hold(tx, &session.user_id, &proved).await? {
                        return Err(Error::WrongCredentials);
                    }
                    counted.succeeded(tx).await?;
                    if let Some(previous) = previous {
                        store::sessions::delete_by_token(tx, previous).await?;
                    }
                    store::sessions::insert(tx, &session).await?;
                    tx.audit(entry);
                    Ok::<_, Error>(())
                })
            })
            .await?;
        metrics::counter!("xinshu_idp_sign_ins_total", "outcome" => "success").increment(1);
        Ok(token)
    }
}
