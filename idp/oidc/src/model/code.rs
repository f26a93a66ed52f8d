//! An authorization code as it is stored.

use idp_authn::Authentication;
use jiff::Timestamp;
use oauth::CodeChallenge;

#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) key: Vec<u8>,
    pub(crate) client_id: String,
    pub(crate) user_id: String,
    pub(crate) session_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) scope: String,
    pub(crate) resource: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: Option<CodeChallenge>,
    pub(crate) authentication: Authentication,
    pub(crate) expires_at: Timestamp,
}

impl Code {
    /// The id of the grant that comes of this code, the same at every redemption: of two
    /// redemptions, the second conflicts with the first.
    pub(crate) fn grant_id(&self) -> String {
        /// Time of issue and 128 bits of the hash.
        const LENGTH: usize = 6 + 16;
        hex::encode(self.key.get(..LENGTH).unwrap_or(&self.key))
    }
}
