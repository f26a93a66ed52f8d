#![forbid(unsafe_code)]
//! Messages of OAuth 2.0 and OpenID Connect, as functions over bytes.
//!
//! Nothing here does I/O, reads a clock, or knows which clients exist: callers
//! look the client up between [`Recipient::parse`] and [`AuthorizationRequest::parse`].

mod authorization_request;
mod basic;
mod error_code;
mod names;
mod params;
mod pkce;
mod redirect_uri;
mod request_object;
mod scope;
mod token_response;

pub use authorization_request::{
    AnswerMode, AuthorizationRequest, Prompt, Recipient, RequestError, ResponseMode,
};
pub use basic::{BasicCredentials, BasicError};
pub use error_code::ErrorCode;
pub use names::{ClientAuthMethod, GrantType};
pub use params::{MAX_FORM, Params, ParamsError};
pub use pkce::{CodeChallenge, PkceError};
pub use redirect_uri::{
    RedirectUriError, append_query, form_action_source, loopback_origin, origin_matches,
    redirect_uri_matches, validate_redirect_uri, web_origin,
};
pub use scope::{API, EMAIL, OFFLINE_ACCESS, OPENID, PROFILE, Scope};
pub use token_response::TokenResponse;
