//! Clients lately looked up: the token endpoint asks for the same few all the time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use quick_cache::sync::Cache;

use crate::{Error, Service, model::Client, store};

/// How long another node's change may go unnoticed here.
const LIFE: Duration = Duration::from_secs(3);
const SIZE: usize = 4096;

#[derive(Debug)]
pub(crate) struct ClientCache(Cache<String, (Instant, Arc<Client>)>);

impl ClientCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(SIZE))
    }

    pub(crate) fn forget(&self, id: &str) {
        self.0.remove(id);
    }
}

impl Service {
    /// The client `id`, where there is one and it is not disabled.
    pub(crate) async fn find_client(&self, id: &str) -> Result<Option<Arc<Client>>, Error> {
        if !is_client_id(id) {
            return Ok(None);
        }
        let now = self.0.clock.monotonic();
        if let Some((since, client)) = self.0.clients.0.get(id)
            && now.saturating_duration_since(since) < LIFE
        {
            return Ok(Some(client));
        }
        let Some(client) = store::clients::by_id(&self.0.store, id).await? else {
            return Ok(None);
        };
        if client.disabled_at.is_some() {
            return Ok(None);
        }
        let client = Arc::new(client);
        self.0
            .clients
            .0
            .insert(id.to_owned(), (now, Arc::clone(&client)));
        Ok(Some(client))
    }
}

/// Whether `id` may be a client's: 24 hexadecimal digits as of today, other
/// letters and digits perhaps later. Anything else need not reach the database.
pub(crate) fn is_client_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
