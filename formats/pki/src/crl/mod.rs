//! Certificate revocation lists (RFC 5280 §5).

mod read;

use asn1::{Writer, tag, whole_seconds};
use crypto::SignatureAlgorithm;
use hsm_adapters::Key;
use jiff::Timestamp;

use crate::{
    Error, Issuer, KeyUsage, Result, SerialNumber,
    algorithm::{unsupported, write_signature_algorithm},
    extension::{check_url, distribution_point_name},
    oid,
    signing::{assemble, sign_checked},
};
pub use read::CertificateList;

/// Why a certificate was revoked (RFC 5280 §5.3.1). `unspecified` is written by leaving the reason out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum RevocationReason {
    /// No reason is stated.
    Unspecified = 0,
    /// The private key is, or may be, in the wrong hands.
    KeyCompromise = 1,
    /// The CA's private key is.
    CaCompromise = 2,
    /// The subject's name or role changed.
    AffiliationChanged = 3,
    /// Another certificate took its place.
    Superseded = 4,
    /// It is needed no more.
    CessationOfOperation = 5,
    /// Suspended; may become valid again.
    CertificateHold = 6,
    /// Came back from hold (delta CRLs only).
    RemoveFromCrl = 8,
    /// A right was taken away.
    PrivilegeWithdrawn = 9,
    /// The attribute authority's key is in the wrong hands.
    AaCompromise = 10,
}

/// One entry: a certificate and when and why it was revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// userCertificate.
    pub serial: SerialNumber,
    /// revocationDate.
    pub revocation_date: Timestamp,
    /// reasonCode.
    pub reason: RevocationReason,
    /// invalidityDate: since when the key is thought to be bad, if known.
    pub invalidity_date: Option<Timestamp>,
}

/// All of a CRL but its entries.
#[derive(Clone, Debug)]
pub struct CrlTemplate {
    /// cRLNumber: higher than every one before.
    pub crl_number: u64,
    /// thisUpdate.
    pub this_update: Timestamp,
    /// nextUpdate.
    pub next_update: Timestamp,
    /// issuingDistributionPoint (critical): the addresses that this CRL is
    /// found at, as certificates name them. None for a complete CRL without it.
    pub distribution_point: Option<Vec<String>>,
}

/// A CRL that is built and not signed. Signing consumes it.
#[derive(Debug)]
#[must_use = "sign it, or drop it"]
pub struct UnsignedCrl {
    tbs: Vec<u8>,
    issuer: Issuer,
    algorithm: SignatureAlgorithm,
}

impl RevocationReason {
    const ALL: [Self; 10] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::CaCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::CertificateHold,
        Self::RemoveFromCrl,
        Self::PrivilegeWithdrawn,
        Self::AaCompromise,
    ];

    /// The CRLReason number.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The reason with this number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// The name in the standard, such as `keyCompromise`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
            Self::RemoveFromCrl => "removeFromCRL",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "aACompromise",
        }
    }
}

impl std::fmt::Display for RevocationReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for RevocationReason {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|reason| reason.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::name).join(", ");
                Error::invalid("reasonCode", format!("{name:?} is none of {known}"))
            })
    }
}

impl CrlTemplate {
    /// Builds a version 2 CRL of `issuer`. Entries are encoded one by one as they arrive, in
    /// their order; nothing but the encoding is kept of them.
    ///
    /// # Errors
    /// [`Error::Invalid`] for times out of order or an entry that has no
    /// encoding, [`crypto::Error::UnsupportedAlgorithm`] if the issuer cannot sign so.
    pub fn build(
        &self,
        issuer: &Issuer,
        algorithm: SignatureAlgorithm,
        entries: impl IntoIterator<Item = Revocation>,
    ) -> Result<UnsignedCrl> {
        if !issuer.public_key().can_make(algorithm) {
            return Err(unsupported("issuer's key", algorithm));
        }
        let may_sign = |certificate: &crate::Certificate| {
            certificate
                .key_usage()
                .is_some_and(|usage| usage.contains(KeyUsage::CRL_SIGN))
        };
        if !issuer.certificate().is_none_or(may_sign) {
            return Err(Error::invalid("keyUsage", "the issuer has no cRLSign"));
        }
        let this_update = whole_seconds(self.this_update, "thisUpdate")?;
        let next_update = whole_seconds(self.next_update, "nextUpdate")?;
        if next_update <= this_update {
            return Err(Error::invalid("nextUpdate", "not after thisUpdate"));
        }
        let urls = self.distribution_point.as_deref();
        urls.unwrap_or_default()
            .iter()
            .try_for_each(|url| check_url(url))?;

        let mut list = Writer::new();
        for entry in entries {
            write_entry(&mut list, &entry)?;
        }
        let list = list.into_bytes();
        let mut out = Writer::with_capacity(list.len() + 1024);
        out.sequence(|w| {
            w.integer(1);
            write_signature_algorithm(w, algorithm);
            w.raw(issuer.name().der());
            w.time(this_update);
            w.time(next_update);
            // RFC 5280 §5.1.2.6: absent where nothing is revoked.
            if !list.is_empty() {
                w.tlv(tag::SEQUENCE, &list);
            }
            w.nested(tag::constructed(0), |w| {
                w.sequence(|w| write_extensions(w, issuer, self.crl_number, urls));
            });
        });
        Ok(UnsignedCrl {
            tbs: out.into_bytes(),
            issuer: issuer.clone(),
            algorithm,
        })
    }
}

impl UnsignedCrl {
    /// The bytes to be signed.
    pub fn tbs_der(&self) -> &[u8] {
        &self.tbs
    }

    /// Signs and returns the DER CertificateList; the signature is checked by the issuer's key.
    ///
    /// # Errors
    /// [`Error::Key`] from the adapter, [`Error::SignedOtherwise`].
    pub async fn sign(self, key: &dyn Key) -> Result<Vec<u8>> {
        let issuer = self.issuer.public_key();
        let signature = sign_checked(key, issuer, self.algorithm, &self.tbs).await?;
        Ok(assemble(&self.tbs, self.algorithm, &signature))
    }
}

fn write_extensions(w: &mut Writer, issuer: &Issuer, crl_number: u64, urls: Option<&[String]>) {
    w.extension(oid::AUTHORITY_KEY_IDENTIFIER, false, |w| {
        w.sequence(|w| w.tlv(tag::context(0), issuer.key_identifier()));
    });
    w.extension(oid::CRL_NUMBER, false, |w| w.integer(crl_number));
    if let Some(urls) = urls.filter(|urls| !urls.is_empty()) {
        w.extension(oid::ISSUING_DISTRIBUTION_POINT, true, |w| {
            w.sequence(|w| distribution_point_name(w, urls));
        });
    }
}

fn write_entry(w: &mut Writer, entry: &Revocation) -> Result<()> {
    let date = whole_seconds(entry.revocation_date, "revocationDate")?;
    let invalidity = entry
        .invalidity_date
        .map(|date| whole_seconds(date, "invalidityDate"))
        .transpose()?;
    w.sequence(|w| {
        w.unsigned(entry.serial.as_bytes());
        w.time(date);
        let reason = Some(entry.reason).filter(|reason| *reason != RevocationReason::Unspecified);
        if reason.is_some() || invalidity.is_some() {
            w.sequence(|w| {
                if let Some(reason) = reason {
                    w.extension(oid::REASON_CODE, false, |w| {
                        w.tlv(tag::ENUMERATED, &[reason.code()]);
                    });
                }
                if let Some(date) = invalidity {
                    w.extension(oid::INVALIDITY_DATE, false, |w| w.generalized_time(date, 0));
                }
            });
        }
    });
    Ok(())
}
