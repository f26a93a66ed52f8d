//! TimeStampReq (RFC 3161 §2.4.1).

use asn1::{Cursor, Writer, check_length, tag};
use const_oid::ObjectIdentifier;
use crypto::Digest;

use super::{FailureInfo, Rejection};
use crate::{
    Error, Extension,
    algorithm::{digest_algorithm, read_digest_oid},
};

const WHAT: &str = "TimeStampReq";
/// Longer input is rejected unread.
pub const MAX_LENGTH: usize = 4 * 1024;
/// Longer nonces are refused: 64 bits are usual, 256 are plenty.
const MAX_NONCE: usize = 64;

/// What a client wants stamped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeStampReq {
    digest: Digest,
    message_imprint: Vec<u8>,
    hashed_message: Vec<u8>,
    policy: Option<ObjectIdentifier>,
    nonce: Option<Vec<u8>>,
    cert_req: bool,
}

impl TimeStampReq {
    /// Reads a DER TimeStampReq.
    ///
    /// # Errors
    /// A [`Rejection`] to be sent by [`super::rejection`]: badDataFormat for
    /// what cannot be read, badRequest for another version, badAlg for a digest
    /// that is not in the table, unacceptedExtension for any extension.
    pub fn parse(der: &[u8]) -> Result<Self, Rejection> {
        let syntax = |error: Error| Rejection::new(FailureInfo::BadDataFormat, error.to_string());
        check_length(WHAT, MAX_LENGTH, der).map_err(|error| syntax(error.into()))?;
        let parts = Parts::read(der).map_err(syntax)?;
        if parts.version != 1 {
            return Err(Rejection::new(
                FailureInfo::BadRequest,
                format!("version {} is not 1", parts.version),
            ));
        }
        let Some(digest) = Digest::from_oid(parts.hash_algorithm) else {
            return Err(Rejection::new(
                FailureInfo::BadAlg,
                format!(
                    "hashAlgorithm {} is none of SHA-256, SHA-384, SHA-512, SM3",
                    parts.hash_algorithm
                ),
            ));
        };
        if parts.hashed_message.len() != digest.len() {
            return Err(Rejection::new(
                FailureInfo::BadDataFormat,
                format!(
                    "hashedMessage has {} bytes where its hashAlgorithm gives {}",
                    parts.hashed_message.len(),
                    digest.len()
                ),
            ));
        }
        if let Some(extension) = parts.extensions.first() {
            return Err(Rejection::new(
                FailureInfo::UnacceptedExtension,
                format!("extension {} is not supported", extension.oid),
            ));
        }
        Ok(Self {
            digest,
            message_imprint: parts.message_imprint.to_vec(),
            hashed_message: parts.hashed_message.to_vec(),
            policy: parts.policy,
            nonce: parts.nonce.map(<[u8]>::to_vec),
            cert_req: parts.cert_req,
        })
    }

    /// hashAlgorithm of the messageImprint.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// hashedMessage of the messageImprint.
    pub fn hashed_message(&self) -> &[u8] {
        &self.hashed_message
    }

    /// The whole messageImprint, as the client sent it: the token repeats it.
    pub fn message_imprint(&self) -> &[u8] {
        &self.message_imprint
    }

    /// reqPolicy: under which policy it is to be stamped.
    pub fn policy(&self) -> Option<ObjectIdentifier> {
        self.policy
    }

    /// The contents of the nonce INTEGER, two's complement, to be repeated.
    pub fn nonce(&self) -> Option<&[u8]> {
        self.nonce.as_deref()
    }

    /// certReq: whether the certificates are to be included.
    pub fn cert_req(&self) -> bool {
        self.cert_req
    }
}

/// A request for the digest of a message, for our own use as a client.
pub fn build_request(
    digest: Digest,
    hashed_message: &[u8],
    policy: Option<ObjectIdentifier>,
    nonce: Option<u64>,
    cert_req: bool,
) -> Vec<u8> {
    Writer::build(|w| {
        w.sequence(|w| {
            w.integer(1);
            w.sequence(|w| {
                digest_algorithm(w, digest);
                w.octets(hashed_message);
            });
            if let Some(policy) = policy {
                w.oid(policy);
            }
            if let Some(nonce) = nonce {
                w.integer(nonce);
            }
            if cert_req {
                w.boolean(true);
            }
        });
    })
}

/// The request as it is written, before it is judged.
struct Parts<'a> {
    version: u64,
    message_imprint: &'a [u8],
    hash_algorithm: ObjectIdentifier,
    hashed_message: &'a [u8],
    policy: Option<ObjectIdentifier>,
    nonce: Option<&'a [u8]>,
    cert_req: bool,
    extensions: Vec<Extension>,
}

impl<'a> Parts<'a> {
    fn read(der: &'a [u8]) -> crate::Result<Self> {
        let mut request = Cursor::outer(WHAT, der)?;
        let version = request.small(tag::INTEGER, "version")?;
        let message_imprint = request.sequence_der("messageImprint")?;
        let mut imprint = Cursor::outer(WHAT, message_imprint)?;
        let hash_algorithm = read_digest_oid(&mut imprint, "hashAlgorithm")?;
        let hashed_message = imprint.octets("hashedMessage")?;
        imprint.end("hashedMessage")?;
        let policy = match request.peek() {
            Some(tag::OID) => Some(request.oid("reqPolicy")?),
            _ => None,
        };
        let nonce = match request.peek() {
            Some(tag::INTEGER) => Some(request.integer("nonce")?),
            _ => None,
        };
        if nonce.is_some_and(|nonce| nonce.len() > MAX_NONCE) {
            return request.fail("nonce", "longer than 64 octets");
        }
        let cert_req = request.default_false("certReq")?;
        let extensions = match request.optional_nested(tag::constructed(0), "extensions")? {
            Some(list) => Extension::read_all(list)?,
            None => Vec::new(),
        };
        request.end("extensions")?;
        Ok(Self {
            version,
            message_imprint,
            hash_algorithm,
            hashed_message,
            policy,
            nonce,
            cert_req,
            extensions,
        })
    }
}
