//! The administration of private keys.

use std::sync::Arc;

use async_trait::async_trait;
use keys::{KeyReference, KeyReferences};
use platform_log::Sequencer;
use platform_store::{Store, StoreError};

use super::{Node, NodeBase, Parts, tls_key::TLS_KEY};

/// Opens the administration of the keys of `base`.
pub(crate) fn open(base: &NodeBase) -> keys::Service {
    keys::Service::new(
        Arc::clone(&base.keyring),
        base.access.clone(),
        base.store.clone(),
        base.shared_clock(),
        Arc::new(References(base.store.clone())),
    )
}

pub(super) fn parts(node: &Arc<Node>) -> Option<Parts> {
    Some(Parts {
        api: node.keys.api(),
        ..Parts::default()
    })
}

/// Everything that refers to a key, in the tables of every service.
#[derive(Debug)]
struct References(Store);

#[async_trait]
impl KeyReferences for References {
    async fn key_references(&self) -> Result<Vec<KeyReference>, StoreError> {
        let store = &self.0;
        let mut references = vec![(TLS_KEY.to_owned(), "this server's TLS".to_owned())];
        if let Some((_, uri)) = Sequencer::identity(store).await? {
            references.push((uri, "the log".to_owned()));
        }
        references.extend(ca::key_references(store).await?);
        references.extend(idp_oidc::signing_keys::key_references(store).await?);
        let reference = |(uri, used_by)| KeyReference { uri, used_by };
        Ok(references.into_iter().map(reference).collect())
    }
}
