//! Printing: tables for people, JSON for programs.

use std::io::Write as _;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::Common;

/// Prints a value as indented JSON.
pub(crate) fn json(value: &Value) -> Result<()> {
    line(&serde_json::to_string_pretty(value)?)
}

/// Prints one line. A reader that has seen enough (`| head`) is no failure.
pub(crate) fn line(text: &str) -> Result<()> {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).context("standard output")
        }
        _ => Ok(()),
    }
}

/// Prints some members of each item of a list, or of a page of one, as columns; as JSON,
/// an array of all of them.
pub(crate) fn table(list: &Value, columns: &[&str], as_json: bool) -> Result<()> {
    let list = list.get("items").unwrap_or(list);
    if as_json {
        return json(list);
    }
    let rows: Vec<Vec<String>> = list
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| columns.iter().map(|column| text(&row[*column])).collect())
        .collect();
    let width = |index: usize| {
        let cells = rows.iter().map(|row| row[index].chars().count());
        cells.max().unwrap_or(0).max(columns[index].len())
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let print = |cells: Vec<String>| {
        let padded = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        line(padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    print(columns.iter().map(|column| column.to_uppercase()).collect())?;
    rows.into_iter().try_for_each(print)
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Prints the response as JSON, or one line about it.
pub(crate) fn print_result(common: &Common, response: &Value, summary: &str) -> Result<()> {
    if common.json {
        json(response)
    } else {
        line(summary)
    }
}
