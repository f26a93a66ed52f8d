//! Changing, disabling and enabling a client.

use platform_access::Caller;
use platform_log::AuditSink as _;

use crate::{
    Error, Oidc,
    actions::CLIENT_CHANGE,
    end_access::{end_client_access, oldest_code},
    model::ClientChange,
    read_clients::find_client_to_change,
    store,
};

/// Changes what is registered of a client, and whether it is disabled. Disabling revokes all
/// its grants.
///
/// # Errors
/// [`Error::Access`] without `idp.client.change` and the client's permissions,
/// [`Error::NoSuchClient`], [`Error::Invalid`], and the store's.
pub async fn change_client(
    oidc: &Oidc,
    caller: &Caller,
    id: &str,
    change: ClientChange,
) -> Result<(), Error> {
    let client = find_client_to_change(oidc, caller, id).await?;
    let change = change.check(&client)?;
    let now = oidc.now();
    let oldest_code = oldest_code(oidc, now);
    let mut entry = caller
        .entry(CLIENT_CHANGE, &client.resource(), now)
        .with("changed", change.names());
    if let Some(name) = &change.name {
        entry = entry.with("name", name.as_str());
    }
    for (field, list) in change.lists() {
        if let Some(list) = list {
            entry = entry.with(field, list.clone());
        }
    }
    oidc.0
        .store
        .transact(async move |tx| {
            if !store::clients::update(tx, &client.id, &change, now).await? {
                return Err(Error::NoSuchClient(client.id.clone()));
            }
            if let Some(uris) = &change.redirect_uris {
                store::clients::set_origins(tx, &client.id, uris).await?;
            }
            if change.disabled == Some(true) {
                end_client_access(tx, &client.id, oldest_code, now).await?;
            }
            tx.audit(entry.clone());
            Ok(())
        })
        .await?;
    oidc.forget_client(id);
    Ok(())
}
