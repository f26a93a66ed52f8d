//! Opening a database and bringing its schema up to date.

use std::{str::FromStr, time::Duration};

use sqlx::{
    ConnectOptions,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Pool, StoreError};

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("../migrations/postgres");

/// How long a caller waits for a connection before it is told "unavailable".
const ACQUIRE: Duration = Duration::from_secs(3);
/// How long SQLite waits for another process' lock.
const BUSY: Duration = Duration::from_secs(3);
const SQLITE_READERS: u32 = 4;
const POSTGRES_READERS: u32 = 8;

pub(super) struct Opened {
    pub(super) read: Pool,
    pub(super) write: Pool,
}

pub(super) async fn open(url: &str) -> Result<Opened, StoreError> {
    if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        open_postgres(url).await
    } else if url.starts_with("sqlite:") {
        open_sqlite(url).await
    } else {
        Err(StoreError::Schema(
            "database.url must begin with sqlite: or postgres:".to_owned(),
        ))
    }
}

async fn open_sqlite(url: &str) -> Result<Opened, StoreError> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|error| StoreError::Unavailable(format!("database.url: {error}")))?
        .busy_timeout(BUSY)
        .foreign_keys(true)
        .statement_cache_capacity(256)
        .log_statements(tracing::log::LevelFilter::Trace)
        .log_slow_statements(tracing::log::LevelFilter::Debug, Duration::from_secs(1));
    // WAL with synchronous=FULL: a commit is on disk when it returns
    // (sqlite.org/pragma.html#pragma_synchronous).
    let write = options
        .clone()
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // A checkpoint each 16 MiB of log rather than each 4: fewer fsyncs of the file itself.
        .pragma("wal_autocheckpoint", "4000")
        .pragma("cache_size", "-8192");
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .acquire_timeout(ACQUIRE)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(write)
        .await?;
    migrated(SQLITE_MIGRATIONS.run(&write).await)?;
    let read = SqlitePoolOptions::new()
        .max_connections(SQLITE_READERS)
        .acquire_timeout(ACQUIRE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(options.read_only(true))
        .await?;
    Ok(Opened {
        read: Pool::Sqlite(read),
        write: Pool::Sqlite(write),
    })
}

async fn open_postgres(url: &str) -> Result<Opened, StoreError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| StoreError::Unavailable(format!("database.url: {error}")))?
        .application_name("xinshu")
        .statement_cache_capacity(256)
        .options([
            ("statement_timeout", "10s"),
            ("lock_timeout", "5s"),
            ("synchronous_commit", "on"),
        ])
        .log_statements(tracing::log::LevelFilter::Trace)
        .log_slow_statements(tracing::log::LevelFilter::Debug, Duration::from_secs(1));
    let pool = |connections| {
        PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE)
    };
    let write = pool(2).connect_with(options.clone()).await?;
    migrated(POSTGRES_MIGRATIONS.run(&write).await)?;
    let read = pool(POSTGRES_READERS)
        .test_before_acquire(false)
        .connect_with(options)
        .await?;
    Ok(Opened {
        read: Pool::Postgres(read),
        write: Pool::Postgres(write),
    })
}

fn migrated(outcome: Result<(), MigrateError>) -> Result<(), StoreError> {
    outcome.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            StoreError::from(error)
        }
        MigrateError::VersionMissing(version) => StoreError::Schema(format!(
            "it has migration {version}, which this binary does not know; run the newer xinshu that wrote it"
        )),
        other => StoreError::Schema(other.to_string()),
    })
}
