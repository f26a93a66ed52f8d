//! Looking clients up: for callers with the permission, and for the verbs that change them.

use platform_access::{Caller, Resource};
use platform_web::{Page, PageRequest};

use crate::{
    Client, Error, Oidc,
    actions::{CLIENT_CHANGE, CLIENT_READ},
    client_cache::is_client_id,
    store,
};

/// Clients in the order of their ids.
///
/// # Errors
/// [`Error::Access`] without `idp.client.read`, and the store's.
pub async fn list_clients(
    oidc: &Oidc,
    caller: &Caller,
    request: &PageRequest,
) -> Result<Page<Client>, Error> {
    let clients = Resource::all("client");
    oidc.0.access.enforce(caller, CLIENT_READ, &clients).await?;
    let store = &oidc.0.store;
    let clients = store::clients::list(store, request.after(), request.fetch_limit()).await?;
    Ok(request.page(clients, |client| client.id.clone()))
}

/// One client.
///
/// # Errors
/// [`Error::Access`] without `idp.client.read`, [`Error::NoSuchClient`], and the store's.
pub async fn show_client(oidc: &Oidc, caller: &Caller, id: &str) -> Result<Client, Error> {
    let named = resolve(oidc, id).await?;
    oidc.0
        .access
        .enforce(caller, CLIENT_READ, &named.resource)
        .await?;
    named.client()
}

/// A client as a caller named it, which may not exist: callers without the permission
/// must not learn whether it does.
pub(crate) struct NamedClient {
    id: String,
    pub(crate) resource: Resource,
    client: Option<Client>,
}

impl NamedClient {
    pub(crate) fn client(self) -> Result<Client, Error> {
        self.client.ok_or(Error::NoSuchClient(self.id))
    }
}

/// Looks up what a caller named, before permissions are enforced on it.
pub(crate) async fn resolve(oidc: &Oidc, id: &str) -> Result<NamedClient, Error> {
    let client = if is_client_id(id) {
        store::clients::by_id(&oidc.0.store, id).await?
    } else {
        None
    };
    let resource = client
        .as_ref()
        .map_or_else(|| Resource::new("client", id), Client::resource);
    Ok(NamedClient {
        id: id.to_owned(),
        resource,
        client,
    })
}

/// The client that a caller may change, once both of these are enforced: the action, and that
/// the caller has every permission that the client has.
pub(crate) async fn find_client_to_change(
    oidc: &Oidc,
    caller: &Caller,
    id: &str,
) -> Result<Client, Error> {
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
