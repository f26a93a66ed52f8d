//! Structured logs on standard error.

use anyhow::{Context as _, Result};
use platform::settings::{Log, LogFormat};
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

/// Starts logging as the settings say.
pub(crate) fn start(log: &Log) -> Result<()> {
    // The database driver and TLS tell in their own words what we tell in ours.
    let filter = EnvFilter::try_new(format!("{},sqlx=error,rustls=error,h2=error", log.level))
        .context("log.level")?;
    let registry = tracing_subscriber::registry().with(filter);
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
