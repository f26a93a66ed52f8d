//! Renewing a client's secret.

use crypto::random;
use platform_access::Caller;
use platform_log::AuditSink as _;

use crate::{
    ClientCredentials, Error, Oidc, actions::CLIENT_CHANGE, model::hash_secret,
    read_clients::find_client_to_change, store,
};

/// Renews the secret of a confidential client; the old one stops working at once.
///
/// # Errors
/// [`Error::Access`] without `idp.client.change` and the client's permissions,
/// [`Error::NoSuchClient`], [`Error::Conflict`] for a public client, and the store's.
pub async fn renew_client_secret(
    oidc: &Oidc,
    caller: &Caller,
    id: &str,
) -> Result<ClientCredentials, Error> {
    let client = find_client_to_change(oidc, caller, id).await?;
    if client.is_public() {
        return Err(Error::Conflict("a public client has no secret".to_owned()));
    }
    let now = oidc.now();
    let secret = random::token();
    let secret_hash = hash_secret(&secret);
    let entry = caller
        .entry(CLIENT_CHANGE, &client.resource(), now)
        .with("changed", vec!["secret"]);
    let client_id = client.id.clone();
    oidc.0
        .store
        .transact(async move |tx| {
            if !store::clients::set_secret(tx, &client.id, secret_hash).await? {
                return Err(Error::NoSuchClient(client.id.clone()));
            }
            tx.audit(entry.clone());
            Ok(())
        })
        .await?;
    oidc.forget_client(id);
    Ok(ClientCredentials {
        client_id,
        client_secret: Some(secret),
    })
}
