//! OCSPRequest (RFC 6960 §4.1).

use super::CertId;
use crate::{Extension, Result, oid};
use asn1::{Cursor, Writer, check_length, tag};

pub(super) const WHAT: &str = "OCSPRequest";
/// Longer input is rejected unread.
pub const MAX_LENGTH: usize = 8 * 1024;
/// A request may ask about so many certificates.
pub const MAX_CERT_IDS: usize = 16;

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OcspRequest {
    cert_ids: Vec<CertId>,
    nonce: Option<Vec<u8>>,
    signed: bool,
}

impl OcspRequest {
    /// Reads a DER OCSPRequest. A signature on it is neither needed nor checked.
    ///
    /// # Errors
    /// [`asn1::Error::TooLong`], [`asn1::Error::Syntax`]: answer malformedRequest.
    pub fn parse(der: &[u8]) -> Result<Self> {
        check_length(WHAT, MAX_LENGTH, der)?;
        let mut outer = Cursor::outer(WHAT, der)?;
        let mut tbs = outer.sequence("tbsRequest")?;
        let signed = outer
            .optional(tag::constructed(0), "optionalSignature")?
            .is_some();
        outer.end("optionalSignature")?;

        // version [0] DEFAULT v1 may not be written (X.690 §11.5).
        if tbs.peek() == Some(tag::constructed(0)) {
            return tbs.fail("version", "v1 must be left out, others are unknown");
        }
        if let Some(mut requestor) = tbs.optional_nested(tag::constructed(1), "requestorName")? {
            requestor.any("requestorName")?;
            requestor.end("requestorName")?;
        }
        let mut list = tbs.sequence("requestList")?;
        let mut cert_ids = Vec::new();
        while !list.is_empty() {
            let mut request = list.sequence("Request")?;
            cert_ids.push(CertId::from_der(WHAT, request.sequence_der("reqCert")?)?);
            let extensions =
                request.optional_nested(tag::constructed(0), "singleRequestExtensions")?;
            read_extensions(extensions, |_| Ok(()))?;
            request.end("singleRequestExtensions")?;
            if cert_ids.len() > MAX_CERT_IDS {
                return list.fail("requestList", "more than 16 certificates");
            }
        }
        if cert_ids.is_empty() {
            return list.fail("requestList", "empty");
        }
        let mut nonce = None;
        let extensions = tbs.optional_nested(tag::constructed(2), "requestExtensions")?;
        read_extensions(extensions, |extension| {
            nonce = Some(read_nonce(&extension.value)?);
            Ok(())
        })?;
        tbs.end("requestExtensions")?;
        Ok(Self {
            cert_ids,
            nonce,
            signed,
        })
    }

    /// The certificates asked about: 1 to [`MAX_CERT_IDS`].
    pub fn cert_ids(&self) -> &[CertId] {
        &self.cert_ids
    }

    /// The nonce to repeat: 1 to 128 bytes.
    pub fn nonce(&self) -> Option<&[u8]> {
        self.nonce.as_deref()
    }

    /// True if the client signed.
    pub fn is_signed(&self) -> bool {
        self.signed
    }
}

/// An unsigned request, for our own use as a client.
pub fn build_request(cert_ids: &[CertId], nonce: Option<&[u8]>) -> Vec<u8> {
    Writer::build(|w| {
        w.sequence(|w| {
            w.sequence(|w| {
                w.sequence(|w| {
                    for cert_id in cert_ids {
                        w.sequence(|w| w.raw(cert_id.der()));
                    }
                });
                if let Some(nonce) = nonce {
                    w.nested(tag::constructed(2), |w| {
                        w.sequence(|w| write_nonce(w, nonce));
                    });
                }
            });
        });
    })
}

pub(super) fn write_nonce(w: &mut Writer, nonce: &[u8]) {
    w.extension(oid::OCSP_NONCE, false, |w| w.octets(nonce));
}

/// RFC 9654 §2.1: an OCTET STRING of 1 to 128 octets.
pub(super) fn read_nonce(value: &[u8]) -> Result<Vec<u8>> {
    let mut cursor = Cursor::new(WHAT, value);
    let nonce = cursor.octets("nonce")?.to_vec();
    cursor.end("nonce")?;
    if !(1..=128).contains(&nonce.len()) {
        return cursor.fail("nonce", "not of 1 to 128 octets");
    }
    Ok(nonce)
}

/// Hands the nonce to `on_nonce`; refuses any other extension that is critical.
fn read_extensions(
    wrapper: Option<Cursor<'_>>,
    mut on_nonce: impl FnMut(&Extension) -> Result<()>,
) -> Result<()> {
    let Some(mut wrapper) = wrapper else {
        return Ok(());
    };
    let list = wrapper.sequence("Extensions")?;
    wrapper.end("Extensions")?;
    for extension in Extension::read_all(list)? {
        if extension.oid == oid::OCSP_NONCE {
            on_nonce(&extension)?;
        } else if extension.critical {
            return wrapper.fail(
                "Extensions",
                format!("critical extension {} is unknown", extension.oid),
            );
        }
    }
    Ok(())
}
