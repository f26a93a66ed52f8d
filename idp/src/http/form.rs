//! Reading a form's body.

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, header},
};
use platform::web::body_limit;

use crate::params::{MAX_FORM, Params, ParamsError};

/// Why a form was not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum FormError {
    #[error("send application/x-www-form-urlencoded")]
    WrongType,
    #[error("the form is longer than {MAX_FORM} bytes")]
    TooLong,
    #[error("the request broke off")]
    Broken,
    #[error(transparent)]
    Params(#[from] ParamsError),
}

impl FormError {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::WrongType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Broken | Self::Params(_) => StatusCode::BAD_REQUEST,
        }
    }
}

/// The parameters of a form.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Params, FormError> {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    if !content_type
        .trim()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
    {
        return Err(FormError::WrongType);
    }
    let body = body_limit(body, MAX_FORM).await.map_err(|problem| {
        if problem.status() == StatusCode::PAYLOAD_TOO_LARGE {
            FormError::TooLong
        } else {
            FormError::Broken
        }
    })?;
    Ok(Params::parse(&body)?)
}
