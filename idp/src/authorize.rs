//! An authorization request: understood, or refused in the right place; then
//! decided: a code, a sign-in, a question, or an error.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    Error, GrantType, OAuthCode, Scope, ScopeValue, Service, Session,
    model::{AuthorizationRequest, Prompt, ResponseMode, digest},
    params::Params,
};

/// How long a sign-in that was made for a request is one for it: the page that leads on
/// follows at once, unless the user is asked for consent.
const FRESH: Duration = Duration::from_secs(5 * 60);

/// Why a request was refused.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Client or redirect URI are not good: the user is told, nobody is sent
    /// anywhere (RFC 6749 §4.1.2.1).
    Page {
        code: OAuthCode,
        description: &'static str,
    },
    /// The client is told, at its redirect URI.
    Back(Box<Answer>),
    /// The server cannot.
    Failed(Error),
}

/// What is sent to a client's redirect URI.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) redirect_uri: String,
    pub(crate) response_mode: ResponseMode,
    pub(crate) state: Option<String>,
    pub(crate) outcome: Result<String, (OAuthCode, String)>,
}

/// What becomes of a good request.
#[derive(Debug)]
pub(crate) enum Decision {
    /// Issue a code; where true, the sign-in that was asked for is used up by it.
    Issue { uses_freshness: bool },
    /// The user must sign in (again).
    SignIn,
    /// The user must be asked.
    Consent,
    /// The client is told no.
    Refuse(OAuthCode, &'static str),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Service {
    /// Reads an authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1, RFC 7636 §4.3).
    pub(crate) async fn read_authorization_request(
        &self,
        params: &Params,
    ) -> Result<AuthorizationRequest, Refusal> {
        let page = |code, description| Refusal::Page { code, description };
        let client_id = params
            .get("client_id")
            .ok_or_else(|| page(OAuthCode::InvalidRequest, "client_id is missing"))?;
        let client = self
            .find_client(client_id)
            .await?
            .ok_or_else(|| page(OAuthCode::InvalidClient, "this client is not registered"))?;
        let redirect_uri = params
            .take("redirect_uri")
            .ok_or_else(|| page(OAuthCode::InvalidRequest, "redirect_uri is missing"))?;
        if !client.has_redirect_uri(&redirect_uri) {
            return Err(page(
                OAuthCode::InvalidRequest,
                "redirect_uri is not registered for this client",
            ));
        }

        // From here on the client hears of its errors itself.
        let state = params.take("state");
        let response_mode = params
            .get("response_mode")
            .map_or(Some(ResponseMode::Query), ResponseMode::parse);
        let back = |code: OAuthCode, description: &str| {
            Refusal::Back(Box::new(Answer {
                redirect_uri: redirect_uri.clone(),
                response_mode: response_mode.unwrap_or_default(),
                state: state.clone(),
                outcome: Err((code, description.to_owned())),
            }))
        };
        let invalid = |description: &str| back(OAuthCode::InvalidRequest, description);
        for (name, code) in [
            ("request", OAuthCode::RequestNotSupported),
            ("request_uri", OAuthCode::RequestUriNotSupported),
            ("registration", OAuthCode::RegistrationNotSupported),
        ] {
            if params.get(name).is_some() {
                return Err(back(code, "this parameter is not supported"));
            }
        }
        let Some(response_mode) = response_mode else {
            return Err(invalid("response_mode is query or form_post"));
        };
        match params.get("response_type") {
            Some("code") => {}
            Some(_) => {
                return Err(back(
                    OAuthCode::UnsupportedResponseType,
                    "response_type is code",
                ));
            }
            None => return Err(invalid("response_type is missing")),
        }
        if !client.may(GrantType::AuthorizationCode) {
            return Err(back(
                OAuthCode::UnauthorizedClient,
                "this client is not registered for the code flow",
            ));
        }
        let code_challenge = params.take("code_challenge");
        match (&code_challenge, params.get("code_challenge_method")) {
            (Some(challenge), Some("S256")) if is_challenge(challenge) => {}
            (Some(_), Some("S256")) => {
                return Err(invalid("code_challenge is 43 characters of base64url"));
            }
            (Some(_), _) => return Err(invalid("code_challenge_method is S256")),
            (None, Some(_)) => return Err(invalid("code_challenge is missing")),
            (None, None) if client.is_public() => {
                return Err(invalid("a public client sends code_challenge (PKCE)"));
            }
            (None, None) => {}
        }
        let prompt = Prompt::parse(params.get("prompt").unwrap_or_default())
            .ok_or_else(|| invalid("prompt is none, or of login, consent and select_account"))?;
        let max_age = match params.get("max_age").map(str::parse::<u32>) {
            None => None,
            Some(Ok(seconds)) => Some(i64::from(seconds)),
            Some(Err(_)) => return Err(invalid("max_age is a number of seconds")),
        };
        let mut scope = Scope::parse(params.get("scope").unwrap_or_default());
        if !client.may(GrantType::RefreshToken) {
            scope = scope.without(ScopeValue::OfflineAccess);
        }
        if client.grants.to_string().is_empty() {
            scope = scope.without(ScopeValue::Api);
        }
        if scope.is_empty() {
            return Err(back(
                OAuthCode::InvalidScope,
                "scope names nothing that this server knows",
            ));
        }
        let resource = params.take("resource");
        self.check_resource(&client, resource.as_deref(), &scope)
            .map_err(|_| {
                back(
                    OAuthCode::InvalidTarget,
                    "resource is not registered for this client",
                )
            })?;
        let expected_user = match params.get("id_token_hint") {
            None => None,
            Some(token) => {
                let hint = self
                    .read_id_hint(token)
                    .ok_or_else(|| invalid("id_token_hint is not an ID token of this server"))?;
                Some(hint.sub)
            }
        };
        Ok(AuthorizationRequest {
            redirect_uri: redirect_uri.clone(),
            response_mode,
            scope,
            state: state.clone(),
            nonce: params.take("nonce"),
            code_challenge,
            prompt,
            max_age,
            expected_user,
            resource,
            digest: digest(&params.to_query()),
            client,
        })
    }

    /// What becomes of `request` in a browser with this session.
    pub(crate) fn decide(
        &self,
        request: &AuthorizationRequest,
        session: Option<&Session>,
        approved: bool,
    ) -> Decision {
        let signed_in = session.and_then(|session| sign_in_suffices(request, session, self.now()));
        match (signed_in, request.prompt) {
            (None, Prompt { none: true, .. }) => {
                Decision::Refuse(OAuthCode::LoginRequired, "nobody is signed in")
            }
            (None, _) => Decision::SignIn,
            // A registered client has its administrator's consent; the user is
            // asked where the client wants it.
            (Some(_), Prompt { consent: true, .. }) if !approved => Decision::Consent,
            (Some(uses_freshness), _) => Decision::Issue { uses_freshness },
        }
    }
}

impl AuthorizationRequest {
    /// The answer that tells the client no.
    pub(crate) fn refuse(&self, code: OAuthCode, description: &str) -> Answer {
        self.answer(Err((code, description.to_owned())))
    }

    pub(crate) fn answer(&self, outcome: Result<String, (OAuthCode, String)>) -> Answer {
        Answer {
            redirect_uri: self.redirect_uri.clone(),
            response_mode: self.response_mode,
            state: self.state.clone(),
            outcome,
        }
    }
}

/// Whether the sign-in behind `session` is good enough; `Some(true)` where it
/// was made for this very request and is used up by it.
fn sign_in_suffices(
    request: &AuthorizationRequest,
    session: &Session,
    now: Timestamp,
) -> Option<bool> {
    if request
        .expected_user
        .as_ref()
        .is_some_and(|expected| *expected != session.user.id)
    {
        return None;
    }
    let too_old = request.max_age.is_some_and(|seconds| {
        session.auth_time + Duration::from_secs(seconds.unsigned_abs()) < now
    });
    let fresh = session.fresh_for.as_deref() == Some(&request.digest[..])
        && session.auth_time + FRESH > now;
    let asks_for_a_new_one = request.prompt.login || request.max_age.is_some();
    if fresh && asks_for_a_new_one {
        return Some(true);
    }
    (!request.prompt.login && !too_old).then_some(false)
}

/// RFC 7636 §4.2: the base64url of a SHA-256.
fn is_challenge(text: &str) -> bool {
    text.len() == 43
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
