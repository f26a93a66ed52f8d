//! Reading and verifying SignedData with one signer and signed attributes.

use asn1::{Cursor, Tlv, Writer, check_length, tag};
use const_oid::ObjectIdentifier;
use crypto::{Digest, SignatureAlgorithm};
use jiff::Timestamp;

use super::digest_of;
use crate::{
    Certificate, Error, Name, Result, SerialNumber,
    algorithm::{read_digest_oid, signature_algorithm, unsupported},
    oid,
};

const WHAT: &str = "SignedData";
const MAX_LENGTH: usize = 16 * 1024 * 1024;
const MAX_CERTIFICATES: usize = 16;

/// SignedData that was read; [`SignedData::verify`] checks it.
#[derive(Clone, Debug)]
pub struct SignedData {
    content_type: ObjectIdentifier,
    content: Vec<u8>,
    certificates: Vec<Certificate>,
    signer: SignerInfo,
}

/// The one SignerInfo.
#[derive(Clone, Debug)]
pub struct SignerInfo {
    issuer: Name,
    serial: SerialNumber,
    digest: Digest,
    algorithm: SignatureAlgorithm,
    /// SignedAttributes as the SET OF that was signed.
    attributes: Vec<u8>,
    message_digest: Vec<u8>,
    signing_time: Option<Timestamp>,
    certificate_digest: Digest,
    certificate_hash: Vec<u8>,
    signature: Vec<u8>,
}

impl SignedData {
    /// Reads a DER ContentInfo.
    ///
    /// # Errors
    /// [`asn1::Error::Syntax`], also if there is not exactly one signer with
    /// contentType, messageDigest and signingCertificateV2; [`crypto::Error::UnsupportedAlgorithm`].
    pub fn from_der(der: &[u8]) -> Result<Self> {
        check_length(WHAT, MAX_LENGTH, der)?;
        let mut info = Cursor::outer(WHAT, der)?;
        if info.oid("contentType")? != oid::ID_SIGNED_DATA {
            return info.fail("contentType", "not id-signedData");
        }
        let mut wrapper = info.nested(tag::constructed(0), "content")?;
        info.end("content")?;
        let mut data = wrapper.sequence("content")?;
        wrapper.end("content")?;
        if !matches!(data.small(tag::INTEGER, "version")?, 1 | 3) {
            return data.fail("version", "neither 1 nor 3");
        }
        data.set_of(tag::SET, "digestAlgorithms")?;
        let mut encapsulated = data.sequence("encapContentInfo")?;
        let content_type = encapsulated.oid("eContentType")?;
        let mut wrapper = encapsulated.nested(tag::constructed(0), "eContent")?;
        encapsulated.end("eContent")?;
        let content = wrapper.octets("eContent")?.to_vec();
        wrapper.end("eContent")?;
        let mut certificates = Vec::new();
        if data.peek() == Some(tag::constructed(0)) {
            for element in data.set_of(tag::constructed(0), "certificates")? {
                certificates.push(Certificate::from_der(element.der)?);
            }
        }
        if certificates.len() > MAX_CERTIFICATES {
            return data.fail("certificates", "more than 16");
        }
        let signers = data.set_of(tag::SET, "signerInfos")?;
        data.end("signerInfos")?;
        let [signer] = signers.as_slice() else {
            return data.fail("signerInfos", "not one signer");
        };
        Ok(Self {
            content_type,
            content,
            certificates,
            signer: SignerInfo::from_der(signer.der, content_type)?,
        })
    }

    /// eContentType.
    pub fn content_type(&self) -> ObjectIdentifier {
        self.content_type
    }

    /// eContent.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// The certificates that came with it.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The signer.
    pub fn signer(&self) -> &SignerInfo {
        &self.signer
    }

    /// The signer's certificate, if it came along.
    pub fn signer_certificate(&self) -> Option<&Certificate> {
        self.certificates
            .iter()
            .find(|certificate| self.signer.is(certificate))
    }

    /// Checks digest, signature and signingCertificateV2 against `certificate`.
    /// Whether to trust that certificate is for the caller to say.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is not the signer's, [`crypto::Error::BadSignature`].
    pub fn verify(&self, certificate: &Certificate) -> Result<()> {
        let signer = &self.signer;
        if !signer.is(certificate) {
            return Err(Error::invalid("sid", "names another certificate"));
        }
        if signer.certificate_digest.hash(certificate.der()) != signer.certificate_hash {
            return Err(Error::invalid(
                "signingCertificateV2",
                "is of another certificate",
            ));
        }
        if signer.digest.hash(&self.content) != signer.message_digest {
            return Err(crypto::Error::BadSignature { what: WHAT }.into());
        }
        Ok(certificate.public_key().verify(
            signer.algorithm,
            &signer.attributes,
            &signer.signature,
        )?)
    }
}

impl SignerInfo {
    /// digestAlgorithm.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// signatureAlgorithm.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// signingTime, as the signer says.
    pub fn signing_time(&self) -> Option<Timestamp> {
        self.signing_time
    }

    fn is(&self, certificate: &Certificate) -> bool {
        *certificate.issuer() == self.issuer && *certificate.serial() == self.serial
    }

    fn from_der(der: &[u8], content_type: ObjectIdentifier) -> Result<Self> {
        let mut info = Cursor::outer("SignerInfo", der)?;
        if info.small(tag::INTEGER, "version")? != 1 {
            return info.fail("version", "not 1");
        }
        let mut sid = info.sequence("sid")?;
        let issuer = Name::from_der(sid.sequence_der("issuer")?)?;
        let serial = SerialNumber::from_bytes(sid.unsigned("serialNumber")?)
            .map_err(|error| sid.error("serialNumber", error.to_string()))?;
        sid.end("serialNumber")?;
        let digest = read_digest(&mut info, "digestAlgorithm")?;
        let mut look_ahead = info.clone();
        let attributes = look_ahead.expect(tag::constructed(0), "signedAttrs")?;
        let elements = info.set_of(tag::constructed(0), "signedAttrs")?;
        let algorithm =
            signature_algorithm(info.sequence_der("signatureAlgorithm")?, "SignerInfo")?;
        let signature = info.octets("signature")?.to_vec();
        info.optional(tag::constructed(1), "unsignedAttrs")?;
        info.end("unsignedAttrs")?;
        if digest != digest_of(algorithm) {
            return info.fail("digestAlgorithm", "not that of the signature");
        }

        let signed = SignedAttributes::read(&elements)?;
        if signed.content_type != Some(content_type) {
            return info.fail("contentType", "missing, or not that of the content");
        }
        let (certificate_digest, certificate_hash) = signed
            .signing_certificate
            .ok_or_else(|| info.error("signingCertificateV2", "missing"))?;
        Ok(Self {
            issuer,
            serial,
            digest,
            algorithm,
            attributes: Writer::build(|w| w.tlv(tag::SET, attributes)),
            message_digest: signed
                .message_digest
                .ok_or_else(|| info.error("messageDigest", "missing"))?,
            signing_time: signed.signing_time,
            certificate_digest,
            certificate_hash,
            signature,
        })
    }
}

/// The signed attributes that a verifier needs; others are ignored.
#[derive(Default)]
struct SignedAttributes {
    content_type: Option<ObjectIdentifier>,
    message_digest: Option<Vec<u8>>,
    signing_time: Option<Timestamp>,
    signing_certificate: Option<(Digest, Vec<u8>)>,
}

impl SignedAttributes {
    fn read(elements: &[Tlv<'_>]) -> Result<Self> {
        let mut read = Self::default();
        for element in elements {
            let mut attribute = Cursor::outer("SignedAttributes", element.der)?;
            let oid = attribute.oid("attrType")?;
            let values = attribute.set_of(tag::SET, "attrValues")?;
            attribute.end("attrValues")?;
            let [value] = values.as_slice() else {
                return attribute.fail("attrValues", "not one value");
            };
            let mut value = Cursor::new("SignedAttributes", value.der);
            if read.read_value(oid, &mut value)? {
                return value.fail("signedAttrs", format!("{oid} twice"));
            }
            value.end("attrValues")?;
        }
        Ok(read)
    }

    /// Reads one attribute's value; true if there was one before.
    fn read_value(&mut self, oid: ObjectIdentifier, value: &mut Cursor<'_>) -> Result<bool> {
        Ok(match oid {
            oid::ID_CONTENT_TYPE => {
                let content_type = value.oid("contentType")?;
                self.content_type.replace(content_type).is_some()
            }
            oid::ID_MESSAGE_DIGEST => {
                let digest = value.octets("messageDigest")?.to_vec();
                self.message_digest.replace(digest).is_some()
            }
            oid::ID_SIGNING_TIME => {
                let time = value.time("signingTime")?;
                self.signing_time.replace(time).is_some()
            }
            oid::ID_AA_SIGNING_CERTIFICATE_V2 => {
                let certificate = read_signing_certificate(value)?;
                self.signing_certificate.replace(certificate).is_some()
            }
            _ => {
                value.any("attrValues")?;
                false
            }
        })
    }
}

/// The digest and hash of the first ESSCertIDv2.
fn read_signing_certificate(value: &mut Cursor<'_>) -> Result<(Digest, Vec<u8>)> {
    let mut signing = value.sequence("signingCertificateV2")?;
    let mut certs = signing.sequence("certs")?;
    let mut first = certs.sequence("ESSCertIDv2")?;
    let digest = if first.peek() == Some(tag::SEQUENCE) {
        read_digest(&mut first, "hashAlgorithm")?
    } else {
        Digest::Sha256
    };
    let hash = first.octets("certHash")?.to_vec();
    first.optional(tag::SEQUENCE, "issuerSerial")?;
    first.end("issuerSerial")?;
    Ok((digest, hash))
}

fn read_digest(cursor: &mut Cursor<'_>, field: &'static str) -> Result<Digest> {
    let oid = read_digest_oid(cursor, field)?;
    Digest::from_oid(oid).ok_or_else(|| unsupported(WHAT, oid))
}
