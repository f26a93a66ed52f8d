//! Deleting a client.

use platform_access::Caller;
use platform_log::AuditSink as _;

use crate::{
    Error, Oidc,
    actions::CLIENT_DELETE,
    end_access::{end_client_access, oldest_code},
    read_clients::resolve,
    store,
};

/// Deletes a client and revokes all its grants.
///
/// # Errors
/// [`Error::Access`] without `idp.client.delete` and the client's permissions,
/// [`Error::NoSuchClient`], and the store's.
pub async fn delete_client(oidc: &Oidc, caller: &Caller, id: &str) -> Result<(), Error> {
    let named = resolve(oidc, id).await?;
    let resource = named.resource.clone();
    let access = &oidc.0.access;
    access.enforce(caller, CLIENT_DELETE, &resource).await?;
    let client = named.client()?;
    access
        .enforce_delegation(caller, CLIENT_DELETE, &resource, &client.permissions)
        .await?;
    let now = oidc.now();
    let oldest_code = oldest_code(oidc, now);
    let entry = caller.entry(CLIENT_DELETE, &client.resource(), now);
    oidc.0
        .store
        .transact(async move |tx| {
            if !store::clients::delete(tx, &client.id).await? {
                return Err(Error::NoSuchClient(client.id.clone()));
            }
            end_client_access(tx, &client.id, oldest_code, now).await?;
            tx.audit(entry.clone());
            Ok(())
        })
        .await?;
    oidc.forget_client(id);
    Ok(())
}
