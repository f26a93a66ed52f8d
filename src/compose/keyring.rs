//! The stores of private keys that the settings name.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result, anyhow};
use crypto::Sm2Mechanisms;
use hsm_adapters::{Keyring, KeyringSettings, Sm2Settings, read_passphrase};
use platform_runtime::settings::Keys;

/// Opens every adapter that the settings name.
pub(crate) async fn open_keyring(keys: &Keys) -> Result<Keyring> {
    // systemd's credential and the environment come before the file.
    let passphrase = match read_passphrase(None)? {
        Some(passphrase) => Some(passphrase),
        None => {
            let file = Path::new(&keys.passphrase_file);
            if file.exists() {
                read_passphrase(Some(file))?
            } else {
                None
            }
        }
    };
    let settings = KeyringSettings {
        software_dir: keys.folder.clone().into(),
        passphrase,
        default_store: keys.store.clone(),
        further_stores: keys.stores.split_whitespace().map(str::to_owned).collect(),
        queue: keys.queue as usize,
        timeout: Duration::from_secs(keys.timeout_seconds.into()),
        sessions: keys.sessions as usize,
        sm2: Sm2Settings {
            id: keys.sm2_id.clone(),
            mechanisms: sm2_mechanisms(keys)
                .map_err(|error| anyhow!("keys.sm2_mechanisms: {error}"))?,
        },
    };
    Keyring::open(settings)
        .await
        .context("keys.store, keys.stores")
}

/// What the token calls SM2; `None` if the setting is empty.
pub(super) fn sm2_mechanisms(keys: &Keys) -> Result<Option<Sm2Mechanisms>, &'static str> {
    let text = keys.sm2_mechanisms.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some)
}
