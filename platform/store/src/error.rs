//! What can go wrong with the database, in the kinds that callers must distinguish.

use rusqlite::ffi;

/// A read or write that did not happen.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The server is gone, the file is locked, or the disk is full; it may recover by itself.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// A transaction lost to another node's (a deadlock, a lock that was held too
    /// long) and was rolled back whole: trying again is safe.
    #[error("the database rolled back in favor of another transaction: {0}")]
    Raced(String),
    /// More writes are waiting than the queue holds.
    #[error("the database is busy: its queue of writes is full")]
    Busy,
    /// A row with this key exists already, or a referenced one does not.
    #[error("the database refused a row: {0}")]
    Conflict(String),
    /// The row that an appended row of this table belongs to does not exist any more.
    #[error("the database has no parent for a row of {0}")]
    MissingParent(&'static str),
    /// The database is newer than this binary, or its schema was altered.
    #[error("the database does not fit this version of xinshu: {0}")]
    Schema(String),
    /// The process is stopping.
    #[error("the store is closed")]
    Stopped,
    /// A row that this program cannot have written, or a statement that is not allowed.
    #[error("the database returned something unexpected: {0}")]
    Unexpected(String),
}

impl StoreError {
    /// True if the caller's own rows or statements are at fault.
    pub(crate) fn is_of_the_row(&self) -> bool {
        matches!(
            self,
            Self::Conflict(_) | Self::MissingParent(_) | Self::Unexpected(_)
        )
    }

    /// True where the same call may succeed a little later without a change of the request.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_) | Self::Raced(_) | Self::Busy | Self::Stopped
        )
    }
}

/// SQLite's primary result codes that mean "not now" (sqlite.org/rescode.html).
fn sqlite_reason(code: i32) -> Option<&'static str> {
    match code & 0xff {
        5 | 6 => Some("the file is locked by another process"),
        8 => Some("the file or its folder is read-only"),
        10 => Some("the disk failed a read or write"),
        13 => Some("the disk is full"),
        14 => Some("the file cannot be opened"),
        _ => None,
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                if database.is_unique_violation()
                    || database.is_foreign_key_violation()
                    || database.is_check_violation()
                {
                    return Self::Conflict(database.message().to_owned());
                }
                let code = database.code().unwrap_or_default();
                if database
                    .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
                    .is_some()
                {
                    // PostgreSQL appendix A: 08 connection, 53 resources, 57 operator
                    // intervention, 58 system error; 40001, 40P01 and 55P03 are lost races.
                    if ["40001", "40P01", "55P03"].contains(&code.as_ref()) {
                        return Self::Raced(database.message().to_owned());
                    }
                    let class = code.get(..2).unwrap_or_default();
                    // 40003: it is unknown whether it was committed.
                    if code == "40003"
                        || ["08", "53", "57", "58"].contains(&class)
                        || code == "25006"
                    {
                        return Self::Unavailable(database.message().to_owned());
                    }
                } else if let Some(reason) = code.parse().ok().and_then(sqlite_reason) {
                    // While it is migrated: all else of SQLite is rusqlite's.
                    return Self::Unavailable(format!("{reason} ({})", database.message()));
                }
                Self::Unexpected(error.to_string())
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error.to_string()),
            _ => Self::Unexpected(error.to_string()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        // Extended result codes of constraints whose breach is the row's own fault.
        const CONSTRAINTS: [i32; 4] = [
            ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
            ffi::SQLITE_CONSTRAINT_UNIQUE,
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY,
            ffi::SQLITE_CONSTRAINT_CHECK,
        ];
        let Some(code) = error.sqlite_error().map(|error| error.extended_code) else {
            return Self::Unexpected(error.to_string());
        };
        match sqlite_reason(code) {
            Some(reason) => Self::Unavailable(format!("{reason} ({error})")),
            None if CONSTRAINTS.contains(&code) => Self::Conflict(error.to_string()),
            None => Self::Unexpected(error.to_string()),
        }
    }
}
