//! CertID: how a request names a certificate (RFC 6960 §4.1.1).

use asn1::{Cursor, Writer};
use aws_lc_rs::digest;
use const_oid::ObjectIdentifier;
use crypto::Digest;

use crate::{Issuer, Name, PublicKey, Result, SerialNumber, algorithm::read_digest_oid, oid};

/// The hash functions that issuers are looked up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CertIdHash {
    /// SHA-1: what nearly every client sends (RFC 5019 §2.1.1). A name, not a proof.
    Sha1,
    /// SHA-256 (RFC 9654, RFC 5019's successor).
    Sha256,
    /// A hash by which no issuer of ours is known.
    Other(ObjectIdentifier),
}

/// Which certificate is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertId {
    der: Vec<u8>,
    hash: CertIdHash,
    issuer_name_hash: Vec<u8>,
    issuer_key_hash: Vec<u8>,
    serial: Option<SerialNumber>,
}

/// The hashes of one issuer's name and key, made once, to find it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerHashes {
    name_sha1: Vec<u8>,
    key_sha1: Vec<u8>,
    name_sha256: Vec<u8>,
    key_sha256: Vec<u8>,
}

impl IssuerHashes {
    /// The hashes of an issuer.
    pub fn new(issuer: &Issuer) -> Self {
        Self::of(issuer.name(), issuer.public_key())
    }

    /// The hashes of a name and a key.
    pub fn of(name: &Name, key: &PublicKey) -> Self {
        Self {
            name_sha1: sha1(name.der()),
            key_sha1: sha1(key.subject_public_key()),
            name_sha256: Digest::Sha256.hash(name.der()),
            key_sha256: Digest::Sha256.hash(key.subject_public_key()),
        }
    }

    /// issuerNameHash and issuerKeyHash by one hash function; none for [`CertIdHash::Other`].
    pub fn by(&self, hash: CertIdHash) -> Option<(&[u8], &[u8])> {
        match hash {
            CertIdHash::Sha1 => Some((&self.name_sha1, &self.key_sha1)),
            CertIdHash::Sha256 => Some((&self.name_sha256, &self.key_sha256)),
            CertIdHash::Other(_) => None,
        }
    }

    /// True if `cert_id` names a certificate of this issuer.
    pub fn matches(&self, cert_id: &CertId) -> bool {
        self.by(cert_id.hash)
            == Some((
                cert_id.issuer_name_hash.as_slice(),
                cert_id.issuer_key_hash.as_slice(),
            ))
    }

    /// The CertID of a serial of this issuer, by SHA-1 or SHA-256. SHA-1's
    /// identifier carries NULL, as clients send it; SHA-256's carries nothing.
    pub fn cert_id(&self, hash: CertIdHash, serial: &SerialNumber) -> Option<CertId> {
        let (name, key) = self.by(hash)?;
        let der = Writer::build(|w| {
            w.sequence(|w| {
                w.sequence(|w| match hash {
                    CertIdHash::Sha256 => w.oid(Digest::Sha256.oid()),
                    _ => {
                        w.oid(oid::SHA1);
                        w.null();
                    }
                });
                w.octets(name);
                w.octets(key);
                w.unsigned(serial.as_bytes());
            });
        });
        Some(CertId {
            der,
            hash,
            issuer_name_hash: name.to_vec(),
            issuer_key_hash: key.to_vec(),
            serial: Some(serial.clone()),
        })
    }
}

impl CertId {
    pub(super) fn from_der(what: &'static str, der: &[u8]) -> Result<Self> {
        let mut cert_id = Cursor::outer(what, der)?;
        let hash = match read_digest_oid(&mut cert_id, "hashAlgorithm")? {
            oid::SHA1 => CertIdHash::Sha1,
            oid if oid == Digest::Sha256.oid() => CertIdHash::Sha256,
            other => CertIdHash::Other(other),
        };
        let issuer_name_hash = cert_id.octets("issuerNameHash")?;
        let issuer_key_hash = cert_id.octets("issuerKeyHash")?;
        // A request about any INTEGER is well-formed, even if no certificate can have that number.
        let serial = match cert_id.integer("serialNumber")? {
            [first, ..] if *first >= 0x80 => None,
            magnitude => SerialNumber::from_bytes(magnitude).ok(),
        };
        cert_id.end("serialNumber")?;
        let length = match hash {
            CertIdHash::Sha1 => 20..=20,
            CertIdHash::Sha256 => 32..=32,
            CertIdHash::Other(_) => 1..=64,
        };
        if !length.contains(&issuer_name_hash.len()) || !length.contains(&issuer_key_hash.len()) {
            return cert_id.fail("issuerKeyHash", "not as long as the hash");
        }
        Ok(Self {
            der: der.to_vec(),
            hash,
            issuer_name_hash: issuer_name_hash.to_vec(),
            issuer_key_hash: issuer_key_hash.to_vec(),
            serial,
        })
    }

    /// The encoding, as the client sent it: an answer repeats it, and a cache may know it by this.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// hashAlgorithm.
    pub fn hash(&self) -> CertIdHash {
        self.hash
    }

    /// issuerNameHash.
    pub fn issuer_name_hash(&self) -> &[u8] {
        &self.issuer_name_hash
    }

    /// issuerKeyHash.
    pub fn issuer_key_hash(&self) -> &[u8] {
        &self.issuer_key_hash
    }

    /// serialNumber; none if it is zero, negative or longer than 20 octets, as no certificate's
    /// is (RFC 5280 §4.1.2.2).
    pub fn serial(&self) -> Option<&SerialNumber> {
        self.serial.as_ref()
    }
}

pub(super) fn sha1(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes)
        .as_ref()
        .to_vec()
}
