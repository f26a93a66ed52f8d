//! OCSPResponse by a delegated responder (RFC 6960 §4.2).

use asn1::{Writer, tag, whole_seconds};
use crypto::SignatureAlgorithm;
use hsm_adapters::Key;
use jiff::Timestamp;

use super::{CertId, cert_id::sha1, request::write_nonce};
use crate::{
    BasicConstraints, Certificate, Error, KeyUsage, PublicKey, Result, RevocationReason,
    algorithm::{encode_signature_algorithm, unsupported},
    oid,
    signing::sign_checked,
};

/// Why a request is not answered (RFC 6960 §4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum OcspErrorStatus {
    /// The request cannot be read.
    MalformedRequest = 1,
    /// Something failed here.
    InternalError = 2,
    /// The client should retry later.
    TryLater = 3,
    /// Requests must be signed.
    SigRequired = 5,
    /// Not for this client, or not for this issuer (RFC 5019 §2.2.3).
    Unauthorized = 6,
}

/// The status of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertStatus {
    /// Issued, and not revoked.
    Good,
    /// Revoked.
    Revoked {
        /// revocationTime.
        time: Timestamp,
        /// revocationReason; unspecified is left out.
        reason: RevocationReason,
    },
    /// Never issued here.
    Unknown,
}

/// The answer for one certificate.
#[derive(Clone, Debug)]
pub struct SingleResponse {
    /// The certificate that was asked about.
    pub cert_id: CertId,
    /// The answer.
    pub status: CertStatus,
    /// When the status was known to be correct.
    pub this_update: Timestamp,
    /// When newer information will be available.
    pub next_update: Option<Timestamp>,
}

/// A responder, prepared once: its certificate, name and algorithm.
#[derive(Clone, Debug)]
pub struct Responder {
    public_key: PublicKey,
    algorithm: SignatureAlgorithm,
    algorithm_der: Vec<u8>,
    /// responderID byKey.
    responder_id: Vec<u8>,
    /// `[0] EXPLICIT SEQUENCE OF Certificate`; empty if it is left out.
    certs: Vec<u8>,
}

/// A response that is built and not signed. Signing consumes it.
#[derive(Debug)]
#[must_use = "sign it, or drop it"]
pub struct UnsignedResponse {
    tbs: Vec<u8>,
    responder: Responder,
}

/// A response that says only why the request is not answered.
pub fn error_response(status: OcspErrorStatus) -> Vec<u8> {
    Writer::build(|w| w.sequence(|w| w.tlv(tag::ENUMERATED, &[status as u8])))
}

impl Responder {
    /// Prepares a responder whose certificate is part of each answer.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the certificate may not sign answers (RFC 6960
    /// §4.2.2.2), [`crypto::Error::UnsupportedAlgorithm`] if its key cannot sign so.
    pub fn new(certificate: &Certificate, algorithm: SignatureAlgorithm) -> Result<Self> {
        if !certificate
            .extended_key_usage()
            .contains(&oid::OCSP_SIGNING)
        {
            return Err(Error::invalid("extKeyUsage", "no OCSPSigning"));
        }
        if !certificate
            .key_usage()
            .is_none_or(|usage| usage.contains(KeyUsage::DIGITAL_SIGNATURE))
        {
            return Err(Error::invalid("keyUsage", "no digitalSignature"));
        }
        let certs = Writer::build(|w| {
            w.nested(tag::constructed(0), |w| {
                w.sequence(|w| w.raw(certificate.der()));
            });
        });
        Self::prepare(certificate, algorithm, certs)
    }

    /// Prepares an authority that signs responses for its own certificates (RFC 6960
    /// §4.2.2.2, case 1). They contain no certificate: relying parties have the issuer's.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the certificate is no CA's,
    /// [`crypto::Error::UnsupportedAlgorithm`] if its key cannot sign so.
    pub fn for_issuer(issuer: &Certificate, algorithm: SignatureAlgorithm) -> Result<Self> {
        if issuer.basic_constraints() == BasicConstraints::EndEntity {
            return Err(Error::invalid("basicConstraints", "not a CA certificate"));
        }
        Self::prepare(issuer, algorithm, Vec::new())
    }

    fn prepare(
        certificate: &Certificate,
        algorithm: SignatureAlgorithm,
        certs: Vec<u8>,
    ) -> Result<Self> {
        if !certificate.public_key().can_make(algorithm) {
            return Err(unsupported("responder's key", algorithm));
        }
        // RFC 6960 §4.2.1: KeyHash is SHA-1, whatever else is.
        let key_hash = sha1(certificate.public_key().subject_public_key());
        Ok(Self {
            public_key: certificate.public_key().clone(),
            algorithm,
            algorithm_der: encode_signature_algorithm(algorithm),
            responder_id: Writer::build(|w| {
                w.nested(tag::constructed(2), |w| w.octets(&key_hash));
            }),
            certs,
        })
    }

    /// Builds ResponseData.
    ///
    /// # Errors
    /// [`Error::Invalid`] for no answers, times out of order, or a nonce that is not of 1 to 128 octets.
    pub fn response(
        &self,
        answers: &[SingleResponse],
        produced_at: Timestamp,
        nonce: Option<&[u8]>,
    ) -> Result<UnsignedResponse> {
        if answers.is_empty() {
            return Err(Error::invalid("responses", "none"));
        }
        if nonce.is_some_and(|nonce| !(1..=128).contains(&nonce.len())) {
            return Err(Error::invalid("nonce", "not of 1 to 128 octets"));
        }
        let produced_at = whole_seconds(produced_at, "producedAt")?;
        let mut list = Writer::new();
        for answer in answers {
            write_single(&mut list, answer)?;
        }
        let list = list.into_bytes();
        let tbs = Writer::build(|w| {
            w.sequence(|w| {
                w.raw(&self.responder_id);
                w.generalized_time(produced_at, 0);
                w.tlv(tag::SEQUENCE, &list);
                if let Some(nonce) = nonce {
                    w.nested(tag::constructed(1), |w| {
                        w.sequence(|w| write_nonce(w, nonce));
                    });
                }
            });
        });
        Ok(UnsignedResponse {
            tbs,
            responder: self.clone(),
        })
    }
}

impl UnsignedResponse {
    /// The bytes to be signed: ResponseData.
    pub fn tbs_der(&self) -> &[u8] {
        &self.tbs
    }

    /// Signs and returns the whole DER OCSPResponse, status successful.
    ///
    /// # Errors
    /// [`Error::Key`] from the adapter, [`Error::SignedOtherwise`].
    pub async fn sign(self, key: &dyn Key) -> Result<Vec<u8>> {
        let responder = &self.responder;
        let signature =
            sign_checked(key, &responder.public_key, responder.algorithm, &self.tbs).await?;
        let mut out = Writer::with_capacity(self.tbs.len() + responder.certs.len() + 512);
        out.sequence(|w| {
            w.tlv(tag::ENUMERATED, &[0]);
            w.nested(tag::constructed(0), |w| {
                w.sequence(|w| {
                    w.oid(oid::OCSP_BASIC);
                    w.nested(tag::OCTET_STRING, |w| {
                        w.sequence(|w| {
                            w.raw(&self.tbs);
                            w.raw(&responder.algorithm_der);
                            w.bits(&signature);
                            w.raw(&responder.certs);
                        });
                    });
                });
            });
        });
        Ok(out.into_bytes())
    }
}

fn write_single(w: &mut Writer, answer: &SingleResponse) -> Result<()> {
    let this_update = whole_seconds(answer.this_update, "thisUpdate")?;
    let next_update = answer
        .next_update
        .map(|time| whole_seconds(time, "nextUpdate"))
        .transpose()?;
    if next_update.is_some_and(|next_update| next_update < this_update) {
        return Err(Error::invalid("nextUpdate", "before thisUpdate"));
    }
    let revoked_at = match answer.status {
        CertStatus::Revoked { time, .. } => Some(whole_seconds(time, "revocationTime")?),
        CertStatus::Good | CertStatus::Unknown => None,
    };
    w.sequence(|w| {
        w.raw(answer.cert_id.der());
        match (answer.status, revoked_at) {
            (CertStatus::Revoked { reason, .. }, Some(time)) => {
                w.nested(tag::constructed(1), |w| {
                    w.generalized_time(time, 0);
                    if reason != RevocationReason::Unspecified {
                        w.nested(tag::constructed(0), |w| {
                            w.tlv(tag::ENUMERATED, &[reason.code()]);
                        });
                    }
                });
            }
            (CertStatus::Good, _) => w.tlv(tag::context(0), &[]),
            (CertStatus::Unknown | CertStatus::Revoked { .. }, _) => w.tlv(tag::context(2), &[]),
        }
        w.generalized_time(this_update, 0);
        if let Some(next_update) = next_update {
            w.nested(tag::constructed(0), |w| w.generalized_time(next_update, 0));
        }
    });
    Ok(())
}
