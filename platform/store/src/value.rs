//! Parameters and rows that fit both databases.
//!
//! Only three column types are used: BIGINT, TEXT and BYTEA (BLOB). Times are
//! microseconds since 1970 in a BIGINT, truth values 0 and 1.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{
    ToSql,
    types::{ToSqlOutput, Value as Column},
};
use sqlx::{Decode, Postgres, Row as _, Type, postgres::PgRow};

use crate::StoreError;

/// One parameter of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A BIGINT.
    Int(Option<i64>),
    /// A TEXT.
    Text(Option<String>),
    /// A BYTEA or BLOB.
    Blob(Option<Vec<u8>>),
}

macro_rules! value_from {
    ($($type:ty => $variant:ident, $convert:expr;)*) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(Some($convert(value)))
            }
        }
        impl From<Option<$type>> for Value {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value.map($convert))
            }
        }
    )*};
}

value_from! {
    i64 => Int, std::convert::identity;
    i32 => Int, i64::from;
    u32 => Int, i64::from;
    bool => Int, i64::from;
    Timestamp => Int, |time: Timestamp| time.as_microsecond();
    String => Text, std::convert::identity;
    &str => Text, str::to_owned;
    Vec<u8> => Blob, std::convert::identity;
    &[u8] => Blob, <[u8]>::to_vec;
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(value: [u8; N]) -> Self {
        Self::Blob(Some(value.to_vec()))
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(Some(value.clone()))
    }
}

impl From<&Vec<u8>> for Value {
    fn from(value: &Vec<u8>) -> Self {
        Self::Blob(Some(value.clone()))
    }
}

/// One row of a result.
#[derive(Debug)]
pub enum Row {
    /// From SQLite.
    Sqlite(SqliteRow),
    /// From PostgreSQL.
    Postgres(PgRow),
}

/// One row of SQLite.
#[derive(Debug)]
pub struct SqliteRow {
    pub(crate) names: Arc<[String]>,
    pub(crate) columns: Vec<Column>,
}

impl SqliteRow {
    fn column(&self, name: &str) -> Option<&Column> {
        let index = self.names.iter().position(|known| known == name)?;
        self.columns.get(index)
    }
}

/// A type that a column of either database can be read as: `i64`, `String`,
/// `Vec<u8>`, or an `Option` of one.
pub trait ColumnType: for<'r> Decode<'r, Postgres> + Type<Postgres> {
    /// Reads SQLite's value; none where it is of another type.
    fn from_sqlite(value: &Column) -> Option<Self>
    where
        Self: Sized;
}

macro_rules! column_type {
    ($type:ty, $variant:ident) => {
        impl ColumnType for $type {
            fn from_sqlite(value: &Column) -> Option<Self> {
                match value {
                    Column::$variant(value) => Some(value.clone()),
                    _ => None,
                }
            }
        }
    };
}

column_type!(i64, Integer);
column_type!(String, Text);
column_type!(Vec<u8>, Blob);

impl<T: ColumnType> ColumnType for Option<T>
where
    Self: for<'r> Decode<'r, Postgres> + Type<Postgres>,
{
    fn from_sqlite(value: &Column) -> Option<Self> {
        match value {
            Column::Null => Some(None),
            value => T::from_sqlite(value).map(Some),
        }
    }
}

impl Row {
    /// The column `name`.
    ///
    /// # Errors
    /// [`StoreError::Unexpected`] if no column has that name and type.
    pub fn get<T: ColumnType>(&self, name: &str) -> Result<T, StoreError> {
        match self {
            Self::Sqlite(row) => row
                .column(name)
                .and_then(T::from_sqlite)
                .ok_or_else(|| StoreError::Unexpected(format!("no such column: {name}"))),
            Self::Postgres(row) => row.try_get(name).map_err(StoreError::from),
        }
    }

    /// The column `name` as a time.
    ///
    /// # Errors
    /// As [`Row::get`].
    pub fn time(&self, name: &str) -> Result<Timestamp, StoreError> {
        to_time(self.get(name)?)
    }

    /// The column `name` as a time, or none where it is NULL.
    ///
    /// # Errors
    /// As [`Row::get`].
    pub fn optional_time(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        self.get::<Option<i64>>(name)?.map(to_time).transpose()
    }

    /// The column `name` as a truth value.
    ///
    /// # Errors
    /// As [`Row::get`].
    pub fn flag(&self, name: &str) -> Result<bool, StoreError> {
        Ok(self.get::<i64>(name)? != 0)
    }
}

fn to_time(microseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(microseconds)
        .map_err(|error| StoreError::Unexpected(error.to_string()))
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Int(value) => value.to_sql(),
            Self::Text(value) => value.to_sql(),
            Self::Blob(value) => value.to_sql(),
        }
    }
}
