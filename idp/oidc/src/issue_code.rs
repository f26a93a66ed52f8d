//! Issuing an authorization code.

use crypto::OpaqueToken;
use idp_authn::{Session, interactions};
use platform_access::Caller;
use platform_log::{AuditSink as _, Entry};
use platform_store::{AppendBatch, StoreError};

use crate::{
    Client, Error, Oidc, actions::acts::CODE_ISSUE, model::Code, store,
    validate_request::ValidRequest,
};

/// What came of it.
pub(crate) enum Issued {
    /// The code.
    Code(String),
    /// The session was ended meanwhile: the user must sign in.
    SessionEnded,
    /// The interaction was answered meanwhile.
    AlreadyAnswered,
}

/// Issues a code for a request for which nothing is missing.
///
/// # Errors
/// The store's.
pub(crate) async fn issue_code(
    oidc: &Oidc,
    caller: &Caller,
    client: &Client,
    valid: &ValidRequest,
    session: &Session,
    interaction_id: Option<&str>,
) -> Result<Issued, Error> {
    let now = oidc.now();
    let token = OpaqueToken::new(now.as_millisecond());
    let request = &valid.request;
    let code = Code {
        key: token.key(),
        client_id: client.id.clone(),
        user_id: session.user.id.clone(),
        session_id: session.id.clone(),
        redirect_uri: request.answer.redirect_uri.clone(),
        scope: valid.granted_scope.clone(),
        resource: request.resource.clone(),
        nonce: request.nonce.clone(),
        code_challenge: request.code_challenge.clone(),
        authentication: session.authentication.clone(),
        expires_at: now + oidc.0.config.code_lifetime,
    };
    let entry = caller
        .entry(CODE_ISSUE, &client.resource(), now)
        .with_actor(session.user.principal())
        .with("grant", code.grant_id())
        .with("session", session.id.as_str())
        .with("scope", code.scope.as_str());
    match record(oidc, code.clone(), entry, interaction_id).await {
        Ok(true) => {
            oidc.0.issued_codes.remember(code);
            Ok(Issued::Code(token.text().to_owned()))
        }
        Ok(false) => Ok(Issued::AlreadyAnswered),
        Err(StoreError::MissingParent(_)) => Ok(Issued::SessionEnded),
        Err(error) => Err(error.into()),
    }
}

/// Commits a code with its entry, and ends the interaction that led to it; false if that was
/// answered already.
async fn record(
    oidc: &Oidc,
    code: Code,
    entry: Entry,
    interaction_id: Option<&str>,
) -> Result<bool, StoreError> {
    let store = &oidc.0.store;
    let Some(id) = interaction_id.map(str::to_owned) else {
        // The usual case: new rows, which no other transaction writes.
        let mut rows = AppendBatch::default();
        store::codes::append(&mut rows, code);
        rows.audit(entry);
        return store.append(rows).await.map(|()| true);
    };
    store
        .transact(async move |tx| {
            if !interactions::finish(tx, &id).await? {
                return Ok(false);
            }
            store::codes::append_in(tx, code.clone());
            tx.audit(entry.clone());
            Ok(true)
        })
        .await
}
