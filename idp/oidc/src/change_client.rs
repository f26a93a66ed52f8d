//! Disabling and enabling a client, and renewing its secret.

use crypto::random;
use platform_access::Caller;
use platform_log::AuditSink as _;

use crate::{
    Client, ClientCredentials, Error, Oidc, actions::CLIENT_CHANGE, model::hash_secret,
    read_clients::resolve, store,
};

/// Disables a client, or enables it again. Disabling revokes all its grants.
///
/// # Errors
/// [`Error::Access`] without `idp.client.change` and the client's permissions,
/// [`Error::NoSuchClient`], and the store's.
pub async fn set_client_disabled(
    oidc: &Oidc,
    caller: &Caller,
    id: &str,
    disabled: bool,
) -> Result<(), Error> {
    let client = client_to_change(oidc, caller, id).await?;
    let now = oidc.now();
    let changed = if disabled { "disabled" } else { "enabled" };
    let entry = caller
        .entry(CLIENT_CHANGE, &client.resource(), now)
        .with("changed", vec![changed]);
    oidc.0
        .store
        .transact(async move |tx| {
            let disabled_at = disabled.then_some(now);
            if !store::clients::set_disabled(tx, &client.id, disabled_at).await? {
                return Err(Error::NoSuchClient(client.id.clone()));
            }
            if disabled {
                store::codes::revoke(tx, store::codes::CodesOf::Client(&client.id), now).await?;
                store::grants::revoke_of_client(tx, &client.id, now).await?;
            }
            tx.audit(entry.clone());
            Ok(())
        })
        .await?;
    forget(oidc, id);
    Ok(())
}

/// Renews the secret of a confidential client; the old one stops working at once.
///
/// # Errors
/// As [`set_client_disabled`]; [`Error::Conflict`] for a public client.
pub async fn renew_client_secret(
    oidc: &Oidc,
    caller: &Caller,
    id: &str,
) -> Result<ClientCredentials, Error> {
    let client = client_to_change(oidc, caller, id).await?;
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
    forget(oidc, id);
    Ok(ClientCredentials {
        client_id,
        client_secret: Some(secret),
    })
}

async fn client_to_change(oidc: &Oidc, caller: &Caller, id: &str) -> Result<Client, Error> {
    let named = resolve(oidc, id).await?;
    let resource = named.resource.clone();
    let access = &oidc.0.access;
    access.enforce(caller, CLIENT_CHANGE, &resource).await?;
    let client = named.client()?;
    access
        .enforce_delegation(caller, CLIENT_CHANGE, &resource, &client.permissions)
        .await?;
    Ok(client)
}

/// Voids what caches hold of a client.
pub(crate) fn forget(oidc: &Oidc, id: &str) {
    oidc.0.clients.forget(id);
    oidc.0.end_access.bearers.clear();
}
