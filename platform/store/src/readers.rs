//! The connections that read.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::postgres::PgConnectOptions;

use crate::{Backend, Row, Snapshot, StoreError, Value, in_time, pool::Pool, postgres, sqlite};

/// How long a search may take.
pub const SEARCH_TIMEOUT: Duration = Duration::from_secs(3);

/// How many threads of SQLite read.
const SQLITE_READERS: usize = 4;
/// How many reads may wait for them.
const SQLITE_WAITING: usize = 8192;
/// How many connections of PostgreSQL read.
const POSTGRES_READERS: usize = 8;
/// How many searches run at the same time.
const SEARCHERS: usize = 2;
/// How many searches may wait for their turn.
const SEARCHES_WAITING: usize = 64;

/// Two sets of them: however many people search at the same time, sign-ins and requests
/// find their readers free.
#[derive(Clone, Debug)]
pub(crate) enum Readers {
    Sqlite {
        path: PathBuf,
        reads: sqlite::Readers,
        searches: sqlite::Readers,
    },
    Postgres {
        reads: Pool,
        searches: Pool,
    },
}

impl Readers {
    pub(crate) fn sqlite(path: &Path) -> Result<Self, StoreError> {
        let open = sqlite::Readers::open;
        Ok(Self::Sqlite {
            path: path.to_owned(),
            reads: open(path, "sqlite-reader", SQLITE_READERS, SQLITE_WAITING)?,
            searches: open(path, "sqlite-search", SEARCHERS, SEARCHES_WAITING)?,
        })
    }

    pub(crate) async fn postgres(options: PgConnectOptions) -> Result<Self, StoreError> {
        // The server ends a search even if the connection is lost meanwhile.
        let timeout = SEARCH_TIMEOUT.as_millis().to_string();
        // It plans each one for itself: the best index depends on what is searched for.
        let searching = options.clone().options([
            ("statement_timeout", timeout.as_str()),
            ("plan_cache_mode", "force_custom_plan"),
        ]);
        Ok(Self::Postgres {
            reads: Pool::connect(options, POSTGRES_READERS).await?,
            searches: Pool::new(searching, SEARCHERS),
        })
    }

    pub(crate) fn backend(&self) -> Backend {
        match self {
            Self::Sqlite { .. } => Backend::Sqlite,
            Self::Postgres { .. } => Backend::Postgres,
        }
    }

    pub(crate) async fn fetch(
        &self,
        timeout: Duration,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite { reads, .. } => {
                let rows = in_time(timeout, reads.fetch(sql, params)).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres { reads, .. } => {
                // Boxed: most requests are answered from caches, and their futures would
                // hold the state of a read all the same.
                let rows = Box::pin(reads.fetch(timeout, sql, params)).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    pub(crate) async fn search(
        &self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite { searches, .. } => {
                let rows = in_time(SEARCH_TIMEOUT, searches.fetch(sql, params)).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres { searches, .. } => {
                // A task, which keeps its place among the searches until the server has
                // ended the statement, even if the caller has gone.
                let searches = searches.clone();
                let search =
                    tokio::spawn(async move { searches.fetch(SEARCH_TIMEOUT, sql, params).await });
                let rows = search.await.map_err(|_| StoreError::Stopped)??;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// The database as of now, on a connection of its own.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        match self {
            Self::Sqlite { path, .. } => sqlite::open_snapshot(path),
            Self::Postgres { reads, .. } => {
                postgres::open_snapshot(reads.connect_for_snapshot().await?).await
            }
        }
    }

    pub(crate) async fn close(self) {
        if let Self::Postgres { reads, searches } = self {
            reads.close().await;
            searches.close().await;
        }
    }
}
