//! How rows of a log get their numbers: declared here, implemented by the log.

use std::{fmt::Debug, ops::Range};

use futures_util::future::BoxFuture;

use crate::{StoreError, Tx};

/// Numbers the rows that [`crate::AppendBatch::numbered_row`] adds.
///
/// Each connection that writes has a range of numbers to itself, so that none waits
/// for another.
pub trait EntryNumbering: Debug + Send + Sync {
    /// Reserves a range of numbers for one connection.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if another connection reserved it at the same time;
    /// the store tries again.
    fn reserve<'t>(&'t self, tx: &'t mut Tx<'_>) -> BoxFuture<'t, Result<Range<i64>, StoreError>>;

    /// Whether a row with this number exists.
    ///
    /// # Errors
    /// Any [`StoreError`].
    fn is_taken<'t>(
        &'t self,
        tx: &'t mut Tx<'_>,
        number: i64,
    ) -> BoxFuture<'t, Result<bool, StoreError>>;
}
