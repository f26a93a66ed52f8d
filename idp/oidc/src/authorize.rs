//! Authorization requests: understood, or rejected in the right place; then decided: a
//! code, a sign-in, a question, or an error.
//!
//! A request whose user is signed in already is answered at once. Any other is stored as
//! an interaction, and its sign-in, its question and its answer work on that.

use std::sync::Arc;

use idp_authn::{
    Session, interactions,
    model::{Interaction, Missing, NewInteraction, SignInPage},
};
use oauth::{
    AnswerMode, AuthorizationRequest, ErrorCode, Params, ParamsError, RequestError, Scope,
    form_action_source,
};
use platform_access::Caller;
use platform_log::{AuditSink as _, Entry};

use crate::{
    Client, Error, Oidc,
    actions::acts::CODE_ISSUE,
    client_cache::find_client,
    issue_code::{Issued, issue_code},
    next_step::{Progress, Step, next_step},
    validate_request::{Rejection, ValidRequest, validate},
};

/// The path that takes a user's answer to the question of an authorization request.
const CONSENT: &str = "/oauth2/consent";

/// The path where interactions of authorization requests continue.
const CONTINUE: &str = "/oauth2/continue";

/// What follows from a valid request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The client receives a code.
    Code { answer: AnswerMode, code: String },
    /// The user must sign in (again), for the interaction with this id.
    SignIn(String),
    /// The user must be asked.
    Consent(Question),
}

/// What the consent page asks.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) interaction_id: String,
    pub(crate) client: Arc<Client>,
    pub(crate) scope: Scope,
    pub(crate) redirect_uri: String,
}

/// Answers an authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1,
/// RFC 7636 §4.3) from a browser with this session. A `fault` of its parameters is the
/// client's to know, if client and redirect URI are good.
pub(crate) async fn authorize(
    oidc: &Oidc,
    caller: &Caller,
    params: &Params,
    fault: Option<&ParamsError>,
    session: Option<&Session>,
) -> Result<Outcome, Rejection> {
    let (client, valid) = validate(oidc, params, fault).await?;
    let missing = match next_step(&valid, session, None, oidc.now()) {
        Step::Issue(session) => {
            match issue_code(oidc, caller, &client, &valid, session, None).await? {
                Issued::Code(code) => return Ok(respond(code, valid)),
                // The error is for the client: no page may be shown.
                _ if valid.request.prompt.none => {
                    let description = "nobody is signed in";
                    let error = valid.request.reject(ErrorCode::LoginRequired, description);
                    return Err(error.into());
                }
                Issued::SessionEnded | Issued::AlreadyAnswered => Missing::SignIn,
            }
        }
        Step::Missing(missing) => missing,
        Step::Reject(code, description) => {
            return Err(valid.request.reject(code, description).into());
        }
    };
    let new = NewInteraction {
        request: serde_json::to_string(&valid)
            .map_err(|error| Error::Internal(error.to_string()))?,
        page: sign_in_page(&client, &valid.request),
        missing,
        session_id: asked(missing, session),
    };
    let started = interactions::start(&oidc.0.authn, new).await;
    let id = started.map_err(Error::Store)?;
    Ok(ask(missing, id, client, valid))
}

/// Continues an interaction: after a sign-in, or with the user's consent.
pub(crate) async fn resume(
    oidc: &Oidc,
    caller: &Caller,
    interaction_id: &str,
    session: Option<&Session>,
    consented: bool,
) -> Result<Outcome, Rejection> {
    let (interaction, client, valid) = load(oidc, interaction_id).await?;
    let progress = Progress {
        interaction: &interaction,
        consented: consented && session.is_some_and(|session| was_asked(&interaction, session)),
    };
    let missing = match next_step(&valid, session, Some(progress), oidc.now()) {
        Step::Issue(session) => {
            let id = Some(interaction_id);
            match issue_code(oidc, caller, &client, &valid, session, id).await? {
                Issued::Code(code) => return Ok(respond(code, valid)),
                Issued::AlreadyAnswered => return Err(Rejection::Expired),
                Issued::SessionEnded => Missing::SignIn,
            }
        }
        Step::Missing(missing) => missing,
        Step::Reject(code, description) => {
            let entry = refusal(oidc, caller, &client, session, description);
            end(oidc, interaction_id, entry).await?;
            return Err(valid.request.reject(code, description).into());
        }
    };
    let asked = asked(missing, session);
    if missing != interaction.missing || asked.is_some() && asked != interaction.session_id {
        interactions::set_missing(&oidc.0.authn, interaction_id, missing, asked)
            .await
            .map_err(Error::Store)?;
    }
    Ok(ask(missing, interaction_id.to_owned(), client, valid))
}

/// The user did not want to sign in, or said no: ends the interaction and returns the error for the client.
pub(crate) async fn deny(
    oidc: &Oidc,
    caller: &Caller,
    interaction_id: &str,
    session: Option<&Session>,
) -> Result<RequestError, Rejection> {
    let (interaction, client, valid) = load(oidc, interaction_id).await?;
    let (session, description) = match interaction.missing {
        // No user is known yet: the interaction's id is the right to end it.
        Missing::SignIn => (None, "the user did not sign in"),
        Missing::Consent => {
            let session = session.filter(|session| was_asked(&interaction, session));
            let session = session.ok_or(Rejection::Expired)?;
            (Some(session), "the user did not allow it")
        }
    };
    let entry = refusal(oidc, caller, &client, session, description);
    end(oidc, interaction_id, entry).await?;
    Ok(valid.request.reject(ErrorCode::AccessDenied, description))
}

/// The entry for a code that a session's user does not get.
fn refusal(
    oidc: &Oidc,
    caller: &Caller,
    client: &Client,
    session: Option<&Session>,
    cause: &str,
) -> Entry {
    let entry = caller
        .entry(CODE_ISSUE, &client.resource(), oidc.now())
        .refused(cause);
    match session {
        None => entry,
        Some(session) => entry
            .with_actor(session.user.principal())
            .with("session", session.id.as_str()),
    }
}

/// Ends an interaction without a code and commits the entry of that, once.
async fn end(oidc: &Oidc, interaction_id: &str, entry: Entry) -> Result<(), Rejection> {
    let id = interaction_id.to_owned();
    let ended: Result<bool, Error> = oidc
        .0
        .store
        .transact(async move |tx| {
            let ended = interactions::finish(tx, &id).await?;
            if ended {
                tx.audit(entry.clone());
            }
            Ok(ended)
        })
        .await;
    ended?.then_some(()).ok_or(Rejection::Expired)
}

/// The session whose user is asked.
fn asked(missing: Missing, session: Option<&Session>) -> Option<String> {
    let session = session.filter(|_| missing == Missing::Consent);
    session.map(|session| session.id.clone())
}

/// Whether the user of this session was asked: another's answer does not count.
fn was_asked(interaction: &Interaction, session: &Session) -> bool {
    interaction.missing == Missing::Consent && interaction.session_id.as_ref() == Some(&session.id)
}

fn respond(code: String, valid: ValidRequest) -> Outcome {
    Outcome::Code {
        answer: valid.request.answer,
        code,
    }
}

fn ask(missing: Missing, id: String, client: Arc<Client>, valid: ValidRequest) -> Outcome {
    match missing {
        Missing::SignIn => Outcome::SignIn(id),
        Missing::Consent => Outcome::Consent(Question {
            interaction_id: id,
            client,
            scope: Scope::parse(&valid.granted_scope),
            redirect_uri: valid.request.answer.redirect_uri,
        }),
    }
}

/// The stored interaction with its request and its client, which may have changed since.
async fn load(
    oidc: &Oidc,
    interaction_id: &str,
) -> Result<(Interaction, Arc<Client>, ValidRequest), Rejection> {
    let interaction = interactions::find(&oidc.0.authn, interaction_id)
        .await
        .map_err(Error::Store)?
        .ok_or(Rejection::Expired)?;
    let valid: ValidRequest = serde_json::from_str(&interaction.request)
        .map_err(|error| Error::Internal(format!("a stored interaction: {error}")))?;
    let client = find_client(oidc, &valid.request.client_id).await?;
    match client {
        Some(client) if client.has_redirect_uri(&valid.request.answer.redirect_uri) => {
            Ok((interaction, client, valid))
        }
        _ => Err(Rejection::Expired),
    }
}

/// What the sign-in page shows, and where redirects after its form lead: to this request's
/// redirect URI and nowhere else.
fn sign_in_page(client: &Client, request: &AuthorizationRequest) -> SignInPage {
    SignInPage {
        client: Some(client.name.clone()),
        login_hint: request.login_hint.clone(),
        form_action: form_action_source(&request.answer.redirect_uri)
            .into_iter()
            .collect(),
        continue_at: CONTINUE.to_owned(),
        decline_at: Some(CONSENT.to_owned()),
    }
}
