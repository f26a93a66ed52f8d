//! The one line that scripts and tests wait for.

use std::io::Write as _;

use anyhow::Result;

use super::listeners::Addresses;

/// Prints it to standard output.
pub(super) fn print(addresses: Addresses) -> Result<()> {
    let Addresses {
        https,
        mtls,
        http,
        ops,
    } = addresses;
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready https={https} mtls={mtls} http={http} ops={ops}")?;
    out.flush()?;
    tracing::info!(%https, %mtls, %http, %ops, "ready");
    Ok(())
}
