//! Making SignedData.

use std::sync::Arc;

use asn1::{Writer, sort_set_of, tag, whole_seconds};
use const_oid::ObjectIdentifier;
use crypto::{Digest, SignatureAlgorithm};
use hsm_adapters::Key;
use jiff::Timestamp;

use super::digest_of;
use crate::{
    Certificate, PublicKey, Result,
    algorithm::{digest_algorithm, unsupported, write_signature_algorithm},
    oid,
    signing::sign_checked,
};

/// A signer, prepared once: its certificate's identity, chain and algorithms. Clones share it.
#[derive(Clone, Debug)]
pub struct Signer(Arc<Identity>);

#[derive(Debug)]
struct Identity {
    public_key: PublicKey,
    algorithm: SignatureAlgorithm,
    digest: Digest,
    /// IssuerAndSerialNumber.
    sid: Vec<u8>,
    /// The attribute signingCertificateV2 (RFC 5816).
    signing_certificate: Vec<u8>,
    /// `[0] IMPLICIT SET OF Certificate`.
    certificates: Vec<u8>,
}

/// SignedData that is built and not signed. Signing consumes it.
#[derive(Debug)]
#[must_use = "sign it, or drop it"]
pub struct UnsignedData {
    signer: Signer,
    content_type: ObjectIdentifier,
    content: Vec<u8>,
    /// The contents of SignedAttributes, sorted.
    attributes: Vec<u8>,
    with_certificates: bool,
}

impl Signer {
    /// Prepares a signer; `chain` is included with its certificate if certificates are requested.
    ///
    /// # Errors
    /// [`crypto::Error::UnsupportedAlgorithm`] if the key cannot sign so.
    pub fn new(
        certificate: &Certificate,
        chain: &[Certificate],
        algorithm: SignatureAlgorithm,
    ) -> Result<Self> {
        if !certificate.public_key().can_make(algorithm) {
            return Err(unsupported("signer's key", algorithm));
        }
        let digest = digest_of(algorithm);
        Ok(Self(Arc::new(Identity {
            public_key: certificate.public_key().clone(),
            algorithm,
            digest,
            sid: Writer::build(|w| {
                w.sequence(|w| {
                    w.raw(certificate.issuer().der());
                    w.unsigned(certificate.serial().as_bytes());
                });
            }),
            signing_certificate: signing_certificate_v2(certificate, digest),
            certificates: certificate_set(std::iter::once(certificate).chain(chain)),
        })))
    }

    /// The digest of the signer's algorithm.
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// How it signs.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.0.algorithm
    }

    /// Builds SignedData over `content` with the signed attributes contentType,
    /// messageDigest, signingCertificateV2 and, if present, signingTime.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] for a time that cannot be written.
    pub fn signed_data(
        &self,
        content_type: ObjectIdentifier,
        content: Vec<u8>,
        signing_time: Option<Timestamp>,
        with_certificates: bool,
    ) -> Result<UnsignedData> {
        let mut attributes = vec![
            attribute(oid::ID_CONTENT_TYPE, |w| w.oid(content_type)),
            attribute(oid::ID_MESSAGE_DIGEST, |w| {
                w.octets(&self.0.digest.hash(&content));
            }),
            self.0.signing_certificate.clone(),
        ];
        if let Some(time) = signing_time {
            let time = whole_seconds(time, "signingTime")?;
            attributes.push(attribute(oid::ID_SIGNING_TIME, |w| w.time(time)));
        }
        sort_set_of(&mut attributes);
        Ok(UnsignedData {
            signer: self.clone(),
            content_type,
            content,
            attributes: attributes.concat(),
            with_certificates,
        })
    }
}

impl UnsignedData {
    /// The encapsulated content.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// Signs and returns a DER ContentInfo.
    ///
    /// # Errors
    /// [`crate::Error::Key`] from the adapter, [`crate::Error::SignedOtherwise`].
    pub async fn sign(self, key: &dyn Key) -> Result<Vec<u8>> {
        let signer = &*self.signer.0;
        // RFC 5652 §5.4: what is signed is the SET OF, not the [0] it is carried as.
        let message = Writer::build(|w| w.tlv(tag::SET, &self.attributes));
        let signature = sign_checked(key, &signer.public_key, signer.algorithm, &message).await?;
        let certificates = match self.with_certificates {
            true => signer.certificates.as_slice(),
            false => &[],
        };
        let known = self.content.len() + self.attributes.len() + signature.len();
        let mut out = Writer::with_capacity(known + certificates.len() + signer.sid.len() + 256);
        content_info(&mut out, |w| {
            // RFC 5652 §5.1: version 3 where the content is not id-data.
            w.integer(if self.content_type == oid::ID_DATA {
                1
            } else {
                3
            });
            w.set(|w| digest_algorithm(w, signer.digest));
            w.sequence(|w| {
                w.oid(self.content_type);
                w.nested(tag::constructed(0), |w| w.octets(&self.content));
            });
            w.raw(certificates);
            w.set(|w| {
                w.sequence(|w| {
                    w.integer(1);
                    w.raw(&signer.sid);
                    digest_algorithm(w, signer.digest);
                    w.tlv(tag::constructed(0), &self.attributes);
                    write_signature_algorithm(w, signer.algorithm);
                    w.octets(&signature);
                });
            });
        });
        Ok(out.into_bytes())
    }
}

/// A degenerate SignedData that carries certificates and nothing else (RFC 8551 §3.2.2).
pub fn certs_only<'a>(certificates: impl IntoIterator<Item = &'a Certificate>) -> Vec<u8> {
    let certificates = certificate_set(certificates);
    Writer::build(|w| {
        content_info(w, |w| {
            w.integer(1);
            w.set(|_| {});
            w.sequence(|w| w.oid(oid::ID_DATA));
            w.raw(&certificates);
            w.set(|_| {});
        });
    })
}

fn content_info(w: &mut Writer, signed_data: impl FnOnce(&mut Writer)) {
    w.sequence(|w| {
        w.oid(oid::ID_SIGNED_DATA);
        w.nested(tag::constructed(0), |w| w.sequence(signed_data));
    });
}

fn certificate_set<'a>(certificates: impl IntoIterator<Item = &'a Certificate>) -> Vec<u8> {
    let mut set: Vec<_> = certificates
        .into_iter()
        .map(|certificate| certificate.der().to_vec())
        .collect();
    sort_set_of(&mut set);
    set.dedup();
    Writer::build(|w| w.tlv(tag::constructed(0), &set.concat()))
}

fn attribute(oid: ObjectIdentifier, value: impl FnOnce(&mut Writer)) -> Vec<u8> {
    Writer::build(|w| {
        w.sequence(|w| {
            w.oid(oid);
            w.set(value);
        });
    })
}

/// `SigningCertificateV2` with one `ESSCertIDv2` (RFC 5035 §3): hashAlgorithm is
/// left out for SHA-256, its default; issuerSerial is there, as RFC 5816 §2.2.1 has it.
fn signing_certificate_v2(certificate: &Certificate, digest: Digest) -> Vec<u8> {
    attribute(oid::ID_AA_SIGNING_CERTIFICATE_V2, |w| {
        w.sequence(|w| {
            w.sequence(|w| {
                w.sequence(|w| {
                    if digest != Digest::Sha256 {
                        digest_algorithm(w, digest);
                    }
                    w.octets(&digest.hash(certificate.der()));
                    w.sequence(|w| {
                        w.sequence(|w| {
                            w.nested(tag::constructed(4), |w| w.raw(certificate.issuer().der()));
                        });
                        w.unsigned(certificate.serial().as_bytes());
                    });
                });
            });
        });
    })
}
