//! Who a client is, at the token endpoint and its neighbours.

use std::sync::Arc;

use idp_authn::throttle::count_client_failure;
use oauth::ErrorCode;
use platform_access::Caller;
use platform_log::RecordEntry as _;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{
    Client, Error, Oidc, actions::acts::CLIENT_AUTHENTICATE, client_cache::find_client,
    model::hash_secret,
};

/// What a client sent to authenticate itself.
pub(crate) struct ClientProof {
    pub(crate) client_id: String,
    pub(crate) secret: Option<Zeroizing<String>>,
}

/// The client whose proof it is (RFC 6749 §2.3, §3.2.1). A public client only names itself.
///
/// # Errors
/// `invalid_client`, and the store's.
pub(crate) async fn authenticate_client(
    oidc: &Oidc,
    caller: &Caller,
    proof: ClientProof,
) -> Result<Arc<Client>, Error> {
    let Some(client) = find_client(oidc, &proof.client_id).await? else {
        return Err(unknown());
    };
    let authentic = match (&client.secret_hash, &proof.secret) {
        (Some(stored), Some(secret)) => bool::from(stored.as_slice().ct_eq(&hash_secret(secret))),
        (None, None) => true,
        _ => false,
    };
    if authentic {
        return Ok(client);
    }
    // Failures are counted under their address, so that nobody fills the log with them.
    count_client_failure(&oidc.0.authn, caller).await?;
    let entry = caller
        .entry(CLIENT_AUTHENTICATE, &client.resource(), oidc.now())
        .refused("wrong secret");
    oidc.0.store.record(entry).await?;
    Err(unknown())
}

fn unknown() -> Error {
    Error::oauth(
        ErrorCode::InvalidClient,
        "the client is not known, or its secret is wrong",
    )
}
