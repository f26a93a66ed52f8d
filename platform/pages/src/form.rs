//! Reading a form's body.

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode},
};
use oauth::{MAX_FORM, Params, ParamsError};
use platform_web::{body_limit, has_media_type};

/// Why a form was not read.
#[derive(Debug, thiserror::Error)]
pub enum FormError {
    /// Not `application/x-www-form-urlencoded`.
    #[error("send application/x-www-form-urlencoded")]
    WrongType,
    /// More bytes than a form may have.
    #[error("the form is longer than {MAX_FORM} bytes")]
    TooLong,
    /// The client stopped sending.
    #[error("the request ended early")]
    Incomplete,
    /// The content.
    #[error(transparent)]
    Params(#[from] ParamsError),
}

impl FormError {
    /// The HTTP status of the response.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::WrongType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Incomplete | Self::Params(_) => StatusCode::BAD_REQUEST,
        }
    }
}

/// The parameters of a form.
///
/// # Errors
/// [`FormError`].
pub async fn read_form(headers: &HeaderMap, body: Body) -> Result<Params, FormError> {
    match read_form_leniently(headers, body).await? {
        (params, None) => Ok(params),
        (_, Some(fault)) => Err(fault.into()),
    }
}

/// What is certain of a form's parameters, and what is wrong with them
/// ([`Params::parse_leniently`]).
///
/// # Errors
/// [`FormError`] for a body that is no form.
pub async fn read_form_leniently(
    headers: &HeaderMap,
    body: Body,
) -> Result<(Params, Option<ParamsError>), FormError> {
    if !has_media_type(headers, "application/x-www-form-urlencoded") {
        return Err(FormError::WrongType);
    }
    let body = body_limit(body, MAX_FORM).await.map_err(|problem| {
        if problem.status() == StatusCode::PAYLOAD_TOO_LARGE {
            FormError::TooLong
        } else {
            FormError::Incomplete
        }
    })?;
    Ok(Params::parse_leniently(&body))
}
