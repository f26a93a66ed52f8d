//! The database alone: the same rows, durably, in bulk, as fast as it takes them.

use std::{
    str::FromStr as _,
    time::{Duration, Instant},
};

use anyhow::Result;
use aws_lc_rs::rand;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

/// The rows that one operation leaves: how many bytes of text or binary each has.
#[derive(Clone, Copy)]
pub(crate) struct Rows(pub(crate) &'static [usize]);

/// An issued certificate: intent, certificate, audit entry.
pub(crate) const CERTIFICATE: Rows = Rows(&[90, 1000, 420]);
/// A time-stamp: token and audit entry.
pub(crate) const STAMP: Rows = Rows(&[130, 400]);
/// An access token: its audit entry.
pub(crate) const TOKEN: Rows = Rows(&[400]);

/// Rows of one multi-row INSERT, and rows of one transaction.
const STATEMENT: usize = 128;
const TRANSACTION: usize = 1024;

/// Operations a second whose rows the database takes in bulk: each row has a
/// random key, as ours have, and is on disk when its transaction ends.
pub(crate) async fn bulk(url: &str, rows: Rows, time: Duration) -> Result<f64> {
    let sql = insert();
    let mut inserted = 0_usize;
    let create = |blob| {
        format!("CREATE TABLE IF NOT EXISTS bulk (id {blob} PRIMARY KEY, body {blob} NOT NULL)")
    };
    let values = |turn: usize| {
        let mut key = vec![0; 16];
        // A failure would leave zeros, and the second row would then be refused.
        let _ = rand::fill(&mut key);
        (key, vec![b'x'; rows.0[turn % rows.0.len()]])
    };
    let started;
    if url.starts_with("sqlite:") {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let mut connection = options.connect().await?;
        sqlx::query(AssertSqlSafe(create("BLOB")))
            .execute(&mut connection)
            .await?;
        started = Instant::now();
        while started.elapsed() < time {
            let mut transaction = connection.begin().await?;
            for _ in 0..TRANSACTION / STATEMENT {
                let mut query = sqlx::query(AssertSqlSafe(sql.clone()));
                for turn in inserted..inserted + STATEMENT {
                    let (key, body) = values(turn);
                    query = query.bind(key).bind(body);
                }
                query.execute(&mut *transaction).await?;
                inserted += STATEMENT;
            }
            transaction.commit().await?;
        }
    } else {
        let mut connection = PgConnectOptions::from_str(url)?.connect().await?;
        sqlx::query(AssertSqlSafe(create("BYTEA")))
            .execute(&mut connection)
            .await?;
        started = Instant::now();
        while started.elapsed() < time {
            let mut transaction = connection.begin().await?;
            for _ in 0..TRANSACTION / STATEMENT {
                let mut query = sqlx::query(AssertSqlSafe(sql.clone()));
                for turn in inserted..inserted + STATEMENT {
                    let (key, body) = values(turn);
                    query = query.bind(key).bind(body);
                }
                query.execute(&mut *transaction).await?;
                inserted += STATEMENT;
            }
            transaction.commit().await?;
        }
    }
    let rate = inserted as f64 / started.elapsed().as_secs_f64();
    Ok(rate / rows.0.len() as f64)
}

fn insert() -> String {
    let rows: Vec<String> = (0..STATEMENT)
        .map(|row| format!("(${}, ${})", 2 * row + 1, 2 * row + 2))
        .collect();
    format!("INSERT INTO bulk (id, body) VALUES {}", rows.join(", "))
}
