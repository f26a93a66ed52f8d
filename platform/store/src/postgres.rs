//! PostgreSQL: its statements, and rows appended by the column.

use futures_util::StreamExt as _;
use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection, Postgres,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use tokio::sync::mpsc;

use crate::{
    Parent, Row, Snapshot, StoreError, Table, Value,
    append_batch::ByTable,
    snapshot::{CHUNK, SnapshotQuery},
};

/// Executes a statement and returns how many rows it changed.
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

/// Begins a snapshot on a connection of its own.
pub(crate) async fn open_snapshot(mut connection: PgConnection) -> Result<Snapshot, StoreError> {
    // The snapshot is taken by the first statement after BEGIN.
    sqlx::raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .execute(&mut connection)
        .await?;
    fetch(&mut connection, "SELECT 1", vec![]).await?;
    let (send, mut queries) = mpsc::channel::<SnapshotQuery>(1);
    tokio::spawn(async move {
        while let Some(query) = queries.recv().await {
            let chunks = query.chunks.clone();
            let abandoned = async {
                chunks.closed().await;
                if !queries.is_closed() {
                    // Another query may follow on this connection.
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = send_rows(&mut connection, query) => {}
                // The connection is dropped as it is, and the server notices.
                () = abandoned => return,
            }
        }
        let _ = connection.close().await;
    });
    Ok(Snapshot::new(send))
}

/// Sends the rows of a query, as fast as they are received.
async fn send_rows(connection: &mut PgConnection, query: SnapshotQuery) {
    let mut chunk = Vec::with_capacity(CHUNK);
    let mut rows = bound(query.sql, query.params).fetch(connection);
    while let Some(row) = rows.next().await {
        match row {
            Ok(row) => chunk.push(Row::Postgres(row)),
            Err(error) => {
                let _ = query.chunks.send(Err(error.into())).await;
                return;
            }
        }
        if chunk.len() == CHUNK {
            let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK));
            // The receiver may have stopped reading.
            if query.chunks.send(Ok(full)).await.is_err() {
                return;
            }
        }
    }
    if !chunk.is_empty() {
        let _ = query.chunks.send(Ok(chunk)).await;
    }
}

/// Appends rows of any number and any tables by one statement: all of them or none.
pub(crate) async fn append(
    connection: &mut PgConnection,
    tables: &ByTable<'_>,
) -> Result<(), StoreError> {
    if tables.is_empty() {
        return Ok(());
    }
    if let Some((table, _)) = tables.iter().find(|(_, rows)| !are_alike(rows)) {
        return Err(StoreError::Unexpected(format!(
            "rows of {} differ in their columns' types",
            table.name
        )));
    }
    let mut query = sqlx::query::<Postgres>(AssertSqlSafe(insert(tables)));
    for (table, rows) in tables {
        for column in 0..table.columns.len() {
            query = bind_column(query, rows, column);
        }
    }
    for (_, rows) in with_parent(tables) {
        query = query.bind(rows.len() as i64);
    }
    match query.execute(connection).await {
        Ok(_) => Ok(()),
        Err(error) => Err(match with_parent(tables).next() {
            Some((table, _)) if is_division_by_zero(&error) => {
                StoreError::MissingParent(table.name)
            }
            _ => error.into(),
        }),
    }
}

fn with_parent<'t, 'r>(
    tables: &'t ByTable<'r>,
) -> impl Iterator<Item = &'t (&'static Table, Vec<&'r [Value]>)> {
    tables.iter().filter(|(table, _)| table.parent.is_some())
}

/// How [`insert`] makes a statement fail that found too few parents.
fn is_division_by_zero(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    error.is_some_and(|error| error.code().as_deref() == Some("22012"))
}

/// `INSERT … SELECT * FROM UNNEST(…)` for each table, in one statement with the others.
///
/// Rows with a parent are joined with it. The parents are locked, and the statement
/// fails, and is undone as a whole, unless each row found its own.
fn insert(tables: &ByTable<'_>) -> String {
    let mut place = 0;
    let inserts: Vec<String> = tables
        .iter()
        .map(|(table, rows)| {
            let first = rows.first().copied().unwrap_or_default();
            let arrays: Vec<String> = first
                .iter()
                .map(|value| {
                    place += 1;
                    format!("${place}::{}[]", type_of(value))
                })
                .collect();
            insert_into(table, &arrays.join(", "))
        })
        .collect();
    if let [one] = inserts.as_slice()
        && with_parent(tables).next().is_none()
    {
        return one.clone();
    }
    let parts: Vec<String> = inserts
        .iter()
        .enumerate()
        .map(|(number, insert)| format!("t{number} AS ({insert})"))
        .collect();
    let counts: Vec<String> = tables
        .iter()
        .enumerate()
        .filter(|(_, (table, _))| table.parent.is_some())
        .map(|(number, _)| {
            place += 1;
            format!("1 / (CASE WHEN (SELECT COUNT(*) FROM t{number}) = ${place}::BIGINT THEN 1 ELSE 0 END)")
        })
        .collect();
    let check = if counts.is_empty() {
        "1".to_owned()
    } else {
        counts.join(", ")
    };
    format!("WITH {} SELECT {check}", parts.join(", "))
}

fn insert_into(table: &Table, arrays: &str) -> String {
    let columns = table.columns.join(", ");
    match &table.parent {
        None => format!(
            "INSERT INTO {} ({columns}) SELECT * FROM UNNEST({arrays})",
            table.name
        ),
        Some(Parent {
            table: parent,
            key,
            column,
        }) => format!(
            "INSERT INTO {} ({columns}) SELECT r.* FROM UNNEST({arrays}) AS r ({columns}) \
             JOIN {parent} AS p ON p.{key} = r.{column} FOR KEY SHARE OF p RETURNING 1",
            table.name
        ),
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

    #[test]
    fn tables_are_written_by_one_statement() {
        static A: Table = Table {
            name: "a",
            columns: &["x", "y"],
            parent: None,
        };
        static B: Table = Table {
            name: "b",
            columns: &["z"],
            parent: None,
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
    fn rows_with_a_parent_are_joined_with_it_and_counted() {
        static CODES: Table = Table {
            name: "code",
            columns: &["hash", "session_id"],
            parent: Some(Parent {
                table: "session",
                key: "id",
                column: "session_id",
            }),
        };
        let row = [Value::from([1_u8]), Value::from("s")];
        assert_eq!(
            insert(&vec![(&CODES, vec![&row[..]])]),
            "WITH t0 AS (INSERT INTO code (hash, session_id) \
             SELECT r.* FROM UNNEST($1::BYTEA[], $2::TEXT[]) AS r (hash, session_id) \
             JOIN session AS p ON p.id = r.session_id FOR KEY SHARE OF p RETURNING 1) \
             SELECT 1 / (CASE WHEN (SELECT COUNT(*) FROM t0) = $3::BIGINT THEN 1 ELSE 0 END)"
        );
    }

    #[test]
    fn rows_of_different_types_are_distinguished() {
        let (number, text) = ([Value::from(1_i64)], [Value::from("one")]);
        let nothing = [Value::Int(None)];
        assert!(are_alike(&[]));
        assert!(are_alike(&[&number, &nothing]));
        assert!(!are_alike(&[&number, &text]));
        assert!(!are_alike(&[&number, &[]]));
    }
}
