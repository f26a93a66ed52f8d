//! Registering a client.

use crypto::random;
use platform::audit::AuditSink as _;
use platform::{
    Caller,
    audit::{Entry, Party},
};

use crate::{
    Client, ClientAuth, ClientCredentials, Error, NewClient, Service, client_cache::is_client_id,
    permission::client_subject, store,
};

const ADD: &str = "idp.client.add";

impl Service {
    /// Registers a client. Its secret is told now and never again.
    ///
    /// # Errors
    /// [`Error::Denied`] without `idp.client.add` or the grants that are given on,
    /// [`Error::Invalid`], and the store's.
    pub async fn add_client(
        &self,
        new: NewClient,
        caller: &Caller,
    ) -> Result<ClientCredentials, Error> {
        self.authorize(caller, ADD, &Party::thing("client:new"))
            .await?;
        let now = self.now();
        let client_id = hex::encode(random::bytes::<12>());
        let client_secret = (new.auth != Some(ClientAuth::None)).then(random::token);
        let client = new.register(client_id.clone(), client_secret.as_deref(), now)?;
        let subject = client_subject(&client_id);
        self.authorize_grants(caller, ADD, &subject, &client.grants)
            .await?;
        let entry = Entry::new(ADD, caller, subject, now)
            .with("name", client.name.as_str())
            .with("redirect_uris", client.redirect_uris.clone())
            .with("grants", client.grants.to_string())
            .with("auth", client.auth.name());
        self.0
            .store
            .transact(move |tx| {
                let (client, entry) = (client.clone(), entry.clone());
                Box::pin(async move {
                    store::clients::insert(tx, &client).await?;
                    tx.audit(entry);
                    Ok::<_, Error>(())
                })
            })
            .await?;
        Ok(ClientCredentials {
            client_id,
            client_secret,
        })
    }

    /// Clients in the order of their ids, after the one with the id `after`.
    ///
    /// # Errors
    /// [`Error::Denied`] without `idp.client.read`, and the store's.
    pub async fn list_clients(
        &self,
        after: &str,
        limit: u32,
        caller: &Caller,
    ) -> Result<Vec<Client>, Error> {
        caller.require("idp.client.read")?;
        Ok(store::clients::list(&self.0.store, after, i64::from(limit.min(1000))).await?)
    }

    /// One client.
    ///
    /// # Errors
    /// [`Error::Denied`] without `idp.client.read`, [`Error::NotFound`], and the store's.
    pub async fn show_client(&self, id: &str, caller: &Caller) -> Result<Client, Error> {
        caller.require("idp.client.read")?;
        self.require_client(id).await
    }

    pub(crate) async fn require_client(&self, id: &str) -> Result<Client, Error> {
        if !is_client_id(id) {
            return Err(no_client(id));
        }
        store::clients::by_id(&self.0.store, id)
            .await?
            .ok_or_else(|| no_client(id))
    }
}

pub(crate) fn no_client(id: &str) -> Error {
    Error::NotFound(format!("client {id:?}"))
}
