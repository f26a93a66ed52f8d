//! Who a client is, at the token endpoint and its neighbours.

use std::sync::Arc;

use idp_authn::throttle::count_client_failure;
use oauth::ErrorCode;
use platform_access::{Caller, Resource};
use platform_log::RecordEntry as _;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{
    Client, Error, Oidc, actions::acts::CLIENT_AUTHENTICATE, client_cache::find_client,
    model::hash_secret,
};

/// How many characters of the name of an unknown client are recorded.
const MAX_RECORDED: usize = 64;

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
        let name: String = proof.client_id.chars().take(MAX_RECORDED).collect();
        let resource = Resource::new("client", name);
        return Err(refuse(oidc, caller, &resource, "unknown client").await?);
    };
    let authentic = match (&client.secret_hash, &proof.secret) {
        (Some(stored), Some(secret)) => bool::from(stored.as_slice().ct_eq(&hash_secret(secret))),
        (None, None) => true,
        _ => false,
    };
    if authentic {
        return Ok(client);
    }
    Err(refuse(oidc, caller, &client.resource(), "wrong secret").await?)
}

/// Records the failure, and returns the same answer whichever it was.
async fn refuse(
    oidc: &Oidc,
    caller: &Caller,
    client: &Resource,
    cause: &'static str,
) -> Result<Error, Error> {
    // Failures are counted under their address, so that nobody fills the log with them.
    count_client_failure(&oidc.0.authn, caller).await?;
    let entry = caller
        .entry(CLIENT_AUTHENTICATE, client, oidc.now())
        .refused(cause);
    oidc.0.store.record(entry).await?;
    Ok(Error::oauth(
        ErrorCode::InvalidClient,
        "the client is not known, or its secret is wrong",
    ))
}
