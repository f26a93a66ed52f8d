//! Opening a database: migrating it, its readers, its writers.

use std::{path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};
use tokio::{
    runtime::Handle,
    sync::{Mutex, Notify, mpsc, watch},
};

use crate::{
    Schema, StoreError,
    connection::{WriteConnection, within},
    job::{Append, Write},
    readers::Readers,
    schema::migrated,
    writer::{CommitWriter, JobQueue, QUEUE},
};

/// How long SQLite waits for another process' lock while it migrates.
const LOCK_TIMEOUT: Duration = Duration::from_secs(3);
/// Connections that append side by side: while one waits for the disk, the other works.
const POSTGRES_APPENDERS: usize = 2;
/// What connections call themselves (`pg_stat_activity`). Those of 0.1.0 are all named
/// `xinshu`, and may not write any more (migration 6).
const READER: &str = "xinshu-read";
const WRITER: &str = "xinshu-write";
/// No limit, for those who read or change everything.
const WITHOUT_TIMEOUT: [(&str, &str); 2] = [("statement_timeout", "0"), ("lock_timeout", "60s")];

/// Where jobs are enqueued.
#[derive(Clone, Debug)]
pub(crate) struct Queues {
    /// Units of work, which read before they write: one after the other.
    pub(crate) works: mpsc::Sender<Write>,
    /// Rows that nobody reads meanwhile, unless one writer writes everything.
    pub(crate) appends: Option<mpsc::Sender<Append>>,
}

impl Queues {
    /// Queues that nobody serves.
    pub(crate) fn closed() -> Self {
        let (works, _) = mpsc::channel(1);
        Self {
            works,
            appends: None,
        }
    }
}

/// Opens the readers and starts the writers, each of which holds a copy of `running`
/// until it ends.
pub(crate) async fn open(
    url: &str,
    schema: Schema,
    committed: &Arc<Notify>,
    running: watch::Sender<()>,
) -> Result<(Readers, Queues), StoreError> {
    if is_postgres(url) {
        open_postgres(url, schema, committed, running).await
    } else if url.starts_with("sqlite:") {
        open_sqlite(url, schema, committed, running).await
    } else {
        Err(StoreError::Schema(
            "database.url must begin with sqlite: or postgres:".to_owned(),
        ))
    }
}

/// Readers of a database that exists.
pub(crate) async fn open_to_read(url: &str) -> Result<Readers, StoreError> {
    if is_postgres(url) {
        let options = postgres_options(url)?.options(WITHOUT_TIMEOUT);
        Readers::postgres(options).await
    } else {
        Readers::sqlite(&sqlite_path(&sqlite_options(url)?))
    }
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres:") || url.starts_with("postgresql:")
}

async fn open_sqlite(
    url: &str,
    schema: Schema,
    committed: &Arc<Notify>,
    running: watch::Sender<()>,
) -> Result<(Readers, Queues), StoreError> {
    let options = sqlite_options(url)?.journal_mode(SqliteJournalMode::Wal);
    // SQLite creates its log with the mode of the database file (sqlite.org/wal.html).
    private_files::create_if_missing(options.get_filename())
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    let mut connection: SqliteConnection = options.connect().await?;
    migrated(schema.sqlite.run(&mut connection).await)?;
    connection.close().await?;
    let path = sqlite_path(&options);
    let readers = Readers::sqlite(&path)?;
    let (queue, jobs) = queue();
    let connection = WriteConnection::sqlite(path);
    let writer = CommitWriter::new(connection, schema.numbering, Arc::clone(committed));
    // SQLite's calls block, so the writer has a thread.
    let runtime = Handle::current();
    std::thread::Builder::new()
        .name("sqlite-writer".to_owned())
        .spawn(move || {
            runtime.block_on(writer.run(jobs));
            drop(running);
        })
        .map_err(no_thread)?;
    let queues = Queues {
        works: queue,
        appends: None,
    };
    Ok((readers, queues))
}

async fn open_postgres(
    url: &str,
    schema: Schema,
    committed: &Arc<Notify>,
    running: watch::Sender<()>,
) -> Result<(Readers, Queues), StoreError> {
    let options = postgres_options(url)?;
    let migrating = options.clone().options(WITHOUT_TIMEOUT);
    let mut connection = within(migrating.connect()).await?;
    migrated(schema.postgres.run(&mut connection).await)?;
    connection.close().await?;
    let readers = Readers::postgres(options.clone()).await?;
    let (works, work) = queue();
    let (appends, append) = queue();
    let writer = || {
        let connection = WriteConnection::postgres(options.clone().application_name(WRITER));
        CommitWriter::new(connection, schema.numbering, Arc::clone(committed))
    };
    start_postgres_writer(writer(), work, running.clone())?;
    for _ in 0..POSTGRES_APPENDERS {
        let appender = writer().run(Arc::clone(&append));
        let running = running.clone();
        tokio::spawn(async move {
            appender.await;
            drop(running);
        });
    }
    let queues = Queues {
        works,
        appends: Some(appends),
    };
    Ok((readers, queues))
}

/// Units of work need not be `Send`, so their writer has a thread and a runtime.
fn start_postgres_writer(
    writer: CommitWriter,
    jobs: JobQueue<Write>,
    running: watch::Sender<()>,
) -> Result<(), StoreError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(no_thread)?;
    std::thread::Builder::new()
        .name("postgres-writer".to_owned())
        .spawn(move || {
            runtime.block_on(writer.run(jobs));
            drop(running);
        })
        .map(drop)
        .map_err(no_thread)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn no_thread(error: std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("no thread to write: {error}"))
}

fn queue<J>() -> (mpsc::Sender<J>, JobQueue<J>) {
    let (send, receive) = mpsc::channel(QUEUE);
    (send, Arc::new(Mutex::new(receive)))
}

fn sqlite_options(url: &str) -> Result<SqliteConnectOptions, StoreError> {
    Ok(SqliteConnectOptions::from_str(url)
        .map_err(|error| StoreError::Unavailable(format!("database.url: {error}")))?
        .busy_timeout(LOCK_TIMEOUT)
        .log_statements(tracing::log::LevelFilter::Trace))
}

fn sqlite_path(options: &SqliteConnectOptions) -> PathBuf {
    options.get_filename().to_owned()
}

fn postgres_options(url: &str) -> Result<PgConnectOptions, StoreError> {
    Ok(PgConnectOptions::from_str(url)
        .map_err(|error| StoreError::Unavailable(format!("database.url: {error}")))?
        .application_name(READER)
        .statement_cache_capacity(256)
        .options([
            ("statement_timeout", "8s"),
            ("lock_timeout", "5s"),
            ("synchronous_commit", "on"),
        ])
        .log_statements(tracing::log::LevelFilter::Trace)
        .log_slow_statements(tracing::log::LevelFilter::Debug, Duration::from_secs(1)))
}
