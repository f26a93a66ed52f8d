//! Authorization requests (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).
//!
//! A request is read in two steps. [`Recipient`] says where a response could be
//! sent; until its client and redirect URI are known to be good, errors are shown
//! to the user and nobody is redirected (RFC 6749 §4.1.2.1). Then
//! [`AuthorizationRequest::parse`] reads the rest, and its errors go to the client.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{
    CodeChallenge, ErrorCode, Params, ParamsError, Scope, request_object::UnverifiedObject,
};

/// Who sent the request and where the response would go, before either was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// `client_id`.
    pub client_id: String,
    /// `redirect_uri`.
    pub redirect_uri: String,
}

/// How a response travels to the client (OAuth 2.0 Multiple Response Types §2.1,
/// OAuth 2.0 Form Post Response Mode).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// Parameters in the redirect URI's query.
    #[default]
    Query,
    /// Parameters in a form that the browser posts.
    FormPost,
}

/// What the client wants the user to be asked (OpenID Connect Core §3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// No page may be shown.
    pub none: bool,
    /// `login` and `select_account`: the user signs in again.
    pub login: bool,
    /// The user confirms what the client will receive.
    pub consent: bool,
}

/// Everything that a response needs from its request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerMode {
    /// Where the response goes; registered for the client.
    pub redirect_uri: String,
    /// How it travels.
    pub response_mode: ResponseMode,
    /// Returned unchanged.
    pub state: Option<String>,
}

/// A well-formed authorization request for a code. It serializes, so that an
/// interaction can store it instead of its query string.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// `client_id`.
    pub client_id: String,
    /// How to respond.
    pub answer: AnswerMode,
    /// `scope` as it was sent.
    pub scope: String,
    /// Returned in the ID token.
    pub nonce: Option<String>,
    /// RFC 7636.
    pub code_challenge: Option<CodeChallenge>,
    /// What the user is to be asked.
    pub prompt: Prompt,
    /// The oldest acceptable authentication, in seconds.
    pub max_age: Option<u32>,
    /// An ID token that names the expected user; not verified here.
    pub id_token_hint: Option<String>,
    /// What to write into the user name's field.
    pub login_hint: Option<String>,
    /// RFC 8707.
    pub resource: Option<String>,
}

/// An error of a request whose recipient is good: the client learns of it at its redirect URI.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", code.name())]
pub struct RequestError {
    /// The registered code.
    pub code: ErrorCode,
    /// For the client's developer.
    pub description: Cow<'static, str>,
    /// How to respond.
    pub answer: AnswerMode,
}

impl Recipient {
    /// Reads `client_id` and `redirect_uri`.
    ///
    /// # Errors
    /// A description of what is missing.
    pub fn parse(params: &Params) -> Result<Self, &'static str> {
        Ok(Self {
            client_id: params
                .get_owned("client_id")
                .ok_or("client_id is missing")?,
            redirect_uri: params
                .get_owned("redirect_uri")
                .ok_or("redirect_uri is missing")?,
        })
    }
}

impl AuthorizationRequest {
    /// Reads a request whose `recipient` was checked, from what was certain of its
    /// parameters and what was not ([`Params::parse_leniently`]).
    ///
    /// # Errors
    /// [`RequestError`], to be sent to the client.
    pub fn parse(
        params: &Params,
        fault: Option<&ParamsError>,
        recipient: Recipient,
    ) -> Result<Self, RequestError> {
        // Request objects are not supported. Their client expects the refusal in the way that
        // the object names, and it may: the redirect URI is the client's whatever it says.
        let object = params.get("request").and_then(UnverifiedObject::read);
        let object = object.unwrap_or_default();
        let response_mode = match object
            .response_mode
            .as_deref()
            .or_else(|| params.get("response_mode"))
        {
            None => Some(ResponseMode::Query),
            Some(name) => ResponseMode::parse(name),
        };
        let answer = AnswerMode {
            redirect_uri: recipient.redirect_uri,
            response_mode: response_mode.unwrap_or_default(),
            state: object.state.or_else(|| params.get_owned("state")),
        };
        let fields = match fault {
            Some(fault) => Err((fault_code(fault), fault.to_string().into())),
            None => Fields::parse(params, response_mode.is_some())
                .map_err(|(code, description)| (code, description.into())),
        };
        match fields {
            Err((code, description)) => Err(RequestError {
                code,
                description,
                answer,
            }),
            Ok(fields) => Ok(Self {
                client_id: recipient.client_id,
                answer,
                scope: params.get_owned("scope").unwrap_or_default(),
                nonce: params.get_owned("nonce"),
                code_challenge: fields.code_challenge,
                prompt: fields.prompt,
                max_age: fields.max_age,
                id_token_hint: params.get_owned("id_token_hint"),
                login_hint: params.get_owned("login_hint"),
                resource: params.get_owned("resource"),
            }),
        }
    }

    /// The scope that was asked for, as a set.
    pub fn scope(&self) -> Scope {
        Scope::parse(&self.scope)
    }

    /// An error for this request's client.
    pub fn reject(&self, code: ErrorCode, description: &'static str) -> RequestError {
        RequestError {
            code,
            description: description.into(),
            answer: self.answer.clone(),
        }
    }
}

/// RFC 8707 §2 allows several resources; a server that issues a token for one at a time
/// refuses them as a target, and any other parameter that is repeated as a request.
fn fault_code(fault: &ParamsError) -> ErrorCode {
    match fault {
        ParamsError::Repeated(name) if name == "resource" => ErrorCode::InvalidTarget,
        _ => ErrorCode::InvalidRequest,
    }
}

/// The parameters that can be wrong.
struct Fields {
    code_challenge: Option<CodeChallenge>,
    prompt: Prompt,
    max_age: Option<u32>,
}

impl Fields {
    fn parse(params: &Params, mode_is_known: bool) -> Result<Self, (ErrorCode, &'static str)> {
        for (name, code) in UNSUPPORTED {
            if params.get(name).is_some() {
                return Err((code, "this parameter is not supported"));
            }
        }
        let invalid = |description| (ErrorCode::InvalidRequest, description);
        if !mode_is_known {
            return Err(invalid("response_mode must be query or form_post"));
        }
        match params.get("response_type") {
            Some("code") => {}
            Some(_) => {
                return Err((
                    ErrorCode::UnsupportedResponseType,
                    "response_type must be code",
                ));
            }
            None => return Err(invalid("response_type is missing")),
        }
        let code_challenge = match (
            params.get("code_challenge"),
            params.get("code_challenge_method"),
        ) {
            (Some(challenge), Some("S256")) => Some(
                CodeChallenge::parse(challenge)
                    .map_err(|_| invalid("code_challenge must be 43 characters of base64url"))?,
            ),
            (Some(_), _) => return Err(invalid("code_challenge_method must be S256")),
            (None, Some(_)) => return Err(invalid("code_challenge is missing")),
            (None, None) => None,
        };
        let prompt = Prompt::parse(params.get("prompt").unwrap_or_default()).ok_or_else(|| {
            invalid("prompt must be none, or a list of login, consent and select_account")
        })?;
        let max_age = params
            .get("max_age")
            .map(str::parse)
            .transpose()
            .map_err(|_| invalid("max_age must be a number of seconds"))?;
        Ok(Self {
            code_challenge,
            prompt,
            max_age,
        })
    }
}

/// Parameters that change what the others mean, so they cannot be ignored.
const UNSUPPORTED: [(&str, ErrorCode); 3] = [
    ("request", ErrorCode::RequestNotSupported),
    ("request_uri", ErrorCode::RequestUriNotSupported),
    ("registration", ErrorCode::RegistrationNotSupported),
];

impl Prompt {
    /// Parses the list; `None` if it has an unknown word, or `none` beside others.
    pub fn parse(list: &str) -> Option<Self> {
        let mut prompt = Self::default();
        for word in list.split(' ').filter(|word| !word.is_empty()) {
            match word {
                "none" => prompt.none = true,
                "login" | "select_account" => prompt.login = true,
                "consent" => prompt.consent = true,
                _ => return None,
            }
        }
        (!prompt.none || (!prompt.login && !prompt.consent)).then_some(prompt)
    }
}

impl ResponseMode {
    /// Parses the registered name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "query" => Some(Self::Query),
            "form_post" => Some(Self::FormPost),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<AuthorizationRequest, RequestError> {
        let (params, fault) = Params::parse_leniently(query.as_bytes());
        let recipient = Recipient::parse(&params).unwrap();
        AuthorizationRequest::parse(&params, fault.as_ref(), recipient)
    }

    const BASE: &str = "client_id=c&redirect_uri=https://a.example/cb&state=xyz";

    #[test]
    fn prompt_none_stands_alone() {
        assert!(Prompt::parse("none").unwrap().none);
        assert!(Prompt::parse("login consent").unwrap().consent);
        assert!(Prompt::parse("none login").is_none());
        assert!(Prompt::parse("create").is_none());
        assert_eq!(Prompt::parse(""), Some(Prompt::default()));
    }

    #[test]
    fn nothing_is_sent_anywhere_without_client_and_redirect_uri() {
        for query in ["", "client_id=c", "redirect_uri=https://a.example"] {
            let params = Params::parse(query.as_bytes()).unwrap();
            assert!(Recipient::parse(&params).is_err(), "{query}");
        }
    }

    #[test]
    fn errors_carry_state_and_response_mode() {
        for (query, code) in [
            ("", ErrorCode::InvalidRequest),
            ("&response_type=token", ErrorCode::UnsupportedResponseType),
            (
                "&response_type=code&request=x",
                ErrorCode::RequestNotSupported,
            ),
            (
                "&response_type=code&prompt=none+login",
                ErrorCode::InvalidRequest,
            ),
            ("&response_type=code&max_age=-1", ErrorCode::InvalidRequest),
            (
                "&response_type=code&code_challenge=x",
                ErrorCode::InvalidRequest,
            ),
            (
                "&response_type=code&code_challenge_method=S256",
                ErrorCode::InvalidRequest,
            ),
        ] {
            let error = parse(&format!("{BASE}&response_mode=form_post{query}")).unwrap_err();
            assert_eq!(error.code, code, "{query}");
            assert_eq!(error.answer.state.as_deref(), Some("xyz"));
            assert_eq!(error.answer.response_mode, ResponseMode::FormPost);
        }
        let error = parse(&format!("{BASE}&response_type=code&response_mode=jwt")).unwrap_err();
        assert_eq!(error.answer.response_mode, ResponseMode::Query);
    }

    #[test]
    fn faults_of_other_parameters_are_the_clients() {
        let long = "x".repeat(9000);
        for (query, code, state) in [
            (
                "resource=a&resource=b",
                ErrorCode::InvalidTarget,
                Some("xyz"),
            ),
            (
                "scope=openid&scope=openid",
                ErrorCode::InvalidRequest,
                Some("xyz"),
            ),
            (
                "unknown=1&unknown=2",
                ErrorCode::InvalidRequest,
                Some("xyz"),
            ),
            ("nonce=%ff", ErrorCode::InvalidRequest, Some("xyz")),
            ("state=2", ErrorCode::InvalidRequest, None),
            (
                &format!("nonce={long}"),
                ErrorCode::InvalidRequest,
                Some("xyz"),
            ),
        ] {
            let query = format!("{BASE}&response_type=code&response_mode=form_post&{query}");
            let error = parse(&query).unwrap_err();
            assert_eq!(error.code, code, "{query}");
            assert_eq!(error.answer.state.as_deref(), state, "{query}");
            assert_eq!(error.answer.response_mode, ResponseMode::FormPost);
        }
        for query in [
            "client_id=c&client_id=c&redirect_uri=https://a.example",
            "redirect_uri=%",
        ] {
            let (params, _) = Params::parse_leniently(query.as_bytes());
            assert!(Recipient::parse(&params).is_err(), "{query}");
        }
    }

    /// OpenID Connect Core §6.1: parameters of the object come before those of the query.
    #[test]
    fn the_refusal_of_a_request_object_travels_as_the_object_says() {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let object = |claims: &str| {
            let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
            format!("{header}.{}.", URL_SAFE_NO_PAD.encode(claims))
        };
        let claims = r#"{"response_mode":"form_post","state":"inside","redirect_uri":"x"}"#;
        for (request, mode, state) in [
            (object(claims), ResponseMode::FormPost, "inside"),
            (
                object(r#"{"state":"inside"}"#),
                ResponseMode::Query,
                "inside",
            ),
            (
                object(r#"{"response_mode":"form_post"}"#),
                ResponseMode::FormPost,
                "xyz",
            ),
            (object(r#"{"response_mode":7}"#), ResponseMode::Query, "xyz"),
            (object("[]"), ResponseMode::Query, "xyz"),
            ("no.object".to_owned(), ResponseMode::Query, "xyz"),
            ("a.%25%25.".to_owned(), ResponseMode::Query, "xyz"),
        ] {
            let error = parse(&format!("{BASE}&response_type=code&request={request}")).unwrap_err();
            assert_eq!(error.code, ErrorCode::RequestNotSupported, "{request}");
            assert_eq!(error.answer.redirect_uri, "https://a.example/cb");
            assert_eq!(error.answer.response_mode, mode, "{request}");
            assert_eq!(error.answer.state.as_deref(), Some(state), "{request}");
        }
    }

    #[test]
    fn a_request_survives_storage() {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let request = parse(&format!(
            "{BASE}&response_type=code&scope=openid+email&max_age=60&prompt=login&nonce=n\
             &code_challenge={challenge}&code_challenge_method=S256"
        ))
        .unwrap();
        let json = serde_json::to_string(&request).unwrap();
        assert_eq!(
            serde_json::from_str::<AuthorizationRequest>(&json).unwrap(),
            request
        );
        assert_eq!(request.max_age, Some(60));
        assert!(request.scope().has("email"));
        // A stored challenge is checked like a sent one.
        assert!(
            serde_json::from_str::<AuthorizationRequest>(&json.replace(challenge, "x")).is_err()
        );
    }
}
