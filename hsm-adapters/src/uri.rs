//! Key URIs: `software:LABEL` and RFC 7512 `pkcs11:…`.

mod pkcs11;

use std::{fmt, str::FromStr};

pub use self::pkcs11::Pkcs11Uri;
use crate::KeyError;

/// Where a key is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeyUri {
    /// In the software key store.
    Software {
        /// The key's name, which is also its file's.
        label: String,
    },
    /// On a PKCS#11 token.
    Pkcs11(Box<Pkcs11Uri>),
}

impl KeyUri {
    /// The name of the key in its store; `None` for an address without a label.
    pub fn label(&self) -> Option<&str> {
        match self {
            Self::Software { label } => Some(label),
            Self::Pkcs11(uri) => uri.object.as_deref(),
        }
    }
}

impl FromStr for KeyUri {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        match text.split_once(':') {
            Some((SOFTWARE, label)) => {
                check_label(label)?;
                Ok(Self::Software {
                    label: label.to_owned(),
                })
            }
            Some((pkcs11::SCHEME, _)) => Ok(Self::Pkcs11(Box::new(text.parse()?))),
            _ => Err(bad_uri(
                text,
                "it starts with neither software: nor pkcs11:",
            )),
        }
    }
}

impl fmt::Display for KeyUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Software { label } => write!(f, "{SOFTWARE}:{label}"),
            Self::Pkcs11(uri) => uri.fmt(f),
        }
    }
}

/// Refuses a label that could not name a file: `[A-Za-z0-9._-]{1,64}`, and no
/// dot in front, which would hide the file.
pub(crate) fn check_label(label: &str) -> Result<(), KeyError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if label.is_empty() || label.len() > 64 || label.starts_with('.') || !label.bytes().all(allowed)
    {
        return Err(bad_uri(
            label,
            "a label has 1 to 64 of A-Z a-z 0-9 . _ - and no dot in front",
        ));
    }
    Ok(())
}

pub(crate) fn bad_uri(uri: &str, reason: impl Into<String>) -> KeyError {
    KeyError::BadUri {
        uri: uri.to_owned(),
        reason: reason.into(),
    }
}

pub(crate) const SOFTWARE: &str = "software";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_leave_the_folder_are_refused() {
        for label in [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            ".hidden",
            "a b",
            "鑰",
            &"a".repeat(65),
        ] {
            assert!(
                format!("software:{label}").parse::<KeyUri>().is_err(),
                "{label:?}"
            );
        }
        let uri = "software:issuing-2026.a_B".parse::<KeyUri>().unwrap();
        assert_eq!(uri.to_string(), "software:issuing-2026.a_B");
    }

    #[test]
    fn other_schemes_are_refused() {
        for text in ["", "software", "file:/etc/passwd", "pkcs12:token=a"] {
            assert!(matches!(
                text.parse::<KeyUri>(),
                Err(KeyError::BadUri { .. })
            ));
        }
    }
}
