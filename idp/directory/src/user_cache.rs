//! Users that were lately looked up by their id: every token needs its user.

use std::time::{Duration, Instant};

use quick_cache::sync::Cache;

use crate::User;

/// For how long another node's change may go unnoticed here (rule 12).
const CACHED: Duration = Duration::from_millis(450);
const CACHE_ENTRIES: usize = 16_384;

#[derive(Debug)]
pub(crate) struct UserCache(Cache<String, (Instant, User)>);

impl UserCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(CACHE_ENTRIES))
    }

    pub(crate) fn get(&self, id: &str) -> Option<User> {
        let (read_at, user) = self.0.get(id)?;
        (read_at.elapsed() < CACHED).then_some(user)
    }

    /// Keeps a user who was read at `read_at`, the moment before the query began.
    pub(crate) fn insert(&self, read_at: Instant, user: User) {
        self.0.insert(user.id.clone(), (read_at, user));
    }

    /// The user was changed by this node.
    pub(crate) fn remove(&self, id: &str) {
        self.0.remove(id);
    }
}
