//! Certificates as they are read (RFC 5280 §4.1).

mod tbs;

use std::fmt;

use asn1::{Cursor, check_length, whole_seconds};
use const_oid::ObjectIdentifier;
use crypto::{Digest, SignatureAlgorithm};
use jiff::Timestamp;

use crate::{
    BasicConstraints, Error, Extension, GeneralName, KeyUsage, Name, PublicKey, Result,
    SerialNumber, algorithm::signature_algorithm, pem,
};
pub(crate) use tbs::{Tbs, read_authority_key_identifier};

pub(crate) const WHAT: &str = "Certificate";
const MAX_LENGTH: usize = 64 * 1024;

/// From when to when a certificate is valid, both ends included, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// notBefore.
    pub not_before: Timestamp,
    /// notAfter.
    pub not_after: Timestamp,
}

impl Validity {
    /// A period, cut to whole seconds.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is empty or outside the years 1950 to 9999.
    pub fn new(not_before: Timestamp, not_after: Timestamp) -> Result<Self> {
        let validity = Self {
            not_before: whole_seconds(not_before, "notBefore")?,
            not_after: whole_seconds(not_after, "notAfter")?,
        };
        if validity.not_after <= validity.not_before {
            return Err(Error::invalid("validity", "it ends before it begins"));
        }
        Ok(validity)
    }

    /// True if `time` lies within.
    pub fn contains(&self, time: Timestamp) -> bool {
        // notAfter itself belongs to it, with all its fractions (RFC 5280 §4.1.2.5).
        self.not_before <= time && time.as_second() <= self.not_after.as_second()
    }

    /// True if all of `other` lies within.
    pub fn covers(&self, other: &Self) -> bool {
        self.not_before <= other.not_before && other.not_after <= self.not_after
    }
}

/// A certificate that was read: strict DER, version 3, algorithms of the table.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    tbs_der: Vec<u8>,
    tbs: Tbs,
    signature: Vec<u8>,
}

impl Certificate {
    /// Reads a DER certificate. Its signature is not checked; see [`Certificate::verify`].
    ///
    /// # Errors
    /// [`asn1::Error::Syntax`] with the field that is wrong,
    /// [`crypto::Error::UnsupportedAlgorithm`], [`crypto::Error::BadKey`].
    pub fn from_der(der: &[u8]) -> Result<Self> {
        check_length(WHAT, MAX_LENGTH, der)?;
        let parts = Parts::read(der)?;
        let tbs = Tbs::from_der(parts.tbs_der)?;
        parts.with(der.to_vec(), tbs)
    }

    /// A certificate that was just signed, if it holds exactly the bytes of `tbs_der`, which were read as `tbs`.
    pub(crate) fn from_signed(der: &[u8], tbs_der: &[u8], tbs: Tbs) -> Result<Option<Self>> {
        let parts = Parts::read(der)?;
        if parts.tbs_der != tbs_der {
            return Ok(None);
        }
        parts.with(der.to_vec(), tbs).map(Some)
    }

    /// Reads one certificate, DER or PEM.
    ///
    /// # Errors
    /// Those of [`Certificate::from_der`], and of PEM.
    pub fn from_pem_or_der(input: &[u8]) -> Result<Self> {
        Self::from_der(&pem::one_or_der(WHAT, &["CERTIFICATE"], input)?)
    }

    /// Reads every certificate of a PEM bundle, in order.
    ///
    /// # Errors
    /// Those of [`Certificate::from_der`], and of PEM.
    pub fn bundle_from_pem(text: &str) -> Result<Vec<Self>> {
        pem::decode(text)?
            .iter()
            .filter(|block| block.label == "CERTIFICATE")
            .map(|block| Self::from_der(&block.der))
            .collect()
    }

    /// Certificates as one PEM bundle.
    pub fn bundle_to_pem<'a>(certificates: impl IntoIterator<Item = &'a Self>) -> String {
        certificates.into_iter().map(Self::to_pem).collect()
    }

    /// The whole encoding.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The encoding as PEM.
    pub fn to_pem(&self) -> String {
        pem::encode("CERTIFICATE", &self.der)
    }

    /// The part that is signed.
    pub fn tbs_der(&self) -> &[u8] {
        &self.tbs_der
    }

    /// serialNumber.
    pub fn serial(&self) -> &SerialNumber {
        &self.tbs.serial
    }

    /// How it is signed.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.tbs.signature_algorithm
    }

    /// Who issued it.
    pub fn issuer(&self) -> &Name {
        &self.tbs.issuer
    }

    /// From when to when it is valid.
    pub fn validity(&self) -> Validity {
        self.tbs.validity
    }

    /// Whom it names.
    pub fn subject(&self) -> &Name {
        &self.tbs.subject
    }

    /// The subject's key.
    pub fn public_key(&self) -> &PublicKey {
        &self.tbs.public_key
    }

    /// Every extension, in the order of the certificate.
    pub fn extensions(&self) -> &[Extension] {
        &self.tbs.extensions
    }

    /// The extension of one type.
    pub fn extension(&self, oid: ObjectIdentifier) -> Option<&Extension> {
        self.tbs.extension(oid)
    }

    /// basicConstraints; without the extension, an end entity.
    pub fn basic_constraints(&self) -> BasicConstraints {
        self.tbs.basic_constraints
    }

    /// keyUsage, if it is limited.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.tbs.key_usage
    }

    /// extKeyUsage; empty if it is not limited.
    pub fn extended_key_usage(&self) -> &[ObjectIdentifier] {
        &self.tbs.extended_key_usage
    }

    /// subjectAltName.
    pub fn subject_alt_names(&self) -> &[GeneralName] {
        &self.tbs.alt_names
    }

    /// subjectKeyIdentifier.
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.tbs.subject_key_identifier.as_deref()
    }

    /// The keyIdentifier of authorityKeyIdentifier.
    pub fn authority_key_identifier(&self) -> Option<&[u8]> {
        self.tbs.authority_key_identifier.as_deref()
    }

    /// SHA-256 over the whole encoding.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(&Digest::Sha256.hash(&self.der));
        fingerprint
    }

    /// True if subject and issuer are the same and its own key signed it.
    pub fn is_self_signed(&self) -> bool {
        self.subject() == self.issuer() && self.verify(self.public_key()).is_ok()
    }

    /// Checks the signature by the issuer's key.
    ///
    /// # Errors
    /// [`crypto::Error::BadSignature`] or [`crypto::Error::UnsupportedAlgorithm`].
    pub fn verify(&self, issuer: &PublicKey) -> Result<()> {
        Ok(issuer.verify(self.signature_algorithm(), &self.tbs_der, &self.signature)?)
    }

    /// True if `issuer` is a CA of the right name and key that signed this.
    pub fn is_issued_by(&self, issuer: &Self) -> bool {
        self.issuer() == issuer.subject()
            && matches!(issuer.basic_constraints(), BasicConstraints::Ca { .. })
            && issuer
                .key_usage()
                .is_none_or(|usage| usage.contains(KeyUsage::KEY_CERT_SIGN))
            && self.verify(issuer.public_key()).is_ok()
    }
}

/// The three parts of a certificate.
struct Parts<'a> {
    tbs_der: &'a [u8],
    algorithm: SignatureAlgorithm,
    signature: &'a [u8],
}

impl<'a> Parts<'a> {
    fn read(der: &'a [u8]) -> Result<Self> {
        let mut outer = Cursor::outer(WHAT, der)?;
        let parts = Self {
            tbs_der: outer.sequence_der("tbsCertificate")?,
            algorithm: signature_algorithm(outer.sequence_der("signatureAlgorithm")?, WHAT)?,
            signature: outer.bits("signatureValue")?,
        };
        outer.end("signatureValue")?;
        Ok(parts)
    }

    fn with(&self, der: Vec<u8>, tbs: Tbs) -> Result<Certificate> {
        if tbs.signature_algorithm != self.algorithm {
            return Err(Error::syntax(
                WHAT,
                "signatureAlgorithm",
                "not the one within tbsCertificate",
            ));
        }
        Ok(Certificate {
            der,
            tbs_der: self.tbs_der.to_vec(),
            tbs,
            signature: self.signature.to_vec(),
        })
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Certificate({}, serial {})",
            self.subject(),
            self.serial()
        )
    }
}
