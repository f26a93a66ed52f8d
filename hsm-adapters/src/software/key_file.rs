//! One key in one file: PKCS#8, encrypted with PBES2, in PEM.
//!
//! Above the PEM are lines that OpenSSL skips (RFC 7468 §2): the key's algorithm and
//! usage, so that a list needs no decryption, and the SHA-256 of the DER, which
//! distinguishes a damaged file from a wrong passphrase. All may be missing: a file
//! made by `openssl pkcs8 -topk8` is a key that signs and is not exportable.

use std::{fs, io, path::Path};

use pkcs8::{
    EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef, SecretDocument,
    der::pem::{self, LineEnding},
};

use super::key_pair::KeyPair;
use crate::{KeyError, KeySpec, KeyUsage};
use crypto::Digest;

const LABEL: &str = "ENCRYPTED PRIVATE KEY";
const BEGIN: &str = "-----BEGIN ";
const ALGORITHM: &str = "Algorithm: ";
const USAGE: &str = "Usage: ";
const EXPORTABLE: &str = "Exportable: ";
const CHECKSUM: &str = "SHA-256: ";
/// An RSA-4096 key takes 3.4 kB.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Encrypts a key and writes its file; `AlreadyExists` if there is one.
pub(super) fn create(path: &Path, spec: KeySpec, pkcs8: &[u8], passphrase: &str) -> io::Result<()> {
    let info = PrivateKeyInfoRef::try_from(pkcs8).map_err(io::Error::other)?;
    // scrypt with N = 2^14, r = 8, p = 1 and AES-256-CBC: docs/decisions/keys.md.
    let encrypted = info.encrypt(passphrase).map_err(io::Error::other)?;
    let pem = pem::encode_string(LABEL, LineEnding::LF, encrypted.as_bytes())
        .map_err(io::Error::other)?;
    let checksum = hex::encode(Digest::Sha256.hash(encrypted.as_bytes()));
    let KeySpec {
        algorithm, usage, ..
    } = spec;
    let exportable = if spec.exportable { "yes" } else { "no" };
    let text = format!(
        "{ALGORITHM}{algorithm}\n{USAGE}{usage}\n{EXPORTABLE}{exportable}\n{CHECKSUM}{checksum}\n{pem}"
    );
    private_files::create_new(path, text.as_bytes())
}

/// Reads a file and decrypts its key; takes tens of milliseconds.
pub(super) fn open(path: &Path, passphrase: &str, sm2_id: &str) -> Result<KeyPair, KeyError> {
    let text = read(path)?;
    let pkcs8 = decrypt(path, &text, passphrase)?;
    let (usage, exportable) = declared_usage(path, &text)?;
    let pair = KeyPair::from_pkcs8(pkcs8.as_bytes(), usage, exportable, sm2_id)
        .map_err(|reason| damaged(path, reason))?;
    match header(&text, ALGORITHM) {
        Some(name) if name != pair.spec().algorithm.name() => Err(damaged(
            path,
            "its first line names another algorithm than the key's",
        )),
        _ => Ok(pair),
    }
}

/// Reads a file and decrypts it: the key in PKCS#8.
pub(super) fn read_pkcs8(path: &Path, passphrase: &str) -> Result<SecretDocument, KeyError> {
    decrypt(path, &read(path)?, passphrase)
}

/// What the file declares its key to be, if it does.
pub(super) fn declared_spec(path: &Path) -> Result<Option<KeySpec>, KeyError> {
    let text = read(path)?;
    let (usage, exportable) = declared_usage(path, &text)?;
    let algorithm = header(&text, ALGORITHM).and_then(|name| name.parse().ok());
    Ok(algorithm.map(|algorithm| KeySpec {
        algorithm,
        usage,
        exportable,
    }))
}

fn declared_usage(path: &Path, text: &str) -> Result<(KeyUsage, bool), KeyError> {
    let usage = header(text, USAGE).map_or(Ok(KeyUsage::SIGN), |names| {
        names
            .parse()
            .map_err(|_| damaged(path, "it declares an unknown usage"))
    })?;
    Ok((usage, header(text, EXPORTABLE) == Some("yes")))
}

fn decrypt(path: &Path, text: &str, passphrase: &str) -> Result<SecretDocument, KeyError> {
    let der = decode(path, text)?;
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(&*der)
        .map_err(|_| damaged(path, "it is not an EncryptedPrivateKeyInfo"))?;
    let bad_pin = || KeyError::BadPin {
        store: path.display().to_string(),
    };
    let pkcs8 = encrypted.decrypt(passphrase).map_err(|error| match error {
        // Wrong padding, or by chance right padding around something that is no key.
        pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::DecryptFailed)
        | pkcs8::Error::Asn1(_) => bad_pin(),
        other => damaged(path, &format!("it cannot be decrypted: {other}")),
    })?;
    if PrivateKeyInfoRef::try_from(pkcs8.as_bytes()).is_err() {
        return Err(bad_pin());
    }
    Ok(pkcs8)
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
