//! The tree's head, signed: a C2SP `tlog-checkpoint` in a `signed-note` envelope.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto::SignatureAlgorithm;
use hsm_adapters::{Key, KeyError};

use crate::merkle::{Hash, sha256};

/// Signature type of Ed25519 in a signed note (C2SP signed-note §Signatures).
const ED25519: u8 = 0x01;

/// What a checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: a name without scheme, such as `localhost:8443/log`.
    pub origin: String,
    /// How many leaves the tree has.
    pub size: u64,
    /// The tree's root hash.
    pub root: Hash,
}

/// A log's public key: C2SP signed-note "verifier key".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    /// 32 raw bytes of an Ed25519 public key.
    public_key: [u8; 32],
}

/// Why a checkpoint was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// It is not a signed note with a checkpoint in it.
    #[error("not a signed checkpoint: {0}")]
    Malformed(&'static str),
    /// No signature in it is good under the log's key.
    #[error("no valid signature by {0}")]
    Unsigned(String),
    /// The log's key cannot sign.
    #[error("the log's key: {0}")]
    Key(#[from] KeyError),
}

impl Checkpoint {
    /// The text that is signed: origin, size and root, a line each.
    fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            STANDARD.encode(self.root)
        )
    }

    /// Signs this head with the log's key.
    ///
    /// # Errors
    /// If the key cannot sign.
    pub async fn sign(&self, key: &dyn Key) -> Result<String, CheckpointError> {
        let verifier = VerifierKey::of(&self.origin, key)?;
        let text = self.text();
        let mut blob = verifier.id().to_vec();
        blob.extend(
            key.sign(SignatureAlgorithm::Ed25519, text.as_bytes())
                .await?,
        );
        Ok(format!(
            "{text}\n\u{2014} {} {}\n",
            self.origin,
            STANDARD.encode(blob)
        ))
    }

    /// Reads a signed note and checks its signature.
    ///
    /// # Errors
    /// If it is malformed or not signed by `verifier`.
    pub fn open(note: &str, verifier: &VerifierKey) -> Result<Self, CheckpointError> {
        let malformed = CheckpointError::Malformed;
        let (text, signatures) = note
            .split_once("\n\n")
            .ok_or_else(|| malformed("no blank line before the signatures"))?;
        let mut lines = text.split('\n');
        let mut line = |what| lines.next().ok_or_else(|| malformed(what));
        let origin = line("no origin")?.to_owned();
        let size = line("no tree size")?
            .parse()
            .map_err(|_| malformed("the tree size is not a number"))?;
        let root = STANDARD
            .decode(line("no root hash")?)
            .ok()
            .and_then(|root| root.try_into().ok())
            .ok_or_else(|| malformed("the root hash is not 32 bytes of base64"))?;
        let checkpoint = Self { origin, size, root };
        let signed = format!("{text}\n");
        let good = signatures.lines().any(|line| {
            line.strip_prefix("\u{2014} ")
                .and_then(|line| line.split_once(' '))
                .filter(|(name, _)| *name == verifier.name)
                .and_then(|(_, blob)| STANDARD.decode(blob).ok())
                .is_some_and(|blob| verifier.accepts(signed.as_bytes(), &blob))
        });
        if good && checkpoint.origin == verifier.name {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::Unsigned(verifier.name.clone()))
        }
    }
}

impl VerifierKey {
    /// The verifier of a log named `name` with this key.
    ///
    /// # Errors
    /// If the key is not Ed25519.
    pub fn of(name: &str, key: &dyn Key) -> Result<Self, CheckpointError> {
        // RFC 8410 §4: the last 32 bytes of an Ed25519 SubjectPublicKeyInfo.
        let public_key = key
            .public_key()
            .der()
            .last_chunk()
            .filter(|_| key.algorithm() == crypto::KeyAlgorithm::Ed25519)
            .ok_or(CheckpointError::Malformed("the log's key is not Ed25519"))?;
        Ok(Self {
            name: name.to_owned(),
            public_key: *public_key,
        })
    }

    /// Reads `name+hash+key`, as [`VerifierKey::encode`] writes it.
    ///
    /// # Errors
    /// If it is not such a line.
    pub fn decode(line: &str) -> Result<Self, CheckpointError> {
        let malformed = || CheckpointError::Malformed("not a verifier key");
        // Base64 may hold a '+', names and hashes may not.
        let mut parts = line.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(malformed());
        };
        let key = STANDARD.decode(key).map_err(|_| malformed())?;
        let [ED25519, public_key @ ..] = key.as_slice() else {
            return Err(malformed());
        };
        let verifier = Self {
            name: name.to_owned(),
            public_key: public_key.try_into().map_err(|_| malformed())?,
        };
        if hex::encode(verifier.id()) == id {
            Ok(verifier)
        } else {
            Err(malformed())
        }
    }

    /// The line that tools of transparency logs take: `name+hash+key`.
    pub fn encode(&self) -> String {
        let mut key = vec![ED25519];
        key.extend(self.public_key);
        format!(
            "{}+{}+{}",
            self.name,
            hex::encode(self.id()),
            STANDARD.encode(key)
        )
    }

    /// The key's hash: the first four bytes of SHA-256 over name, newline, type and key.
    fn id(&self) -> [u8; 4] {
        let hash = sha256(&[self.name.as_bytes(), b"\n", &[ED25519], &self.public_key]);
        [hash[0], hash[1], hash[2], hash[3]]
    }

    fn accepts(&self, text: &[u8], blob: &[u8]) -> bool {
        let Some((id, signature)) = blob.split_at_checked(4) else {
            return false;
        };
        let key = aws_lc_rs::signature::UnparsedPublicKey::new(
            &aws_lc_rs::signature::ED25519,
            &self.public_key,
        );
        id == self.id() && key.verify(text, signature).is_ok()
    }
}
