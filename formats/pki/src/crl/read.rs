//! Reading CRLs, our own first of all.

use std::ops::Range;

use asn1::{Cursor, check_length, tag};
use crypto::SignatureAlgorithm;
use jiff::Timestamp;

use super::{Revocation, RevocationReason};
use crate::{
    Extension, Name, PublicKey, Result, SerialNumber, algorithm::signature_algorithm,
    certificate::read_authority_key_identifier, oid, pem,
};

const WHAT: &str = "CertificateList";
const MAX_LENGTH: usize = 256 * 1024 * 1024;

/// A CRL that was read.
#[derive(Clone, Debug)]
pub struct CertificateList {
    der: Vec<u8>,
    tbs: Range<usize>,
    entries: Range<usize>,
    signature_algorithm: SignatureAlgorithm,
    signature: Vec<u8>,
    issuer: Name,
    this_update: Timestamp,
    next_update: Timestamp,
    crl_number: Vec<u8>,
    authority_key_identifier: Vec<u8>,
    extensions: Vec<Extension>,
}

impl CertificateList {
    /// Reads a DER CRL, all entries included. Its signature is not checked.
    ///
    /// # Errors
    /// [`asn1::Error::Syntax`] with the field that is wrong, [`crypto::Error::UnsupportedAlgorithm`].
    pub fn from_der(der: &[u8]) -> Result<Self> {
        check_length(WHAT, MAX_LENGTH, der)?;
        let range = |part: &[u8]| {
            let start = part.as_ptr() as usize - der.as_ptr() as usize;
            start..start + part.len()
        };
        let mut outer = Cursor::outer(WHAT, der)?;
        let tbs_der = outer.sequence_der("tbsCertList")?;
        let algorithm = signature_algorithm(outer.sequence_der("signatureAlgorithm")?, WHAT)?;
        let signature = outer.bits("signatureValue")?.to_vec();
        outer.end("signatureValue")?;

        let mut tbs = Cursor::outer(WHAT, tbs_der)?;
        if tbs.small(tag::INTEGER, "version")? != 1 {
            return tbs.fail("version", "not v2");
        }
        if signature_algorithm(tbs.sequence_der("signature")?, WHAT)? != algorithm {
            return tbs.fail("signature", "not the one outside tbsCertList");
        }
        let issuer = Name::from_der(tbs.sequence_der("issuer")?)?;
        let this_update = tbs.time("thisUpdate")?;
        let next_update = tbs.time("nextUpdate")?;
        let entries = tbs
            .optional(tag::SEQUENCE, "revokedCertificates")?
            .unwrap_or_default();
        let mut wrapper = tbs.nested(tag::constructed(0), "crlExtensions")?;
        let extensions = Extension::read_all(wrapper.sequence("crlExtensions")?)?;
        wrapper.end("crlExtensions")?;
        tbs.end("crlExtensions")?;

        let value = |oid| {
            let found = extensions.iter().find(|extension| extension.oid == oid);
            found.map(|extension| extension.value.as_slice())
        };
        let number = value(oid::CRL_NUMBER).ok_or_else(|| tbs.error("cRLNumber", "missing"))?;
        let authority_key_identifier = value(oid::AUTHORITY_KEY_IDENTIFIER)
            .map(read_authority_key_identifier)
            .transpose()?
            .flatten()
            .ok_or_else(|| tbs.error("authorityKeyIdentifier", "missing"))?;
        let list = Self {
            tbs: range(tbs_der),
            entries: if entries.is_empty() {
                0..0
            } else {
                range(entries)
            },
            der: der.to_vec(),
            signature_algorithm: algorithm,
            signature,
            issuer,
            this_update,
            next_update,
            crl_number: read_crl_number(number)?,
            authority_key_identifier,
            extensions,
        };
        list.entries().try_for_each(|entry| entry.map(drop))?;
        Ok(list)
    }

    /// Reads a CRL, DER or PEM.
    ///
    /// # Errors
    /// Those of [`CertificateList::from_der`], and of PEM.
    pub fn from_pem_or_der(input: &[u8]) -> Result<Self> {
        Self::from_der(&pem::one_or_der(WHAT, &["X509 CRL"], input)?)
    }

    /// The whole encoding.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The encoding as PEM.
    pub fn to_pem(&self) -> String {
        pem::encode("X509 CRL", &self.der)
    }

    /// Who issued it.
    pub fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// How it is signed.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.signature_algorithm
    }

    /// thisUpdate.
    pub fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// nextUpdate.
    pub fn next_update(&self) -> Timestamp {
        self.next_update
    }

    /// cRLNumber, big-endian without leading zeros.
    pub fn crl_number(&self) -> &[u8] {
        &self.crl_number
    }

    /// The keyIdentifier of authorityKeyIdentifier.
    pub fn authority_key_identifier(&self) -> &[u8] {
        &self.authority_key_identifier
    }

    /// Every extension of the list.
    pub fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    /// The entries, read one by one.
    pub fn entries(&self) -> impl Iterator<Item = Result<Revocation>> {
        let mut cursor = Cursor::new(WHAT, &self.der[self.entries.clone()]);
        std::iter::from_fn(move || {
            if cursor.is_empty() {
                return None;
            }
            let entry = read_entry(&mut cursor);
            if entry.is_err() {
                cursor = Cursor::new(WHAT, &[]);
            }
            Some(entry)
        })
    }

    /// Checks the signature by the issuer's key.
    ///
    /// # Errors
    /// [`crypto::Error::BadSignature`] or [`crypto::Error::UnsupportedAlgorithm`].
    pub fn verify(&self, issuer: &PublicKey) -> Result<()> {
        let tbs = &self.der[self.tbs.clone()];
        Ok(issuer.verify(self.signature_algorithm, tbs, &self.signature)?)
    }
}

fn read_entry(cursor: &mut Cursor<'_>) -> Result<Revocation> {
    let mut entry = cursor.sequence("revokedCertificates")?;
    let serial = SerialNumber::from_bytes(entry.unsigned("userCertificate")?)
        .map_err(|error| entry.error("userCertificate", error.to_string()))?;
    let revocation_date = entry.time("revocationDate")?;
    let mut reason = RevocationReason::Unspecified;
    let mut invalidity_date = None;
    if let Some(extensions) = entry.optional_nested(tag::SEQUENCE, "crlEntryExtensions")? {
        for extension in Extension::read_all(extensions)? {
            let mut value = Cursor::new(WHAT, &extension.value);
            match extension.oid {
                oid::REASON_CODE => {
                    let code = value.small(tag::ENUMERATED, "reasonCode")?;
                    reason = u8::try_from(code)
                        .ok()
                        .and_then(RevocationReason::from_code)
                        .ok_or_else(|| value.error("reasonCode", "unknown"))?;
                }
                oid::INVALIDITY_DATE => {
                    invalidity_date = Some(value.generalized_time("invalidityDate", false)?);
                }
                _ if extension.critical => {
                    return value.fail("crlEntryExtensions", "an unknown critical extension");
                }
                _ => continue,
            }
            value.end("crlEntryExtensions")?;
        }
    }
    entry.end("crlEntryExtensions")?;
    Ok(Revocation {
        serial,
        revocation_date,
        reason,
        invalidity_date,
    })
}

fn read_crl_number(value: &[u8]) -> Result<Vec<u8>> {
    let mut number = Cursor::new(WHAT, value);
    let crl_number = number.unsigned("cRLNumber")?.to_vec();
    number.end("cRLNumber")?;
    Ok(crl_number)
}
