//! Opening a database and bringing its schema up to date.

use std::{str::FromStr, time::Duration};

use sqlx::{
    ConnectOptions, PgPool, SqlitePool,
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

/// A pool of readers of a database that is there already.
pub(super) async fn open_to_read(url: &str) -> Result<Pool, StoreError> {
    if url.starts_with("sqlite:") {
        Ok(Pool::Sqlite(sqlite_readers(sqlite_options(url)?).await?))
    } else {
        Ok(Pool::Postgres(
            postgres_readers(postgres_options(url)?).await?,
        ))
    }
}

async fn open_sqlite(url: &str) -> Result<Opened, StoreError> {
    let options = sqlite_options(url)?;
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
    Ok(Opened {
        read: Pool::Sqlite(sqlite_readers(options).await?),
        write: Pool::Sqlite(write),
    })
}

fn sqlite_options(url: &str) -> Result<SqliteConnectOptions, StoreError> {
    Ok(SqliteConnectOptions::from_str(url)
        .map_err(|error| StoreError::Unavailable(format!("database.url: {error}")))?
        .busy_timeout(BUSY)
        .foreign_keys(true)
        .statement_cache_capacity(256)
        .log_statements(tracing::log::LevelFilter::Trace)
        .log_slow_statements(tracing::log::LevelFilter::Debug, Duration::from_secs(1)))
}

async fn sqlite_readers(options: SqliteConnectOptions) -> Result<SqlitePool, sqlx::Error> {
    SqlitePoolOptions::new()
        .max_connections(SQLITE_READERS)
        .acquire_timeout(ACQUIRE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(options.read_only(true))
        .await
}

async fn open_postgres(url: &str) -> Result<Opened, StoreError> {
    let options = postgres_options(url)?;
    let write = PgPoolOptions::new()
        .max_connections(2)
        .acquire_timeout(ACQUIRE)
        .connect_with(options.clone())
        .await?;
    migrated(POSTGRES_MIGRATIONS.run(&write).await)?;
    Ok(Opened {
        read: Pool::Postgres(postgres_readers(options).await?),
        write: Pool::Postgres(write),
    })
}

fn postgres_options(url: &str) -> Result<PgConnectOptions, StoreError> {
    Ok(PgConnectOptions::from_str(url)
        .map_err(|error| StoreError::Unavailable(format!("database.url: {error}")))?
        .application_name("xinshu")
        .statement_cache_capacity(256)
        .options([
            ("statement_timeout", "10s"),
            ("lock_timeout", "5s"),
            ("synchronous_commit", "on"),
        ])
        .log_statements(tracing::log::LevelFilter::Trace)
        .log_slow_statements(tracing::log::LevelFilter::Debug, Duration::from_secs(1)))
}

async fn postgres_readers(options: PgConnectOptions) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new()
        .max_connections(POSTGRES_READERS)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .connect_with(options)
        .await
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
