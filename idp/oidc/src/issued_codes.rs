//! The codes that this node issued and nobody has presented yet. Most codes are redeemed
//! where they were issued, within a second: that need not read them back.
//!
//! What is remembered is what was committed. Whether a code was redeemed, or ended with
//! its session or its user's access, is decided by the row that a redemption appends: it
//! conflicts, or misses its session, whichever node had the code.

use quick_cache::sync::Cache;

use crate::{Error, Oidc, model::Code, store};

/// How many are remembered; the others are read.
const ENTRIES: usize = 4096;

#[derive(Debug)]
pub(crate) struct IssuedCodes(Cache<Vec<u8>, Code>);

impl IssuedCodes {
    pub(crate) fn new() -> Self {
        Self(Cache::new(ENTRIES))
    }

    /// Remembers a code that was committed.
    pub(crate) fn remember(&self, code: Code) {
        self.0.insert(code.key.clone(), code);
    }
}

/// The code with this key, and whether it is known to be redeemed.
///
/// # Errors
/// The store's.
pub(crate) async fn find_code(oidc: &Oidc, key: Vec<u8>) -> Result<Option<(Code, bool)>, Error> {
    if let Some((_, code)) = oidc.0.issued_codes.0.remove(&key) {
        return Ok(Some((code, false)));
    }
    Ok(store::codes::find(&oidc.0.store, key).await?)
}
