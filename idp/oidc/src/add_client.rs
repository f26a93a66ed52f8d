//! Registering a client.

use crypto::random;
use oauth::ClientAuthMethod;
use platform_access::{Caller, Resource};
use platform_log::AuditSink as _;

use crate::{ClientCredentials, Error, NewClient, Oidc, actions::CLIENT_ADD, store};

/// Registers a client. Its secret is returned now and cannot be read again.
///
/// # Errors
/// [`Error::Access`] without `idp.client.add` or the permissions that the client is to
/// have, [`Error::Invalid`], and the store's.
pub async fn add_client(
    oidc: &Oidc,
    caller: &Caller,
    new: NewClient,
) -> Result<ClientCredentials, Error> {
    let client_id = hex::encode(random::bytes::<12>());
    let resource = Resource::new("client", &client_id);
    let access = &oidc.0.access;
    access.enforce(caller, CLIENT_ADD, &resource).await?;
    let now = oidc.now();
    let client_secret = (new.auth != Some(ClientAuthMethod::None)).then(random::token);
    let client = new.register(client_id.clone(), client_secret.as_deref(), now)?;
    access
        .enforce_delegation(caller, CLIENT_ADD, &resource, &client.permissions)
        .await?;
    let entry = caller
        .entry(CLIENT_ADD, &resource, now)
        .with("name", client.name.as_str())
        .with("redirect_uris", client.redirect_uris.clone())
        .with("permissions", client.permissions.to_string())
        .with("auth", client.auth.name());
    oidc.0
        .store
        .transact(async move |tx| {
            store::clients::insert(tx, &client).await?;
            tx.audit(entry.clone());
            Ok::<_, Error>(())
        })
        .await?;
    Ok(ClientCredentials {
        client_id,
        client_secret,
    })
}
