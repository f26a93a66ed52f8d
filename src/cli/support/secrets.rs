//! Secrets, which are never arguments.

use std::io::Read as _;

use anyhow::{Context as _, Result, bail};
use zeroize::Zeroizing;

/// Reads a secret from standard input: all of it except the line end.
pub(crate) fn secret_from_stdin() -> Result<Zeroizing<String>> {
    const LONGEST: u64 = 4096;
    let mut secret = Zeroizing::new(String::new());
    std::io::stdin()
        .lock()
        .take(LONGEST)
        .read_to_string(&mut secret)
        .context("standard input")?;
    let trimmed = secret.trim_end_matches(['\r', '\n']);
    if trimmed.is_empty() {
        bail!("standard input is empty; write the secret to it");
    }
    Ok(Zeroizing::new(trimmed.to_owned()))
}
