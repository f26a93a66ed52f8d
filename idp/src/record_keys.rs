//! Which keys sign tokens: one pair for all nodes of an installation.

use jiff::Timestamp;
use platform::audit::AuditSink as _;
use platform::{
    Caller, Store,
    audit::{Entry, Party},
};

use crate::{Error, store};

/// Records the keys that sign tokens, unless some are recorded; the URIs of
/// those that are (ES256 first): of two nodes that start at once, both get the same.
///
/// # Errors
/// The store's.
pub async fn record_keys(
    store: &Store,
    es256_uri: &str,
    rs256_uri: &str,
    caller: &Caller,
    now: Timestamp,
) -> Result<(String, String), Error> {
    let given = [
        ("ES256", es256_uri.to_owned()),
        ("RS256", rs256_uri.to_owned()),
    ];
    let caller = caller.clone();
    store
        .transact(move |tx| {
            let (given, caller) = (given.clone(), caller.clone());
            Box::pin(async move {
                for (algorithm, uri) in given {
                    if store::keys::insert(tx, algorithm, &uri, now).await? {
                        tx.audit(
                            Entry::new("idp.key.record", &caller, Party::thing(uri), now)
                                .with("algorithm", algorithm),
                        );
                    }
                }
                Ok::<_, Error>(())
            })
        })
        .await?;
    key_uris(store)
        .await?
        .ok_or_else(|| Error::Internal("the signing keys were not recorded".to_owned()))
}

/// The URIs of the ES256 and the RS256 key, where they are recorded.
///
/// # Errors
/// The store's.
pub async fn key_uris(store: &Store) -> Result<Option<(String, String)>, Error> {
    Ok(store::keys::uris(store).await?)
}
