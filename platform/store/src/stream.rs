//! Reads whose rows need not fit in memory.

use std::collections::VecDeque;

use sqlx::postgres::PgRow;
use tokio::sync::mpsc;

use crate::{Row, StoreError, sqlite};

/// The rows of one query, as of one moment, received as they are asked for. The query
/// ends when this is dropped.
#[derive(Debug)]
pub struct RowStream {
    source: Source,
    /// Rows that were received and not returned yet.
    chunk: VecDeque<Row>,
}

#[derive(Debug)]
pub(crate) enum Source {
    Sqlite(mpsc::Receiver<Result<Vec<sqlite::Row>, StoreError>>),
    Postgres(mpsc::Receiver<Result<Vec<PgRow>, StoreError>>),
}

/// How many chunks wait for their reader at most.
pub(crate) const CHUNKS: usize = 2;

impl RowStream {
    pub(crate) fn new(source: Source) -> Self {
        Self {
            source,
            chunk: VecDeque::new(),
        }
    }

    /// The next row; `None` after the last.
    ///
    /// # Errors
    /// Any [`StoreError`], after which there are no more rows.
    pub async fn next(&mut self) -> Result<Option<Row>, StoreError> {
        if self.chunk.is_empty() {
            self.chunk = match &mut self.source {
                Source::Sqlite(chunks) => match chunks.recv().await.transpose()? {
                    Some(chunk) => chunk.into_iter().map(Row::Sqlite).collect(),
                    None => return Ok(None),
                },
                Source::Postgres(chunks) => match chunks.recv().await.transpose()? {
                    Some(chunk) => chunk.into_iter().map(Row::Postgres).collect(),
                    None => return Ok(None),
                },
            };
        }
        Ok(self.chunk.pop_front())
    }
}
