//! Signing out at a client's request (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;

use idp_authn::Session;
use oauth::{Params, append_query};

use crate::{
    Client, Error, Oidc, claims::IdHint, client_cache::find_client, issue_tokens::read_id_hint,
};

/// A valid logout request.
#[derive(Debug)]
pub(crate) struct LogoutRequest {
    pub(crate) client: Option<Arc<Client>>,
    /// Where the browser goes afterwards, with `state`.
    pub(crate) return_to: Option<String>,
    /// Whether the client proved that it speaks of this session's user, so that the user
    /// need not be asked.
    pub(crate) proved: bool,
}

/// Why a logout request was rejected.
#[derive(Debug)]
pub(crate) enum LogoutRejection {
    /// The user sees a page with this text.
    Page(String),
    /// The server cannot.
    Failed(Error),
}

impl From<Error> for LogoutRejection {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Reads a logout request (§2) for a browser with this session.
pub(crate) async fn read_logout_request(
    oidc: &Oidc,
    params: &Params,
    session: Option<&Session>,
) -> Result<LogoutRequest, LogoutRejection> {
    let hint = match params.get("id_token_hint") {
        None => None,
        Some(token) => {
            let hint = read_id_hint(oidc, token).await;
            let invalid = || page("id_token_hint is not an ID token of this server");
            Some(hint.ok_or_else(invalid)?)
        }
    };
    let client = client(oidc, params, hint.as_ref()).await?;
    let return_to = return_to(params, client.as_deref())?;
    let proved = match (&hint, session) {
        (Some(hint), Some(session)) => {
            hint.sub == session.user.id && hint.sid.as_ref().is_none_or(|sid| *sid == session.id)
        }
        // Nobody is signed in, so there is nothing to ask.
        (_, None) => true,
        (None, Some(_)) => false,
    };
    Ok(LogoutRequest {
        client,
        return_to,
        proved,
    })
}

async fn client(
    oidc: &Oidc,
    params: &Params,
    hint: Option<&IdHint>,
) -> Result<Option<Arc<Client>>, LogoutRejection> {
    let client_id = match (hint, params.get("client_id")) {
        (Some(hint), Some(client_id)) if hint.aud != client_id => {
            return Err(page("client_id is not that of id_token_hint"));
        }
        (Some(hint), _) => hint.aud.as_str(),
        (None, Some(client_id)) => client_id,
        (None, None) => return Ok(None),
    };
    match find_client(oidc, client_id).await? {
        Some(client) => Ok(Some(client)),
        None => Err(page("this client is not registered")),
    }
}

fn return_to(params: &Params, client: Option<&Client>) -> Result<Option<String>, LogoutRejection> {
    let Some(uri) = params.get("post_logout_redirect_uri") else {
        return Ok(None);
    };
    let Some(client) = client else {
        return Err(page(
            "post_logout_redirect_uri needs id_token_hint or client_id",
        ));
    };
    if !client
        .post_logout_redirect_uris
        .iter()
        .any(|known| known == uri)
    {
        return Err(page(
            "post_logout_redirect_uri is not registered for this client",
        ));
    }
    Ok(Some(match params.get("state") {
        None => uri.to_owned(),
        Some(state) => append_query(uri, &[("state", state)]),
    }))
}

fn page(description: &str) -> LogoutRejection {
    LogoutRejection::Page(description.to_owned())
}
