//! Clients that were lately looked up: the token endpoint needs the same few all the time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use quick_cache::sync::Cache;

use crate::{Client, Error, Oidc, store};

/// For how long another node's change may go unnoticed here (rule 12).
const CACHED: Duration = Duration::from_millis(450);
const CACHE_ENTRIES: usize = 4096;

#[derive(Debug)]
pub(crate) struct ClientCache(Cache<String, (Instant, Arc<Client>)>);

impl ClientCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(CACHE_ENTRIES))
    }

    pub(crate) fn forget(&self, id: &str) {
        self.0.remove(id);
    }
}

/// The client `id`, if it exists and is enabled.
pub(crate) async fn find_client(oidc: &Oidc, id: &str) -> Result<Option<Arc<Client>>, Error> {
    if !is_client_id(id) {
        return Ok(None);
    }
    let read_at = Instant::now();
    let cache = &oidc.0.clients.0;
    if let Some((since, client)) = cache.get(id)
        && read_at.saturating_duration_since(since) < CACHED
    {
        return Ok(Some(client));
    }
    let client = store::clients::by_id(&oidc.0.store, id).await?;
    let Some(client) = client.filter(|client| client.disabled_at.is_none()) else {
        return Ok(None);
    };
    let client = Arc::new(client);
    cache.insert(id.to_owned(), (read_at, Arc::clone(&client)));
    Ok(Some(client))
}

/// Whether `id` can be a client's: 24 hexadecimal digits now, other letters and digits
/// perhaps later. Anything else need not reach the database.
pub(crate) fn is_client_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
