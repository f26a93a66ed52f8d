//! What can go wrong with a key, in the kinds that callers distinguish.

use std::{io, path::Path};

use crypto::{KeyAlgorithm, SignatureAlgorithm};

use crate::KeyUsage;

/// A key operation that did not happen.
#[derive(Clone, Debug, thiserror::Error)]
pub enum KeyError {
    /// The device or file is not there now, but may be later. Answer "try again".
    #[error("{store} is unavailable: {reason}")]
    Unavailable {
        /// Which adapter.
        store: String,
        /// What it reported.
        reason: String,
    },
    /// The queue of waiting signatures is full. Answer "try again" at once.
    #[error("{store} is busy: {limit} operations are waiting already")]
    Busy {
        /// Which adapter.
        store: String,
        /// The queue's bound.
        limit: usize,
    },
    /// The operation took longer than its limit.
    #[error("{store} did not answer within {seconds} s")]
    TimedOut {
        /// Which adapter.
        store: String,
        /// The limit in seconds.
        seconds: u64,
    },
    /// The device answered, and refused.
    #[error("{store} refused: {reason}")]
    Refused {
        /// Which adapter.
        store: String,
        /// What it reported.
        reason: String,
    },
    /// No key has this name.
    #[error("no key {uri}")]
    NoSuchKey {
        /// The URI asked for.
        uri: String,
    },
    /// A key of this name exists already.
    #[error("a key {uri} exists already")]
    KeyExists {
        /// The URI asked for.
        uri: String,
    },
    /// The passphrase or PIN is wrong.
    #[error("{store}: wrong PIN or passphrase")]
    BadPin {
        /// Which adapter or file.
        store: String,
    },
    /// A key file is not what it should be.
    #[error("{path} is damaged: {reason}")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Others than the owner can read or write a key file or its folder.
    #[error("{path} has mode {mode:04o}; run: chmod {want:o} {path}")]
    LoosePermissions {
        /// The file or folder.
        path: String,
        /// Its mode now.
        mode: u32,
        /// The mode it must have.
        want: u32,
    },
    /// This adapter, token or key cannot do this algorithm.
    #[error("{store} cannot make {algorithm} keys")]
    UnsupportedKey {
        /// Which adapter.
        store: String,
        /// The algorithm asked for.
        algorithm: KeyAlgorithm,
    },
    /// The key cannot sign with this scheme.
    #[error("a {key} key cannot sign with {signature}")]
    UnsupportedSignature {
        /// The key's algorithm.
        key: KeyAlgorithm,
        /// The scheme asked for.
        signature: SignatureAlgorithm,
    },
    /// Keys of this algorithm do not have such a use.
    #[error("{algorithm} keys cannot be generated to {usage}; possible are {possible}")]
    UnsupportedUsage {
        /// The key's algorithm.
        algorithm: KeyAlgorithm,
        /// The usage asked for.
        usage: KeyUsage,
        /// The usages that the algorithm has.
        possible: KeyUsage,
    },
    /// The key exists, but was generated for something else.
    #[error("{uri} may not {asked}: it was generated to {allowed}")]
    NotPermitted {
        /// The key.
        uri: String,
        /// The use asked for.
        asked: KeyUsage,
        /// Its usage.
        allowed: KeyUsage,
    },
    /// The key was generated without the right to leave its store.
    #[error("{uri} is not exportable; that is decided when a key is generated")]
    NotExportable {
        /// The key.
        uri: String,
    },
    /// The adapter, the token or its mechanisms cannot do this.
    #[error("{store} cannot {operation}")]
    UnsupportedOperation {
        /// Which adapter.
        store: String,
        /// What it cannot do, such as `decrypt with RSAES-OAEP-SHA256`.
        operation: String,
    },
    /// Bytes that were not encrypted for this key, or a peer's key that does not fit it.
    #[error("{uri}: the input does not belong to this key")]
    BadCiphertext {
        /// The key.
        uri: String,
    },
    /// A key URI or setting that cannot be read.
    #[error("{uri:?} is not a key URI: {reason}")]
    BadUri {
        /// The text given.
        uri: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl KeyError {
    /// An I/O error about `path`.
    pub(crate) fn io(path: &Path, error: &io::Error) -> Self {
        Self::Unavailable {
            store: path.display().to_string(),
            reason: error.to_string(),
        }
    }

    /// True if the same call may succeed a little later without anyone's help.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unavailable { .. } | Self::Busy { .. } | Self::TimedOut { .. }
        )
    }
}

impl From<private_files::Error> for KeyError {
    fn from(error: private_files::Error) -> Self {
        match error {
            private_files::Error::Io { path, source } => Self::io(&path, &source),
            private_files::Error::LoosePermissions { path, mode, want } => Self::LoosePermissions {
                path: path.display().to_string(),
                mode,
                want,
            },
        }
    }
}
