//! Disabling and deleting a client, and giving it another secret.

use crypto::random;
use platform::audit::AuditSink as _;
use platform::{Caller, audit::Entry};

use crate::{
    ClientCredentials, Error, Service, add_client::no_client, model::digest,
    permission::client_subject, store,
};

const CHANGE: &str = "idp.client.change";
const DELETE: &str = "idp.client.delete";

impl Service {
    /// Refuses a client from now on, or lets it in again. Its refresh tokens are revoked.
    ///
    /// # Errors
    /// [`Error::Denied`] without `idp.client.change` and the client's grants,
    /// [`Error::NotFound`], and the store's.
    pub async fn set_client_disabled(
        &self,
        id: &str,
        disabled: bool,
        caller: &Caller,
    ) -> Result<(), Error> {
        let subject = client_subject(id);
        self.authorize(caller, CHANGE, &subject).await?;
        let client = self.require_client(id).await?;
        self.authorize_grants(caller, CHANGE, &subject, &client.grants)
            .await?;
        let now = self.now();
        let entry = Entry::new(CHANGE, caller, subject, now).with(
            "changed",
            vec![if disabled { "disabled" } else { "enabled" }],
        );
        let owned = id.to_owned();
        self.0
            .store
            .transact(move |tx| {
                let (id, entry) = (owned.clone(), entry.clone());
                Box::pin(async move {
                    if !store::clients::set_disabled(tx, &id, disabled.then_some(now)).await? {
                        return Err(no_client(&id));
                    }
                    if disabled {
                        store::refresh::revoke_of_client(tx, &id, now).await?;
                    }
                    tx.audit(entry);
                    Ok(())
                })
            })
            .await?;
        self.forget_client(id);
        Ok(())
    }

    /// Gives a confidential client another secret; the old one ends at once.
    ///
    /// # Errors
    /// As [`Service::set_client_disabled`]; [`Error::Conflict`] for a public client.
    pub async fn renew_client_secret(
        &self,
        id: &str,
        caller: &Caller,
    ) -> Result<ClientCredentials, Error> {
        let subject = client_subject(id);
        self.authorize(caller, CHANGE, &subject).await?;
        let client = self.require_client(id).await?;
        self.authorize_grants(caller, CHANGE, &subject, &client.grants)
            .await?;
        if client.is_public() {
            return Err(Error::Conflict("a public client has no secret".to_owned()));
        }
        let now = self.now();
        let secret = random::token();
        let secret_hash = digest(&secret);
        let entry = Entry::new(CHANGE, caller, subject, now).with("changed", vec!["secret"]);
        let owned = id.to_owned();
        self.0
            .store
            .transact(move |tx| {
                let (id, entry) = (owned.clone(), entry.clone());
                Box::pin(async move {
                    if !store::clients::set_secret(tx, &id, secret_hash).await? {
                        return Err(no_client(&id));
                    }
                    tx.audit(entry);
                    Ok(())
                })
            })
            .await?;
        self.forget_client(id);
        Ok(ClientCredentials {
            client_id: client.id,
            client_secret: Some(secret),
        })
    }

    /// Deletes a client and revokes its refresh tokens.
    ///
    /// # Errors
    /// [`Error::Denied`] without `idp.client.delete` and the client's grants,
    /// [`Error::NotFound`], and the store's.
    pub async fn delete_client(&self, id: &str, caller: &Caller) -> Result<(), Error> {
        let subject = client_subject(id);
        self.authorize(caller, DELETE, &subject).await?;
        let client = self.require_client(id).await?;
        self.authorize_grants(caller, DELETE, &subject, &client.grants)
            .await?;
        let now = self.now();
        let entry = Entry::new(DELETE, caller, subject, now);
        let owned = id.to_owned();
        self.0
            .store
            .transact(move |tx| {
                let (id, entry) = (owned.clone(), entry.clone());
                Box::pin(async move {
                    if !store::clients::delete(tx, &id).await? {
                        return Err(no_client(&id));
                    }
                    store::refresh::revoke_of_client(tx, &id, now).await?;
                    tx.audit(entry);
                    Ok(())
                })
            })
            .await?;
        self.forget_client(id);
        Ok(())
    }

    fn forget_client(&self, id: &str) {
        self.0.clients.forget(id);
        self.0.bearers.clear();
    }
}
