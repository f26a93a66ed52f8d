//! Which keys sign tokens: `idp_key`.

use jiff::Timestamp;
use platform::{Store, StoreError, params, store::Tx};

/// The URIs of the ES256 and the RS256 key, where both are known.
pub(crate) async fn uris(store: &Store) -> Result<Option<(String, String)>, StoreError> {
    let rows = store
        .fetch_all("SELECT algorithm, uri FROM idp_key", vec![])
        .await?;
    let mut es256 = None;
    let mut rs256 = None;
    for row in rows {
        match row.get::<String>("algorithm")?.as_str() {
            "ES256" => es256 = Some(row.get("uri")?),
            "RS256" => rs256 = Some(row.get("uri")?),
            _ => {}
        }
    }
    Ok(es256.zip(rs256))
}

/// Records a key unless one is known for its algorithm; true where it was recorded.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    algorithm: &str,
    uri: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    tx.execute(
        "INSERT INTO idp_key (algorithm, uri, created_at) VALUES ($1, $2, $3) ON CONFLICT (algorithm) DO NOTHING",
        params![algorithm, uri, now],
    )
    .await
    .map(|changed| changed > 0)
}
