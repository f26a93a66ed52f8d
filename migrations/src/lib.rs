#![forbid(unsafe_code)]
//! The schema of a node's database: numbered SQL files, the same numbers for both
//! databases, and who numbers the entries of its log.

use platform_store::Schema;

static SQLITE: sqlx::migrate::Migrator = sqlx::migrate!("./sqlite");
static POSTGRES: sqlx::migrate::Migrator = sqlx::migrate!("./postgres");

/// The schema that this binary reads and writes.
pub fn schema() -> Schema {
    Schema {
        sqlite: &SQLITE,
        postgres: &POSTGRES,
        numbering: &platform_log::ENTRY_NUMBERING,
    }
}
