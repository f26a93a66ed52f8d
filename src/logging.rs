//! Structured logs on standard error.

use anyhow::{Context as _, Result};
use platform_runtime::settings::{Log, LogFormat};
use tracing_subscriber::{EnvFilter, filter::ParseError, fmt, prelude::*};

/// What is logged.
///
/// # Errors
/// If `log.level` is not a filter.
pub(crate) fn filter(log: &Log) -> Result<EnvFilter, ParseError> {
    // We report what the database driver and TLS would log in their own words.
    EnvFilter::try_new(format!("{},sqlx=error,rustls=error,h2=error", log.level))
}

/// Starts logging as the settings say.
pub(crate) fn start(log: &Log) -> Result<()> {
    let registry = tracing_subscriber::registry().with(filter(log).context("log.level")?);
    match log.format {
        LogFormat::Json => registry
            .with(
                fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_writer(std::io::stderr),
            )
            .try_init(),
        LogFormat::Text => registry
            .with(fmt::layer().with_writer(std::io::stderr))
            .try_init(),
    }
    .context("logging")
}
