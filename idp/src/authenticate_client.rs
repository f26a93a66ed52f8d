//! Who a client is, at the token endpoint and its neighbours.

use std::sync::Arc;

use platform::audit::RecordEntry as _;
use platform::{
    Caller,
    audit::{Entry, Party},
};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{Client, Error, OAuthCode, Service, model::digest};

/// What a client showed of itself.
pub(crate) struct ClientProof {
    pub(crate) client_id: String,
    pub(crate) secret: Option<Zeroizing<String>>,
}

impl Service {
    /// The client that `proof` is of (RFC 6749 §2.3, §3.2.1). A public client
    /// only names itself.
    ///
    /// # Errors
    /// `invalid_client`, and the store's.
    pub(crate) async fn authenticate_client(
        &self,
        proof: ClientProof,
        caller: &Caller,
    ) -> Result<Arc<Client>, Error> {
        let Some(client) = self.find_client(&proof.client_id).await? else {
            return Err(unknown());
        };
        let good = match (&client.secret_hash, &proof.secret) {
            (Some(stored), Some(secret)) => bool::from(stored.as_slice().ct_eq(&digest(secret))),
            (None, None) => true,
            _ => false,
        };
        if good {
            return Ok(client);
        }
        // A failure is counted under its address, so that nobody fills the log with them.
        self.count_attempt(None, caller).await?;
        let subject = Party::thing(format!("client:{}", client.id));
        let entry = Entry::new("idp.client.authenticate", caller, subject, self.now())
            .refused("wrong secret");
        self.0.store.record(entry).await?;
        Err(unknown())
    }
}

fn unknown() -> Error {
    Error::oauth(
        OAuthCode::InvalidClient,
        "the client is not known, or its secret is wrong",
    )
}
