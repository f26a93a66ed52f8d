//! Revoking a token at its client's wish (RFC 7009).

use jiff::Timestamp;
use platform::audit::AuditSink as _;
use platform::{
    Caller,
    audit::{Entry, Party},
};

use crate::{Client, Error, Service, model::digest, redeem_code::revoke_family, store};

impl Service {
    /// Revokes an access token, or a refresh token with all that came with it.
    /// A token that is unknown or another client's is left alone, silently
    /// (RFC 7009 §2.2).
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn revoke(
        &self,
        client: &Client,
        token: &str,
        caller: &Caller,
    ) -> Result<(), Error> {
        let now = self.now();
        let entry = Entry::new(
            "idp.token.revoke",
            caller,
            Party::thing(format!("client:{}", client.id)),
            now,
        )
        .by(Party::thing(format!("client:{}", client.id)));
        if let Some(claims) = self.read_access_token(token) {
            if claims.client_id != client.id {
                return Ok(());
            }
            let until = Timestamp::from_second(claims.exp).unwrap_or(now);
            let entry = entry.with("jti", claims.jti.as_str());
            self.0
                .store
                .transact(move |tx| {
                    let (jti, entry) = (claims.jti.clone(), entry.clone());
                    Box::pin(async move {
                        store::revoked::insert(tx, &jti, until).await?;
                        tx.audit(entry);
                        Ok::<_, Error>(())
                    })
                })
                .await?;
        } else {
            let found = store::refresh::find(&self.0.store, digest(token)).await?;
            let Some(found) =
                found.filter(|found| found.family.client_id == client.id && !found.revoked)
            else {
                return Ok(());
            };
            let until = now + self.0.config.access_token_lifetime;
            let entry = entry.with("family", found.family.id.as_str());
            self.0
                .store
                .transact(move |tx| {
                    let (family_id, entry) = (found.family.id.clone(), entry.clone());
                    Box::pin(async move {
                        revoke_family(tx, &family_id, until, now).await?;
                        tx.audit(entry);
                        Ok::<_, Error>(())
                    })
                })
                .await?;
        }
        self.0.bearers.clear();
        Ok(())
    }
}
