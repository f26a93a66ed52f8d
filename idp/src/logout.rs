//! Signing out at a client's wish (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;

use crate::{Client, Error, Service, Session, model::append_query, params::Params};

/// A logout request that was understood.
#[derive(Debug)]
pub(crate) struct LogoutRequest {
    pub(crate) client: Option<Arc<Client>>,
    /// Where the browser goes afterwards, with `state`.
    pub(crate) return_to: Option<String>,
    /// True where the client proved that it speaks of this session's user: no question is needed.
    pub(crate) proved: bool,
}

/// Why a logout request was refused, for the page that says so.
#[derive(Debug)]
pub(crate) enum Refusal {
    Page(&'static str),
    Failed(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Service {
    /// Reads a logout request (§2) for a browser with this session.
    pub(crate) async fn read_logout_request(
        &self,
        params: &Params,
        session: Option<&Session>,
    ) -> Result<LogoutRequest, Refusal> {
        let hint = match params.get("id_token_hint") {
            None => None,
            Some(token) => Some(self.read_id_hint(token).ok_or(Refusal::Page(
                "id_token_hint is not an ID token of this server",
            ))?),
        };
        let client_id = match (&hint, params.get("client_id")) {
            (Some(hint), Some(client_id)) if hint.aud != client_id => {
                return Err(Refusal::Page("client_id is not that of id_token_hint"));
            }
            (Some(hint), _) => Some(hint.aud.as_str()),
            (None, client_id) => client_id,
        };
        let client = match client_id {
            None => None,
            Some(client_id) => Some(
                self.find_client(client_id)
                    .await?
                    .ok_or(Refusal::Page("this client is not registered"))?,
            ),
        };
        let return_to = match (params.get("post_logout_redirect_uri"), &client) {
            (None, _) => None,
            (Some(uri), Some(client))
                if client
                    .post_logout_redirect_uris
                    .iter()
                    .any(|known| known == uri) =>
            {
                Some(with_state(uri, params.get("state")))
            }
            (Some(_), Some(_)) => {
                return Err(Refusal::Page(
                    "post_logout_redirect_uri is not registered for this client",
                ));
            }
            (Some(_), None) => {
                return Err(Refusal::Page(
                    "post_logout_redirect_uri needs id_token_hint or client_id",
                ));
            }
        };
        let proved = match (&hint, session) {
            (Some(hint), Some(session)) => {
                hint.sub == session.user.id
                    && hint.sid.as_ref().is_none_or(|sid| *sid == session.id)
            }
            // Nobody is signed in: there is nothing to ask.
            (_, None) => true,
            (None, Some(_)) => false,
        };
        Ok(LogoutRequest {
            client,
            return_to,
            proved,
        })
    }
}

fn with_state(uri: &str, state: Option<&str>) -> String {
    match state {
        None => uri.to_owned(),
        Some(state) => append_query(uri, &[("state", state)]),
    }
}
