//! Reading certification requests (PKCS #10, RFC 2986), as leniently as the common peers.
//!
//! Requests come from tools that nobody can change. This reader takes what OpenSSL, Go and Java
//! take wherever the meaning is certain, and returns values that are encoded again, strictly:
//! the name, the key, the alternative names. The signature is verified over the original bytes.
//! Certificates and everything else are read by the strict readers of this crate.

mod container;
mod key;
mod left_out;
mod names;
mod signature;
mod subject;
mod text;

use asn1::{BerCursor, BerElement, Malformed, tag};
use const_oid::ObjectIdentifier;
use crypto::SignatureScheme;

pub use container::{RequestFile, find_request};
pub use subject::UnreadableAttribute;

use crate::{Extension, GeneralName, Name, PublicKey, RequestError, Result, oid};

/// A longer request is rejected unread.
pub const MAX_LENGTH: usize = 64 * 1024;
/// More attributes than any tool writes.
const MAX_ATTRIBUTES: usize = 64;
/// szOID_CERT_EXTENSIONS: where Windows asks for extensions (MS-WCCE §2.2.2.7.7).
const MICROSOFT_EXTENSIONS: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.2.1.14");

/// A request whose signature was checked: its sender holds the private key.
///
/// All that it asks for is information. An issuer takes from it what its
/// profile allows, and the key.
#[derive(Clone, Debug)]
pub struct CertificationRequest {
    der: Vec<u8>,
    subject: Name,
    unreadable_attributes: Vec<UnreadableAttribute>,
    public_key: PublicKey,
    signature_scheme: SignatureScheme,
    requested_extensions: Vec<Extension>,
    alt_names: Vec<GeneralName>,
    challenge_password: Option<String>,
}

impl CertificationRequest {
    /// Reads a DER or BER request, and checks its proof of possession and that its key is
    /// not a weak one.
    ///
    /// # Errors
    /// [`asn1::Error::TooLong`], [`crypto::Error::BadKey`], and a [`RequestError`] that says what to change.
    pub fn parse(encoding: &[u8]) -> Result<Self> {
        if encoding.len() > MAX_LENGTH {
            return Err(asn1::Error::TooLong {
                what: "the certification request",
                limit: MAX_LENGTH,
                actual: encoding.len(),
            }
            .into());
        }
        let failed =
            |field: &'static str| move |reason: Malformed| RequestError::malformed(field, reason);
        let mut whole = BerCursor::new(encoding);
        let mut outer = whole.sequence().map_err(failed("encoding"))?;
        whole.end().map_err(failed("encoding"))?;
        let info = outer
            .expect(tag::SEQUENCE)
            .map_err(failed("certificationRequestInfo"))?;
        let algorithm = outer
            .expect(tag::SEQUENCE)
            .map_err(failed("signatureAlgorithm"))?;
        let signature = outer.bits().map_err(failed("signature"))?;
        outer.end().map_err(failed("signature"))?;

        let mut fields = BerCursor::new(info.value);
        // There is one version only; like OpenSSL and Go, do not care what number it has.
        fields.unsigned().map_err(failed("version"))?;
        let subject = fields.expect(tag::SEQUENCE).map_err(failed("subject"))?;
        let spki = fields.expect(tag::SEQUENCE).map_err(failed("public key"))?;
        let public_key = key::read(spki.encoding)?;
        let signature_scheme = signature::read_scheme(algorithm.encoding)?;
        let (subject, unreadable_attributes) = subject::read(subject.encoding)?;
        let attributes = Attributes::read(fields)?;
        let alt_names = names::read_names(&attributes.extensions)?;
        // Last, so that the fuzzer reaches all of the above.
        signature::verify(&public_key, signature_scheme, info.encoding, signature)?;
        key::check_strength(&public_key)?;
        Ok(Self {
            der: encoding.to_vec(),
            subject,
            unreadable_attributes,
            public_key,
            signature_scheme,
            alt_names,
            requested_extensions: attributes.extensions,
            challenge_password: attributes.challenge_password,
        })
    }

    /// Reads the one request in a file of whatever form; see [`find_request`].
    ///
    /// # Errors
    /// Those of [`find_request`] and [`CertificationRequest::parse`].
    pub fn from_pem_or_der(file: &[u8]) -> Result<Self> {
        Self::parse(&find_request(file)?.der)
    }

    /// The whole encoding, as it was signed.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The name asked for, as far as it can be read; may be empty.
    pub fn subject(&self) -> &Name {
        &self.subject
    }

    /// The attributes of the name that cannot be read.
    pub fn unreadable_attributes(&self) -> &[UnreadableAttribute] {
        &self.unreadable_attributes
    }

    /// The key whose possession is proved.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// How the request is signed.
    pub fn signature_scheme(&self) -> SignatureScheme {
        self.signature_scheme
    }

    /// The subjectAltName asked for, each name once.
    pub fn subject_alt_names(&self) -> &[GeneralName] {
        &self.alt_names
    }

    /// Every extension asked for, subjectAltName included, for information. Their values are as
    /// the request has them.
    pub fn requested_extensions(&self) -> &[Extension] {
        &self.requested_extensions
    }

    /// challengePassword (RFC 2985 §5.4.1), a secret; none if it is not text.
    pub fn challenge_password(&self) -> Option<&str> {
        self.challenge_password.as_deref()
    }
}

/// What the attributes of a request say.
#[derive(Default)]
struct Attributes {
    extensions: Vec<Extension>,
    challenge_password: Option<String>,
}

impl Attributes {
    /// Reads `attributes [0]`, in whatever order; some tools leave it out where it is empty.
    fn read(mut fields: BerCursor<'_>) -> Result<Self, RequestError> {
        let mut attributes = Self::default();
        let set = fields.optional(tag::constructed(0)).map_err(failed)?;
        fields.end().map_err(failed)?;
        let mut set = BerCursor::new(set.map_or(&[], |set| set.value));
        let mut count = 0;
        while !set.is_empty() {
            count += 1;
            if count > MAX_ATTRIBUTES {
                return Err(RequestError::malformed("attributes", "more than 64"));
            }
            let mut attribute = set.sequence().map_err(failed)?;
            let oid = attribute.any().map_err(failed)?;
            let values = attribute.any().map_err(failed)?;
            // Attributes that mean nothing to us, such as the version of Windows, may have any
            // form, even that of a type.
            if let Ok(oid) = BerCursor::new(oid.encoding).oid() {
                attributes.take(oid, values)?;
            }
        }
        Ok(attributes)
    }

    fn take(&mut self, oid: ObjectIdentifier, values: BerElement<'_>) -> Result<(), RequestError> {
        let mut values = BerCursor::new(values.value);
        match oid {
            oid::EXTENSION_REQUEST | MICROSOFT_EXTENSIONS => {
                while !values.is_empty() {
                    let value = values.any().map_err(failed)?;
                    names::read_extensions(value, &mut self.extensions)?;
                }
            }
            oid::CHALLENGE_PASSWORD => {
                if let Ok(value) = values.any() {
                    self.challenge_password = text::decode(value.tag, value.value).ok();
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn failed(reason: Malformed) -> RequestError {
    RequestError::malformed("attributes", reason)
}
