//! Issuing an authorization code.

use crypto::random;
use platform::audit::AuditSink as _;
use platform::{
    Caller,
    audit::{Entry, Party},
    store::Appended,
};

use crate::{
    Error, Service, Session,
    model::{AuthorizationRequest, digest},
    store::{
        self,
        codes::{CODES, Code},
    },
};

impl Service {
    /// A code for a decided request. None where the sign-in that it needed was
    /// used up by another request meanwhile.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn issue_code(
        &self,
        request: &AuthorizationRequest,
        session: &Session,
        uses_freshness: bool,
        caller: &Caller,
    ) -> Result<Option<String>, Error> {
        let token = random::token();
        let now = self.now();
        let code = Code {
            code_hash: digest(&token).to_vec(),
            family_id: random::id(),
            client_id: request.client.id.clone(),
            user_id: session.user.id.clone(),
            session_id: session.id.clone(),
            redirect_uri: request.redirect_uri.clone(),
            scope: request.scope.to_string(),
            resource: request.resource.clone(),
            nonce: request.nonce.clone(),
            code_challenge: request.code_challenge.clone(),
            auth_time: session.auth_time,
            expires_at: now + self.0.config.code_lifetime,
            redeemed: false,
        };
        let subject = Party::thing(format!("client:{}", request.client.id));
        let entry = Entry::new("idp.code.issue", caller, subject, now)
            .by(Party::person(format!("user:{}", session.user.name)))
            .with("family", code.family_id.as_str())
            .with("session", session.id.as_str())
            .with("scope", code.scope.as_str());
        if !uses_freshness {
            // The usual way: two rows that nobody else writes.
            let mut rows = Appended::default();
            rows.row(&CODES, store::codes::row(code));
            rows.audit(entry);
            self.0.store.append(rows).await?;
            return Ok(Some(token));
        }
        let (session_id, request) = (session.id.clone(), request.digest);
        let issued = self
            .0
            .store
            .transact(move |tx| {
                let (code, entry, session_id) = (code.clone(), entry.clone(), session_id.clone());
                Box::pin(async move {
                    if !store::sessions::take_freshness(tx, &session_id, request).await? {
                        return Ok(false);
                    }
                    tx.append(&CODES, store::codes::row(code));
                    tx.audit(entry);
                    Ok::<_, Error>(true)
                })
            })
            .await?;
        Ok(issued.then_some(token))
    }
}
