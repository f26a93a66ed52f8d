//! What a database must look like, and that it still does.

use sqlx::migrate::{MigrateError, Migrator};

use crate::{EntryNumbering, StoreError};

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

/// Selects the newest migration that a database has had.
pub(crate) const VERSION: &str =
    "SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) AS version FROM _sqlx_migrations";

impl Schema {
    /// The newest migration that this binary knows.
    pub fn version(&self) -> i64 {
        let versions = self.sqlite.iter().map(|migration| migration.version);
        versions.max().unwrap_or_default()
    }

    /// Compares a database's version with this binary's.
    ///
    /// # Errors
    /// [`StoreError::Schema`] unless they are the same.
    pub(crate) fn check(&self, found: i64) -> Result<(), StoreError> {
        match found.cmp(&self.version()) {
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Greater => Err(newer(found)),
            std::cmp::Ordering::Less => Err(StoreError::Schema(format!(
                "it is at migration {found} and this binary needs {}; start `xinshu serve` once, which migrates it",
                self.version()
            ))),
        }
    }
}

fn newer(found: i64) -> StoreError {
    StoreError::Schema(format!(
        "it has migration {found}, which this binary does not know; run the newer xinshu that wrote it"
    ))
}

/// The outcome of a migration in the store's own terms.
pub(crate) fn migrated(outcome: Result<(), MigrateError>) -> Result<(), StoreError> {
    outcome.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            StoreError::from(error)
        }
        MigrateError::VersionMissing(version) => newer(version),
        other => StoreError::Schema(other.to_string()),
    })
}
