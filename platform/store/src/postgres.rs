//! PostgreSQL: its statements, and rows appended by the column.

use std::time::Duration;

use sqlx::{
    AssertSqlSafe, PgConnection, PgPool, Postgres,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use crate::{StoreError, Value, append_batch::ByTable};

/// Runs a statement and tells how many rows it changed.
pub(crate) async fn execute(
    connection: &mut PgConnection,
    sql: &'static str,
    params: Vec<Value>,
) -> Result<u64, sqlx::Error> {
    let done = bound(sql, params).execute(connection).await?;
    Ok(done.rows_affected())
}

/// The rows of a query, or of a statement with RETURNING.
pub(crate) async fn fetch<'c>(
    connection: impl sqlx::PgExecutor<'c>,
    sql: &'static str,
    params: Vec<Value>,
) -> Result<Vec<PgRow>, sqlx::Error> {
    bound(sql, params).fetch_all(connection).await
}

/// Reads by one of the pool's connections, by another one where the server has
/// ended it since it was last used.
pub(crate) async fn read(
    pool: &PgPool,
    patience: Duration,
    sql: &'static str,
    params: Vec<Value>,
) -> Result<Vec<PgRow>, StoreError> {
    let mut left = pool.size();
    loop {
        let mut connection = pool.acquire().await?;
        let rows = fetch(&mut *connection, sql, params.clone());
        match tokio::time::timeout(patience, rows).await {
            Ok(Err(error)) if is_broken(&error) && left > 0 => {
                tracing::debug!(%error, "a connection to the database had ended");
                left -= 1;
            }
            Ok(rows) => return Ok(rows?),
            Err(_) => {
                // Given back, it would keep its place in the pool until the network
                // gives it up.
                drop(connection.detach());
                return Err(crate::late(patience));
            }
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

/// Appends rows of any number and any tables by one statement: all of them or none.
pub(crate) async fn append(
    connection: &mut PgConnection,
    tables: &ByTable<'_>,
) -> Result<(), sqlx::Error> {
    if tables.is_empty() {
        return Ok(());
    }
    if let Some(table) = tables.iter().find(|(_, rows)| !are_alike(rows)) {
        let reason = format!("rows of {} differ in their columns' types", table.0.name);
        return Err(sqlx::Error::Encode(reason.into()));
    }
    let mut query = sqlx::query::<Postgres>(AssertSqlSafe(insert(tables)));
    for (table, rows) in tables {
        for column in 0..table.columns.len() {
            query = bind_column(query, rows, column);
        }
    }
    query.execute(connection).await.map(|_| ())
}

/// `INSERT … SELECT * FROM UNNEST(…)` for each table, in one statement with the others.
fn insert(tables: &ByTable<'_>) -> String {
    let mut place = 0;
    let inserts: Vec<String> = tables
        .iter()
        .map(|(table, rows)| {
            let arrays: Vec<String> = rows
                .first()
                .into_iter()
                .copied()
                .flatten()
                .map(|value| {
                    place += 1;
                    format!("${place}::{}[]", type_of(value))
                })
                .collect();
            format!(
                "INSERT INTO {} ({}) SELECT * FROM UNNEST({})",
                table.name,
                table.columns.join(", "),
                arrays.join(", ")
            )
        })
        .collect();
    match inserts.as_slice() {
        [one] => one.clone(),
        several => {
            let parts: Vec<String> = several
                .iter()
                .enumerate()
                .map(|(number, insert)| format!("t{number} AS ({insert})"))
                .collect();
            format!("WITH {} SELECT 1", parts.join(", "))
        }
    }
}

/// Whether all rows have columns of the same types: the first one's become the arrays'.
fn are_alike(rows: &[&[Value]]) -> bool {
    let mut all = rows
        .iter()
        .map(|row| row.iter().map(std::mem::discriminant));
    let Some(first) = all.next() else { return true };
    let first: Vec<_> = first.collect();
    all.all(|row| row.eq(first.iter().copied()))
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Int(_) => "BIGINT",
        Value::Text(_) => "TEXT",
        Value::Blob(_) => "BYTEA",
    }
}

type Bound<'q> = Query<'q, Postgres, PgArguments>;

/// One column of all rows as an array. A column has one type, whatever its values are.
fn bind_column<'q>(query: Bound<'q>, rows: &[&'q [Value]], column: usize) -> Bound<'q> {
    macro_rules! array {
        ($variant:ident, $borrow:ident) => {
            query.bind(
                rows.iter()
                    .map(|row| match row.get(column) {
                        Some(Value::$variant(value)) => value.$borrow(),
                        _ => None,
                    })
                    .collect::<Vec<_>>(),
            )
        };
    }
    match rows.first().and_then(|row| row.get(column)) {
        Some(Value::Text(_)) => array!(Text, as_deref),
        Some(Value::Blob(_)) => array!(Blob, as_deref),
        _ => query.bind(
            rows.iter()
                .map(|row| match row.get(column) {
                    Some(Value::Int(value)) => *value,
                    _ => None,
                })
                .collect::<Vec<_>>(),
        ),
    }
}

fn bound(sql: &'static str, values: Vec<Value>) -> Bound<'static> {
    let mut query = sqlx::query::<Postgres>(sql);
    for value in values {
        query = match value {
            Value::Int(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
            Value::Blob(value) => query.bind(value),
        };
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Table;

    #[test]
    fn tables_are_written_by_one_statement() {
        static A: Table = Table {
            name: "a",
            columns: &["x", "y"],
        };
        static B: Table = Table {
            name: "b",
            columns: &["z"],
        };
        let (first, second) = ([Value::from(1_i64), "one".into()], [Value::from([1_u8])]);
        let tables: ByTable<'_> = vec![(&A, vec![&first]), (&B, vec![&second])];
        assert_eq!(
            insert(&tables),
            "WITH t0 AS (INSERT INTO a (x, y) SELECT * FROM UNNEST($1::BIGINT[], $2::TEXT[])), \
             t1 AS (INSERT INTO b (z) SELECT * FROM UNNEST($3::BYTEA[])) SELECT 1"
        );
    }

    #[test]
    fn rows_of_other_types_are_told_apart() {
        let (number, text) = ([Value::from(1_i64)], [Value::from("one")]);
        let nothing = [Value::Int(None)];
        assert!(are_alike(&[]));
        assert!(are_alike(&[&number, &nothing]));
        assert!(!are_alike(&[&number, &text]));
        assert!(!are_alike(&[&number, &[]]));
    }
}
