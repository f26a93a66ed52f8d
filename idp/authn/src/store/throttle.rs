//! `idp_throttle`: attempts by account and by address, for all nodes.

use jiff::Timestamp;
use platform_store::{StoreError, Tx, params};

/// Until when attempts under `name` are rejected, if they are.
pub(crate) async fn closed_until(
    tx: &mut Tx<'_>,
    name: &str,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    tx.fetch_optional(
        "SELECT closed_until FROM idp_throttle WHERE name = $1 AND closed_until > $2",
        params![name, now],
    )
    .await?
    .map(|row| row.time("closed_until"))
    .transpose()
}

/// Counts an attempt and returns how many there were; the count restarts after a pause since `forget`.
pub(crate) async fn count(
    tx: &mut Tx<'_>,
    name: &str,
    now: Timestamp,
    forget: Timestamp,
) -> Result<i64, StoreError> {
    tx.execute_returning_optional(
        "INSERT INTO idp_throttle (name, attempts, last_at, closed_until) VALUES ($1, 1, $2, 0)
         ON CONFLICT (name) DO UPDATE SET last_at = $2,
             attempts = CASE WHEN idp_throttle.last_at < $3 THEN 1 ELSE idp_throttle.attempts + 1 END
         RETURNING attempts",
        params![name, now, forget],
    )
    .await?
    .map_or(Ok(1), |row| row.get("attempts"))
}

pub(crate) async fn close(tx: &mut Tx<'_>, name: &str, until: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE idp_throttle SET closed_until = $2 WHERE name = $1",
        params![name, until],
    )
    .await
    .map(|_| ())
}

/// Forgets all attempts under `name`.
pub(crate) async fn reset(tx: &mut Tx<'_>, name: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM idp_throttle WHERE name = $1", params![name])
        .await
        .map(|_| ())
}

/// Subtracts one attempt, and opens what it closed itself, which others may have closed again
/// since.
pub(crate) async fn discount(
    tx: &mut Tx<'_>,
    name: &str,
    closed_by_it: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE idp_throttle SET attempts = attempts - 1,
             closed_until = CASE WHEN closed_until = $2 THEN 0 ELSE closed_until END
         WHERE name = $1 AND attempts > 0",
        params![name, closed_by_it],
    )
    .await
    .map(|_| ())
}

pub(crate) async fn delete_before(
    tx: &mut Tx<'_>,
    before: Timestamp,
    most: i64,
) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM idp_throttle WHERE name IN
             (SELECT name FROM idp_throttle WHERE last_at < $1 LIMIT $2)",
        params![before, most],
    )
    .await
}
