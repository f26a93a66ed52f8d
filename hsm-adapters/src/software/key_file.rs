//! One key in one file: PKCS#8, encrypted with PBES2, in PEM.
//!
//! Above the PEM stand two lines that OpenSSL skips (RFC 7468 §2): the key's
//! algorithm, so that a list needs no decryption, and the SHA-256 of the DER,
//! which tells a damaged file from a wrong passphrase. Both may be missing: a
//! file made by `openssl pkcs8 -topk8` serves as well.

use std::{fs, io, path::Path};

use pkcs8::{
    EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef, SecretDocument,
    der::pem::{self, LineEnding},
};

use super::key_pair::KeyPair;
use crate::KeyError;
use crypto::{Digest, KeyAlgorithm};

const LABEL: &str = "ENCRYPTED PRIVATE KEY";
const BEGIN: &str = "-----BEGIN ";
const ALGORITHM: &str = "Algorithm: ";
const CHECKSUM: &str = "SHA-256: ";
/// An RSA-4096 key takes 3.4 kB.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Encrypts a key and writes its file; `AlreadyExists` where there is one.
pub(super) fn create(
    path: &Path,
    algorithm: KeyAlgorithm,
    pkcs8: &SecretDocument,
    passphrase: &str,
) -> io::Result<()> {
    let info = PrivateKeyInfoRef::try_from(pkcs8.as_bytes()).map_err(io::Error::other)?;
    // scrypt with N = 2^14, r = 8, p = 1 and AES-256-CBC: docs/decisions/keys.md.
    let encrypted = info.encrypt(passphrase).map_err(io::Error::other)?;
    let pem = pem::encode_string(LABEL, LineEnding::LF, encrypted.as_bytes())
        .map_err(io::Error::other)?;
    let checksum = hex::encode(Digest::Sha256.hash(encrypted.as_bytes()));
    let text = format!("{ALGORITHM}{algorithm}\n{CHECKSUM}{checksum}\n{pem}");
    private_files::create_new(path, text.as_bytes())
}

/// Reads a file and decrypts its key; takes tens of milliseconds.
pub(super) fn open(path: &Path, passphrase: &str, sm2_id: &str) -> Result<KeyPair, KeyError> {
    let text = read(path)?;
    let der = decode(path, &text)?;
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(&*der)
        .map_err(|_| damaged(path, "it is not an EncryptedPrivateKeyInfo"))?;
    let bad_pin = || KeyError::BadPin {
        store: path.display().to_string(),
    };
    let pkcs8 = encrypted.decrypt(passphrase).map_err(|error| match error {
        // Wrong padding, or a right one by chance around what is no key.
        pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::DecryptFailed)
        | pkcs8::Error::Asn1(_) => bad_pin(),
        other => damaged(path, &format!("its encryption cannot be undone: {other}")),
    })?;
    if PrivateKeyInfoRef::try_from(pkcs8.as_bytes()).is_err() {
        return Err(bad_pin());
    }
    let pair =
        KeyPair::from_pkcs8(pkcs8.as_bytes(), sm2_id).map_err(|reason| damaged(path, reason))?;
    match header(&text, ALGORITHM) {
        Some(name) if name != pair.algorithm().name() => Err(damaged(
            path,
            "its first line names another algorithm than the key's",
        )),
        _ => Ok(pair),
    }
}

/// The algorithm that the file declares, if it does.
pub(super) fn declared_algorithm(path: &Path) -> Result<Option<KeyAlgorithm>, KeyError> {
    let text = read(path)?;
    Ok(header(&text, ALGORITHM).and_then(|name| name.parse().ok()))
}

fn read(path: &Path) -> Result<String, KeyError> {
    private_files::check(path)?;
    let metadata = fs::metadata(path).map_err(|error| KeyError::io(path, &error))?;
    if metadata.len() > MAX_FILE_BYTES {
        return Err(damaged(path, "it is too long for a key"));
    }
    let bytes = fs::read(path).map_err(|error| KeyError::io(path, &error))?;
    String::from_utf8(bytes).map_err(|_| damaged(path, "it is not PEM"))
}

fn decode(path: &Path, text: &str) -> Result<Vec<u8>, KeyError> {
    let start = text
        .find(BEGIN)
        .ok_or_else(|| damaged(path, "it is not PEM"))?;
    let (label, der) = pem::decode_vec(&text.as_bytes()[start..])
        .map_err(|error| damaged(path, &format!("its PEM does not decode: {error}")))?;
    if label != LABEL {
        return Err(damaged(path, &format!("it holds {label:?}, not {LABEL:?}")));
    }
    match header(text, CHECKSUM) {
        Some(checksum) if checksum != hex::encode(Digest::Sha256.hash(&der)) => {
            Err(damaged(path, "its checksum does not match"))
        }
        _ => Ok(der),
    }
}

fn header<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .take_while(|line| !line.starts_with(BEGIN))
        .find_map(|line| line.strip_prefix(name))
        .map(str::trim)
}

fn damaged(path: &Path, reason: &str) -> KeyError {
    KeyError::Damaged {
        path: path.display().to_string(),
        reason: reason.to_owned(),
    }
}
