//! Disabling and enabling a client.

use platform_access::Caller;
use platform_log::AuditSink as _;

use crate::{
    Error, Oidc,
    actions::CLIENT_CHANGE,
    end_access::{end_client_access, oldest_code},
    read_clients::find_client_to_change,
    store,
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
    let client = find_client_to_change(oidc, caller, id).await?;
    let now = oidc.now();
    let oldest_code = oldest_code(oidc, now);
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
                end_client_access(tx, &client.id, oldest_code, now).await?;
            }
            tx.audit(entry.clone());
            Ok(())
        })
        .await?;
    oidc.forget_client(id);
    Ok(())
}
