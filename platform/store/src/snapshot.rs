//! Reads whose rows need not fit in memory, and several reads as of one moment.

use std::{collections::VecDeque, marker::PhantomData};

use tokio::sync::mpsc;

use crate::{Row, StoreError, Value};

/// Rows that are sent together.
pub(crate) const CHUNK: usize = 256;
/// How many chunks wait for their reader at most.
const CHUNKS: usize = 2;

/// Where the rows of a query are sent.
pub(crate) type Chunks = mpsc::Sender<Result<Vec<Row>, StoreError>>;

/// A query for the connection of a snapshot.
pub(crate) struct SnapshotQuery {
    pub(crate) sql: &'static str,
    pub(crate) params: Vec<Value>,
    pub(crate) chunks: Chunks,
}

/// The database as of one moment: all of its reads see the same rows, whatever is
/// written meanwhile. It has a connection to itself, and its reads may take long.
#[derive(Debug)]
pub struct Snapshot {
    queries: mpsc::Sender<SnapshotQuery>,
}

/// The rows of one query, received as they are asked for. The query ends when this is
/// dropped.
#[derive(Debug)]
pub struct RowStream<'s> {
    chunks: mpsc::Receiver<Result<Vec<Row>, StoreError>>,
    /// Rows that were received and not returned yet.
    received: VecDeque<Row>,
    /// A connection executes one query at a time.
    snapshot: PhantomData<&'s mut Snapshot>,
}

impl Snapshot {
    pub(crate) fn new(queries: mpsc::Sender<SnapshotQuery>) -> Self {
        Self { queries }
    }

    /// The rows of a query, one after the other.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn stream(
        &mut self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<RowStream<'_>, StoreError> {
        let (chunks, receiver) = mpsc::channel(CHUNKS);
        let query = SnapshotQuery {
            sql,
            params,
            chunks,
        };
        if self.queries.send(query).await.is_err() {
            return Err(StoreError::Unavailable(
                "the connection of a snapshot has ended".to_owned(),
            ));
        }
        Ok(RowStream {
            chunks: receiver,
            received: VecDeque::new(),
            snapshot: PhantomData,
        })
    }

    /// A stream that holds the snapshot's connection until its end.
    pub(crate) async fn into_stream(
        mut self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<RowStream<'static>, StoreError> {
        let stream = self.stream(sql, params).await?;
        Ok(RowStream {
            chunks: stream.chunks,
            received: VecDeque::new(),
            snapshot: PhantomData,
        })
    }

    /// The rows of a query that returns few.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn fetch_all(
        &mut self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let mut stream = self.stream(sql, params).await?;
        let mut rows = Vec::new();
        while let Some(row) = stream.next().await? {
            rows.push(row);
        }
        Ok(rows)
    }

    /// The first row of a query, if there is one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn fetch_optional(
        &mut self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch_all(sql, params).await?.into_iter().next())
    }
}

impl RowStream<'_> {
    /// The next row; `None` after the last.
    ///
    /// # Errors
    /// Any [`StoreError`], after which there are no more rows.
    pub async fn next(&mut self) -> Result<Option<Row>, StoreError> {
        if self.received.is_empty() {
            match self.chunks.recv().await.transpose()? {
                Some(chunk) => self.received = chunk.into(),
                None => return Ok(None),
            }
        }
        Ok(self.received.pop_front())
    }
}
