//! The connections that read from PostgreSQL.
//!
//! `sqlx`'s own pool pings a connection each time it is returned, which costs every
//! read another round trip. This one never pings: a read that finds its connection
//! broken is executed again by another one.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection,
    postgres::{PgConnectOptions, PgRow},
};
use tokio::sync::Semaphore;

use crate::{StoreError, Value, connection::within, postgres};

/// How long a read may wait for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// The pool. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Pool(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: PgConnectOptions,
    /// One permit for each connection that may be in use.
    permits: Semaphore,
    /// Those not in use; the last one used is the first to be used again.
    idle: Mutex<Vec<PgConnection>>,
}

impl Pool {
    /// A pool that has connected once, so that a wrong address or password is reported
    /// at the start.
    pub(crate) async fn connect(
        options: PgConnectOptions,
        connections: usize,
    ) -> Result<Self, StoreError> {
        let first = within(options.connect()).await?;
        let pool = Self::new(options, connections);
        pool.0.idle.lock().push(first);
        Ok(pool)
    }

    /// A pool of so many `connections` at most, made when they are needed.
    pub(crate) fn new(options: PgConnectOptions, connections: usize) -> Self {
        Self(Arc::new(Inner {
            options,
            permits: Semaphore::new(connections),
            idle: Mutex::default(),
        }))
    }

    /// The rows of a query.
    pub(crate) async fn fetch(
        &self,
        timeout: Duration,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<PgRow>, StoreError> {
        let permit = tokio::time::timeout(ACQUIRE_TIMEOUT, self.0.permits.acquire());
        let Ok(Ok(_permit)) = permit.await else {
            return Err(StoreError::Unavailable(format!(
                "no connection was free within {} s",
                ACQUIRE_TIMEOUT.as_secs()
            )));
        };
        // After a restart of the server every idle connection is broken.
        while let Some(connection) = self.take_idle() {
            match self
                .fetch_by(connection, timeout, sql, params.clone())
                .await
            {
                Err(Failure::Broken(error)) => {
                    tracing::debug!(%error, "a connection to the database was broken");
                }
                outcome => return outcome.map_err(StoreError::from),
            }
        }
        let connection = self.connect_another().await?;
        let outcome = self.fetch_by(connection, timeout, sql, params).await;
        Ok(outcome?)
    }

    /// A connection outside the pool, whose statements may take long.
    pub(crate) async fn connect_for_snapshot(&self) -> Result<PgConnection, StoreError> {
        let options = self.0.options.clone();
        within(options.options([("statement_timeout", "0")]).connect()).await
    }

    async fn connect_another(&self) -> Result<PgConnection, StoreError> {
        within(self.0.options.connect()).await
    }

    /// Executes the query and returns the connection to the pool, unless it is broken,
    /// or this future is dropped while the query runs.
    async fn fetch_by(
        &self,
        mut connection: PgConnection,
        timeout: Duration,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<PgRow>, Failure> {
        let rows = postgres::fetch(&mut connection, sql, params);
        let Ok(rows) = tokio::time::timeout(timeout, rows).await else {
            return Err(Failure::Query(crate::late(timeout)));
        };
        match rows {
            Err(error) if is_broken(&error) => Err(Failure::Broken(error.into())),
            rows => {
                self.0.idle.lock().push(connection);
                rows.map_err(|error| Failure::Query(error.into()))
            }
        }
    }

    fn take_idle(&self) -> Option<PgConnection> {
        self.0.idle.lock().pop()
    }

    /// Closes the connections that are not in use.
    pub(crate) async fn close(self) {
        while let Some(connection) = self.take_idle() {
            // The process ends: a server that does not hear it notices by itself.
            let _ = within(connection.close()).await;
        }
    }
}

/// Why a query returned no rows.
enum Failure {
    /// The connection had ended.
    Broken(StoreError),
    /// The query itself failed.
    Query(StoreError),
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Broken(error) | Failure::Query(error) => error,
        }
    }
}

/// Whether it is the connection that failed (PostgreSQL appendix A: class 57P).
fn is_broken(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| code.starts_with("57P")),
        _ => false,
    }
}
