//! What a request object says of the response to it (OpenID Connect Core §6.1).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

/// The members that decide how an error reaches its client. Nothing of the object was
/// verified, so nothing else of it counts.
#[derive(Default, Deserialize)]
pub(crate) struct UnverifiedObject {
    pub(crate) response_mode: Option<String>,
    pub(crate) state: Option<String>,
}

impl UnverifiedObject {
    /// Reads the payload of a signed or unsigned object; none if it is something else.
    pub(crate) fn read(jwt: &str) -> Option<Self> {
        let payload = jwt.split('.').nth(1)?;
        let bytes = URL_SAFE_NO_PAD.decode(payload).ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}
