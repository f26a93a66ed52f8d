//! Reading a BasicOCSPResponse and checking who signed it.

use asn1::{Cursor, check_length, tag};
use crypto::SignatureAlgorithm;
use jiff::Timestamp;

use super::{CertId, CertStatus, cert_id::sha1, request::read_nonce};
use crate::{
    Certificate, Error, Extension, Result, RevocationReason, algorithm::signature_algorithm, oid,
};

const WHAT: &str = "OCSPResponse";
const MAX_LENGTH: usize = 128 * 1024;

/// A response that was read: its answers, its nonce and its signature.
#[derive(Clone, Debug)]
pub struct BasicResponse {
    tbs: Vec<u8>,
    responder_key_hash: Vec<u8>,
    produced_at: Timestamp,
    answers: Vec<SingleAnswer>,
    nonce: Option<Vec<u8>>,
    algorithm: SignatureAlgorithm,
    signature: Vec<u8>,
    certificates: Vec<Certificate>,
}

/// One answer that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SingleAnswer {
    /// The certificate asked about.
    pub cert_id: CertId,
    /// What is known of it.
    pub status: CertStatus,
    /// thisUpdate.
    pub this_update: Timestamp,
    /// nextUpdate.
    pub next_update: Option<Timestamp>,
}

impl BasicResponse {
    /// Reads a successful DER OCSPResponse with a responder named by key.
    ///
    /// # Errors
    /// [`asn1::Error::Syntax`]; a response without an answer names its status.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        check_length(WHAT, MAX_LENGTH, der)?;
        let mut basic = Cursor::outer(WHAT, read_envelope(der)?)?;
        let tbs = basic.sequence_der("tbsResponseData")?;
        let algorithm = signature_algorithm(basic.sequence_der("signatureAlgorithm")?, WHAT)?;
        let signature = basic.bits("signature")?.to_vec();
        let mut certificates = Vec::new();
        if let Some(mut wrapper) = basic.optional_nested(tag::constructed(0), "certs")? {
            let mut list = wrapper.sequence("certs")?;
            wrapper.end("certs")?;
            while !list.is_empty() {
                certificates.push(Certificate::from_der(list.sequence_der("certs")?)?);
            }
        }
        basic.end("certs")?;

        let mut data = Cursor::outer(WHAT, tbs)?;
        let mut responder = data.nested(tag::constructed(2), "responderID")?;
        let responder_key_hash = responder.octets("byKey")?.to_vec();
        responder.end("byKey")?;
        let produced_at = data.generalized_time("producedAt", false)?;
        let mut list = data.sequence("responses")?;
        let mut answers = Vec::new();
        while !list.is_empty() {
            answers.push(read_single(list.sequence("SingleResponse")?)?);
        }
        let nonce = read_response_nonce(&mut data)?;
        data.end("responseExtensions")?;
        Ok(Self {
            tbs: tbs.to_vec(),
            responder_key_hash,
            produced_at,
            answers,
            nonce,
            algorithm,
            signature,
            certificates,
        })
    }

    /// The answers.
    pub fn answers(&self) -> &[SingleAnswer] {
        &self.answers
    }

    /// The nonce repeated.
    pub fn nonce(&self) -> Option<&[u8]> {
        self.nonce.as_deref()
    }

    /// producedAt.
    pub fn produced_at(&self) -> Timestamp {
        self.produced_at
    }

    /// The certificates that came with it.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Checks that `issuer` or a responder it delegated to signed this
    /// (RFC 6960 §4.2.2.2), with a certificate valid at producedAt.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the responder is not authorized, [`crypto::Error::BadSignature`].
    pub fn verify(&self, issuer: &Certificate) -> Result<()> {
        let signer = std::iter::once(issuer)
            .chain(&self.certificates)
            .find(|candidate| {
                sha1(candidate.public_key().subject_public_key()) == self.responder_key_hash
            })
            .ok_or_else(|| Error::invalid("responderID", "no certificate of that key"))?;
        let delegated =
            signer.is_issued_by(issuer) && signer.extended_key_usage().contains(&oid::OCSP_SIGNING);
        if signer != issuer && !delegated {
            return Err(Error::invalid("responderID", "not delegated by the issuer"));
        }
        if !signer.validity().contains(self.produced_at) {
            return Err(Error::invalid(
                "responderID",
                "its certificate was not valid",
            ));
        }
        Ok(signer
            .public_key()
            .verify(self.algorithm, &self.tbs, &self.signature)?)
    }
}

/// The BasicOCSPResponse within a successful OCSPResponse.
fn read_envelope(der: &[u8]) -> Result<&[u8]> {
    let mut outer = Cursor::outer(WHAT, der)?;
    let status = outer.small(tag::ENUMERATED, "responseStatus")?;
    if status != 0 {
        outer.end("responseStatus")?;
        return outer.fail("responseStatus", format!("{status}: no answer"));
    }
    let mut wrapper = outer.nested(tag::constructed(0), "responseBytes")?;
    outer.end("responseBytes")?;
    let mut bytes = wrapper.sequence("responseBytes")?;
    wrapper.end("responseBytes")?;
    if bytes.oid("responseType")? != oid::OCSP_BASIC {
        return bytes.fail("responseType", "not id-pkix-ocsp-basic");
    }
    let response = bytes.octets("response")?;
    bytes.end("response")?;
    Ok(response)
}

fn read_response_nonce(data: &mut Cursor<'_>) -> Result<Option<Vec<u8>>> {
    let mut nonce = None;
    if let Some(mut wrapper) = data.optional_nested(tag::constructed(1), "responseExtensions")? {
        for extension in Extension::read_all(wrapper.sequence("responseExtensions")?)? {
            if extension.oid == oid::OCSP_NONCE {
                nonce = Some(read_nonce(&extension.value)?);
            }
        }
        wrapper.end("responseExtensions")?;
    }
    Ok(nonce)
}

fn read_single(mut single: Cursor<'_>) -> Result<SingleAnswer> {
    let cert_id = CertId::from_der(WHAT, single.sequence_der("certID")?)?;
    let status = single.any("certStatus")?;
    let status = match (status.tag, status.value) {
        (0x80, []) => CertStatus::Good,
        (0x82, []) => CertStatus::Unknown,
        (0xa1, value) => {
            let mut info = Cursor::new(WHAT, value);
            let time = info.generalized_time("revocationTime", false)?;
            let mut reason = RevocationReason::Unspecified;
            if let Some(mut wrapper) =
                info.optional_nested(tag::constructed(0), "revocationReason")?
            {
                let code = wrapper.small(tag::ENUMERATED, "revocationReason")?;
                wrapper.end("revocationReason")?;
                reason = u8::try_from(code)
                    .ok()
                    .and_then(RevocationReason::from_code)
                    .ok_or_else(|| info.error("revocationReason", "unknown"))?;
            }
            info.end("revocationReason")?;
            CertStatus::Revoked { time, reason }
        }
        _ => return single.fail("certStatus", "unknown alternative"),
    };
    let this_update = single.generalized_time("thisUpdate", false)?;
    let mut next_update = None;
    if let Some(mut wrapper) = single.optional_nested(tag::constructed(0), "nextUpdate")? {
        next_update = Some(wrapper.generalized_time("nextUpdate", false)?);
        wrapper.end("nextUpdate")?;
    }
    single.optional(tag::constructed(1), "singleExtensions")?;
    single.end("singleExtensions")?;
    Ok(SingleAnswer {
        cert_id,
        status,
        this_update,
        next_update,
    })
}
