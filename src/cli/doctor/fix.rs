//! What to do about a node that does not open.

use hsm_adapters::KeyError;
use platform_store::StoreError;

/// The fix for the cause of `error`.
pub(super) fn of(error: &anyhow::Error) -> String {
    if let Some(error) = key_error(error) {
        of_key(error)
    } else if let Some(error) = store_error(error) {
        of_store(error).to_owned()
    } else {
        "do what the message says; xinshu init sets up what is missing".to_owned()
    }
}

/// The key's error among the causes, whichever service met it.
fn key_error(error: &anyhow::Error) -> Option<&KeyError> {
    error.chain().find_map(|cause| {
        if let Some(ca::Error::Key(error)) = cause.downcast_ref() {
            return Some(error);
        }
        if let Some(tsa::Error::Key(error)) = cause.downcast_ref() {
            return Some(error);
        }
        cause.downcast_ref()
    })
}

/// The same for the database's.
fn store_error(error: &anyhow::Error) -> Option<&StoreError> {
    error.chain().find_map(|cause| {
        if let Some(ca::Error::Store(error)) = cause.downcast_ref() {
            return Some(error);
        }
        if let Some(tsa::Error::Store(error)) = cause.downcast_ref() {
            return Some(error);
        }
        cause.downcast_ref()
    })
}

fn of_key(error: &KeyError) -> String {
    match error {
        KeyError::Unavailable { .. } | KeyError::Busy { .. } | KeyError::TimedOut { .. } => {
            "start or connect the device; keys.store names it".to_owned()
        }
        KeyError::Refused { .. } => {
            "look at the device's own log; keys.store and its pin-source say how it is opened"
                .to_owned()
        }
        KeyError::NoSuchKey { uri } => {
            format!("restore {uri} from a backup, or run only services whose keys are here: --only")
        }
        KeyError::BadPin { .. } => "use the right one: keys.passphrase_file, \
             XINSHU_KEYS__PASSPHRASE or the credential xinshu-passphrase for files, \
             pin-source in keys.store for a device"
            .to_owned(),
        KeyError::Damaged { path, .. } => format!("restore {path} from a backup"),
        KeyError::LoosePermissions { path, want, .. } => format!("chmod {want:o} {path}"),
        KeyError::UnsupportedUsage { .. }
        | KeyError::NotPermitted { .. }
        | KeyError::NotExportable { .. }
        | KeyError::BadCiphertext { .. } => {
            "generate a key for this use: xinshu hsm generate --usage".to_owned()
        }
        KeyError::UnsupportedOperation { .. }
        | KeyError::KeyExists { .. }
        | KeyError::UnsupportedKey { .. }
        | KeyError::UnsupportedSignature { .. }
        | KeyError::BadUri { .. } => "correct keys.store; docs/settings.md has examples".to_owned(),
    }
}

fn of_store(error: &StoreError) -> &'static str {
    match error {
        StoreError::Schema(_) => "run the newer xinshu that wrote this database",
        StoreError::Conflict(_) | StoreError::MissingParent(_) | StoreError::Unexpected(_) => {
            "somebody else changed the database: restore it from a backup"
        }
        StoreError::Unavailable(_)
        | StoreError::Raced(_)
        | StoreError::Busy
        | StoreError::Stopped => {
            "start the database's server, or make the file's disk writable and free space on it; \
             database.url names it"
        }
    }
}
