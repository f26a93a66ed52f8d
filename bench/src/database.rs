//! The database alone: the same rows in the same tables, durably, in bulk.

use std::{
    str::FromStr as _,
    time::{Duration, Instant},
};

use anyhow::Result;
use aws_lc_rs::rand::SystemRandom;
use platform_store::Store;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

/// One column's value.
#[derive(Clone, Copy)]
enum Column {
    /// A serial number of 20 bytes, as the server makes them.
    Key,
    /// The number after the last.
    Serial,
    /// The time, in microseconds.
    Time,
    /// A number.
    Number,
    /// Text of so many characters.
    Text(usize),
    /// Binary of so many bytes.
    Blob(usize),
}

/// Rows of one table: its name, its columns and their values.
pub(crate) struct Rows {
    table: &'static str,
    columns: &'static str,
    values: &'static [Column],
}

const AUDIT: Rows = Rows {
    table: "audit_entry",
    columns: "id, written_at, action, body",
    values: &[
        Column::Serial,
        Column::Time,
        Column::Text(20),
        Column::Text(380),
    ],
};

const INTENT: Rows = Rows {
    table: "ca_intent",
    columns: "serial, authority_id, tbs_digest, at",
    values: &[Column::Key, Column::Text(7), Column::Blob(32), Column::Time],
};

const ISSUED: Rows = Rows {
    table: "ca_certificate",
    columns: "serial, authority_id, profile, profile_version, subject, requester, issued_at, not_after, der",
    values: &[
        Column::Key,
        Column::Text(7),
        Column::Text(10),
        Column::Time,
        Column::Text(30),
        Column::Text(30),
        Column::Time,
        Column::Time,
        Column::Blob(780),
    ],
};

const STAMPED: Rows = Rows {
    table: "tsa_token",
    columns: "serial, unit, policy, gen_time, digest, imprint",
    values: &[
        Column::Key,
        Column::Text(7),
        Column::Text(20),
        Column::Time,
        Column::Text(6),
        Column::Blob(32),
    ],
};

const CODE: Rows = Rows {
    table: "bench_code",
    columns: "id, body, at, done",
    values: &[Column::Key, Column::Text(400), Column::Time, Column::Number],
};

/// An issued certificate leaves its intent, itself and its audit entry.
pub(crate) const CERTIFICATE: &[Rows] = &[INTENT, ISSUED, AUDIT];
/// A time-stamp leaves its record and its audit entry.
pub(crate) const STAMP: &[Rows] = &[STAMPED, AUDIT];
/// An access token leaves its audit entry.
pub(crate) const TOKEN: &[Rows] = &[AUDIT];
/// A sign-in leaves a code and the audit entries of its issue and of its redemption.
pub(crate) const SIGN_IN: &[Rows] = &[CODE, AUDIT, AUDIT];

/// Rows of one multi-row INSERT, and such INSERTs of one transaction for each table.
const STATEMENT: usize = 128;
const STATEMENTS: usize = 4;

/// Operations a second whose rows the database takes in bulk; a transaction is on
/// disk when it ends. `url` names a database of the benchmark's own.
pub(crate) async fn bulk(url: &str, operation: &[Rows], time: Duration) -> Result<f64> {
    // Makes the very tables that the server has.
    Store::open(url, migrations::schema()).await?.close().await;
    let mut done = 0_usize;
    let mut serial = jiff::Timestamp::now().as_microsecond();
    let started;
    macro_rules! insert_for_a_while {
        ($connection:ident) => {
            started = Instant::now();
            while started.elapsed() < time {
                let mut transaction = $connection.begin().await?;
                for rows in operation {
                    for _ in 0..STATEMENTS {
                        let mut query = sqlx::query(AssertSqlSafe(rows.insert()));
                        for value in rows
                            .values
                            .iter()
                            .cycle()
                            .take(STATEMENT * rows.values.len())
                        {
                            query = match value {
                                Column::Key => query.bind(serial_number()?),
                                Column::Serial => {
                                    serial += 1;
                                    query.bind(serial)
                                }
                                Column::Time => query.bind(jiff::Timestamp::now().as_microsecond()),
                                Column::Number => query.bind(0_i64),
                                Column::Text(length) => query.bind("x".repeat(*length)),
                                Column::Blob(length) => query.bind(vec![0xA5_u8; *length]),
                            };
                        }
                        query.execute(&mut *transaction).await?;
                    }
                }
                transaction.commit().await?;
                done += STATEMENT * STATEMENTS;
            }
        };
    }
    let code = |integer, blob| {
        format!(
            "CREATE TABLE IF NOT EXISTS bench_code \
             (id {blob} PRIMARY KEY, body TEXT NOT NULL, at {integer} NOT NULL, done {integer} NOT NULL)"
        )
    };
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnectOptions::from_str(url)?
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .connect()
            .await?;
        sqlx::query(AssertSqlSafe(code("INTEGER", "BLOB")))
            .execute(&mut connection)
            .await?;
        insert_for_a_while!(connection);
    } else {
        let mut connection = PgConnectOptions::from_str(url)?.connect().await?;
        sqlx::query(AssertSqlSafe(code("BIGINT", "BYTEA")))
            .execute(&mut connection)
            .await?;
        insert_for_a_while!(connection);
    }
    Ok(done as f64 / started.elapsed().as_secs_f64())
}

impl Rows {
    fn insert(&self) -> String {
        let width = self.values.len();
        let row = |row: usize| {
            let parameters: Vec<String> = (1..=width)
                .map(|column| format!("${}", row * width + column))
                .collect();
            format!("({})", parameters.join(", "))
        };
        let rows: Vec<String> = (0..STATEMENT).map(row).collect();
        format!(
            "INSERT INTO {} ({}) VALUES {}",
            self.table,
            self.columns,
            rows.join(", ")
        )
    }
}

fn serial_number() -> Result<Vec<u8>> {
    let serial = pki::SerialNumber::new(jiff::Timestamp::now(), &SystemRandom::new())?;
    Ok(serial.as_bytes().to_vec())
}
