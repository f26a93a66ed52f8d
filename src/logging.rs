//! Structured logs on standard error.

use anyhow::{Context as _, Result};
use platform::settings::{Log, LogFormat};
use tracing_subscriber::{EnvFilter, filter::ParseError, fmt, prelude::*};

/// What is logged.
///
/// # Errors
/// Where `log.level` is none.
pub(crate) fn filter(log: &Log) -> Result<EnvFilter, ParseError> {
    // The database driver and TLS tell in their own words what we tell in ours.
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
