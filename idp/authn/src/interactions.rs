//! Interactions: sign-ins in progress (see [`crate::model::Interaction`]).

use std::time::Duration;

use crypto::{OpaqueToken, token_key};
use platform_store::{AppendBatch, StoreError, Tx};

use crate::{
    Authn,
    model::{Interaction, Missing, NewInteraction},
    store,
};

/// How long a person may take to sign in and to answer: a page that was left open over
/// lunch still works.
const LIFETIME: Duration = Duration::from_secs(2 * 60 * 60);

/// Stores an interaction and returns its id.
///
/// # Errors
/// The store's.
pub async fn start(authn: &Authn, new: NewInteraction) -> Result<String, StoreError> {
    let now = authn.now();
    let token = OpaqueToken::new(now.as_millisecond());
    let mut rows = AppendBatch::default();
    store::interactions::append(&mut rows, token.key(), &new, now, now + LIFETIME);
    authn.0.store.append(rows).await?;
    Ok(token.text().to_owned())
}

/// The interaction with this id, if it has been neither answered nor expired.
///
/// # Errors
/// The store's.
pub async fn find(authn: &Authn, id: &str) -> Result<Option<Interaction>, StoreError> {
    store::interactions::find(&authn.0.store, id, token_key(id), authn.now()).await
}

/// Records what is missing now, and the session whose user is asked if it is consent.
///
/// # Errors
/// The store's.
pub async fn set_missing(
    authn: &Authn,
    id: &str,
    missing: Missing,
    session_id: Option<String>,
) -> Result<(), StoreError> {
    let key = token_key(id);
    let store = &authn.0.store;
    store
        .transact(async move |tx| {
            store::interactions::set_missing(tx, &key, missing, session_id.as_deref()).await
        })
        .await
}

/// Ends an interaction that is being answered; false if it was answered already.
///
/// # Errors
/// The store's.
pub async fn finish(tx: &mut Tx<'_>, id: &str) -> Result<bool, StoreError> {
    store::interactions::delete(tx, &token_key(id)).await
}
