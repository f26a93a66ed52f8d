//! Opening a database and bringing its schema up to date.

use std::{path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    ConnectOptions as _, Connection as _, PgPool, SqliteConnection,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};
use tokio::{
    runtime::Handle,
    sync::{Mutex, Notify, mpsc, watch},
};

use crate::{
    EntryNumbering, Pool, StoreError,
    connection::Link,
    job::Job,
    sqlite::Readers,
    writer::{Lane, QUEUE, Queue},
};

/// What a database must look like, and who numbers the entries of its log.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// The numbered files for SQLite.
    pub sqlite: &'static Migrator,
    /// The same for PostgreSQL.
    pub postgres: &'static Migrator,
    /// The log's numbering.
    pub numbering: &'static dyn EntryNumbering,
}

/// How long a caller waits for a connection before it is told "unavailable".
const ACQUIRE: Duration = Duration::from_secs(3);
/// How long SQLite waits for another process' lock while it migrates.
const BUSY: Duration = Duration::from_secs(3);
const POSTGRES_READERS: u32 = 8;
/// Connections that append side by side: while one waits for the disk, the other works.
const POSTGRES_APPENDERS: usize = 2;

/// The ways to the lanes that write.
#[derive(Clone, Debug)]
pub(crate) struct Queues {
    /// Units of work, which read before they write: one after the other.
    pub(crate) works: mpsc::Sender<Job>,
    /// Rows that nobody reads meanwhile.
    pub(crate) appends: mpsc::Sender<Job>,
}

impl Queues {
    /// Queues that nobody serves.
    pub(crate) fn closed() -> Self {
        let (works, _) = mpsc::channel(1);
        Self {
            appends: works.clone(),
            works,
        }
    }
}

/// Opens the pool of readers and starts the lanes that write, each of which holds a
/// copy of `running` until it ends.
pub(crate) async fn open(
    url: &str,
    schema: Schema,
    audited: &Arc<Notify>,
    running: watch::Sender<()>,
) -> Result<(Pool, Queues), StoreError> {
    if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        open_postgres(url, schema, audited, running).await
    } else if url.starts_with("sqlite:") {
        open_sqlite(url, schema, audited, running).await
    } else {
        Err(StoreError::Schema(
            "database.url must begin with sqlite: or postgres:".to_owned(),
        ))
    }
}

/// A pool of readers of a database that is there already.
pub(crate) async fn open_to_read(url: &str) -> Result<Pool, StoreError> {
    if url.starts_with("sqlite:") {
        Ok(Pool::Sqlite(Readers::open(&sqlite_path(&sqlite_options(
            url,
        )?))?))
    } else {
        Ok(Pool::Postgres(
            // Who reads everything may take long over a statement.
            postgres_readers(postgres_options(url)?.options([("statement_timeout", "0")])).await?,
        ))
    }
}

async fn open_sqlite(
    url: &str,
    schema: Schema,
    audited: &Arc<Notify>,
    running: watch::Sender<()>,
) -> Result<(Pool, Queues), StoreError> {
    let options = sqlite_options(url)?.journal_mode(SqliteJournalMode::Wal);
    // SQLite creates its log with the mode of the database file (sqlite.org/wal.html).
    private_files::create_if_missing(options.get_filename())
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    let mut connection: SqliteConnection = options.connect().await?;
    migrated(schema.sqlite.run(&mut connection).await)?;
    connection.close().await?;
    let path = sqlite_path(&options);
    let readers = Readers::open(&path)?;
    let (queue, jobs) = queue();
    let lane = Lane::new(Link::sqlite(path), schema.numbering, Arc::clone(audited));
    // SQLite's calls block, so their lane has a thread of its own.
    let runtime = Handle::current();
    std::thread::Builder::new()
        .name("sqlite-writer".to_owned())
        .spawn(move || {
            runtime.block_on(lane.run(jobs));
            drop(running);
        })
        .map_err(|error| StoreError::Unavailable(format!("no thread to write: {error}")))?;
    let queues = Queues {
        works: queue.clone(),
        appends: queue,
    };
    Ok((Pool::Sqlite(readers), queues))
}

fn queue() -> (mpsc::Sender<Job>, Queue) {
    let (send, receive) = mpsc::channel(QUEUE);
    (send, Arc::new(Mutex::new(receive)))
}

fn sqlite_options(url: &str) -> Result<SqliteConnectOptions, StoreError> {
    Ok(SqliteConnectOptions::from_str(url)
        .map_err(|error| StoreError::Unavailable(format!("database.url: {error}")))?
        .busy_timeout(BUSY)
        .log_statements(tracing::log::LevelFilter::Trace))
}

fn sqlite_path(options: &SqliteConnectOptions) -> PathBuf {
    options.get_filename().to_owned()
}

async fn open_postgres(
    url: &str,
    schema: Schema,
    audited: &Arc<Notify>,
    running: watch::Sender<()>,
) -> Result<(Pool, Queues), StoreError> {
    let options = postgres_options(url)?;
    let read = postgres_readers(options.clone()).await?;
    migrated(schema.postgres.run(&read).await)?;
    let lane = || {
        let link = Link::postgres(options.clone());
        Lane::new(link, schema.numbering, Arc::clone(audited))
    };
    let (works, work) = queue();
    let (appends, append) = queue();
    let serve = |jobs| {
        let (lane, running) = (lane(), running.clone());
        tokio::spawn(async move {
            lane.run(jobs).await;
            drop(running);
        });
    };
    serve(work);
    for _ in 0..POSTGRES_APPENDERS {
        serve(Arc::clone(&append));
    }
    Ok((Pool::Postgres(read), Queues { works, appends }))
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
