//! Certificate requests (PKCS #10, RFC 2986).

use asn1::{Cursor, Writer, check_length, tag};
use crypto::SignatureAlgorithm;
use hsm_adapters::Key;

use crate::{
    Extension, GeneralName, Name, PublicKey, Result,
    algorithm::signature_algorithm,
    oid, pem,
    signing::{assemble, sign_checked},
};

const WHAT: &str = "CertificationRequest";
/// Longer input is rejected unread.
pub const MAX_LENGTH: usize = 64 * 1024;

/// A request whose signature was checked: its sender holds the private key.
///
/// All that it asks for is information. An issuer takes from it what its
/// profile allows, and the key.
#[derive(Clone, Debug)]
pub struct CertificationRequest {
    der: Vec<u8>,
    subject: Name,
    public_key: PublicKey,
    signature_algorithm: SignatureAlgorithm,
    requested_extensions: Vec<Extension>,
    alt_names: Vec<GeneralName>,
    challenge_password: Option<String>,
}

impl CertificationRequest {
    /// Reads a DER request and checks its proof of possession.
    ///
    /// # Errors
    /// [`asn1::Error::TooLong`], [`asn1::Error::Syntax`], [`crypto::Error::UnsupportedAlgorithm`],
    /// [`crypto::Error::BadKey`], and [`crypto::Error::BadSignature`] if possession is not proved.
    pub fn parse(der: &[u8]) -> Result<Self> {
        check_length(WHAT, MAX_LENGTH, der)?;
        let mut outer = Cursor::outer(WHAT, der)?;
        let info_der = outer.sequence_der("certificationRequestInfo")?;
        let algorithm_der = outer.sequence_der("signatureAlgorithm")?;
        let signature = outer.bits("signature")?;
        outer.end("signature")?;

        let mut info = Cursor::outer(WHAT, info_der)?;
        if info.small(tag::INTEGER, "version")? != 0 {
            return info.fail("version", "not v1");
        }
        let subject = Name::from_der(info.sequence_der("subject")?)?;
        let public_key = PublicKey::from_der(info.sequence_der("subjectPKInfo")?)?;
        let algorithm = signature_algorithm(algorithm_der, WHAT)?;
        let mut request = Self {
            der: der.to_vec(),
            subject,
            public_key,
            signature_algorithm: algorithm,
            requested_extensions: Vec::new(),
            alt_names: Vec::new(),
            challenge_password: None,
        };
        request.read_attributes(&mut info)?;
        request
            .public_key
            .verify(algorithm, info_der, signature)
            .map_err(|error| match error {
                crypto::Error::BadSignature { .. } => crypto::Error::BadSignature { what: WHAT },
                other => other,
            })?;
        Ok(request)
    }

    /// Reads a request, DER or PEM.
    ///
    /// # Errors
    /// Those of [`CertificationRequest::parse`], and of PEM.
    pub fn from_pem_or_der(input: &[u8]) -> Result<Self> {
        check_length(WHAT, 2 * MAX_LENGTH, input)?;
        let labels = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"];
        Self::parse(&pem::one_or_der(WHAT, &labels, input)?)
    }

    /// The whole encoding.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The name asked for; may be empty.
    pub fn subject(&self) -> &Name {
        &self.subject
    }

    /// The key whose possession is proved.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// How the request is signed.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.signature_algorithm
    }

    /// The subjectAltName asked for.
    pub fn subject_alt_names(&self) -> &[GeneralName] {
        &self.alt_names
    }

    /// Every extension asked for, subjectAltName included, for information.
    pub fn requested_extensions(&self) -> &[Extension] {
        &self.requested_extensions
    }

    /// challengePassword (RFC 2985 §5.4.1), a secret.
    pub fn challenge_password(&self) -> Option<&str> {
        self.challenge_password.as_deref()
    }

    fn read_attributes(&mut self, info: &mut Cursor<'_>) -> Result<()> {
        let mut seen = Vec::new();
        // attributes [0] is not OPTIONAL, but some leave it out where it is empty.
        if !info.is_empty() {
            for element in info.set_of(tag::constructed(0), "attributes")? {
                let mut attribute = Cursor::outer(WHAT, element.der)?;
                let oid = attribute.oid("attribute type")?;
                let values = attribute.set_of(tag::SET, "attribute values")?;
                attribute.end("attribute values")?;
                if seen.contains(&oid) {
                    return attribute.fail("attributes", format!("{oid} twice"));
                }
                seen.push(oid);
                match (oid, values.as_slice()) {
                    (oid::EXTENSION_REQUEST, [value]) => self.read_extensions(value.der)?,
                    (oid::CHALLENGE_PASSWORD, [value]) => {
                        let text = std::str::from_utf8(value.value)
                            .ok()
                            .filter(|_| {
                                matches!(value.tag, tag::UTF8_STRING | tag::PRINTABLE_STRING)
                            })
                            .filter(|text| text.chars().count() <= 255);
                        let Some(text) = text else {
                            return attribute.fail("challengePassword", "not a DirectoryString");
                        };
                        self.challenge_password = Some(text.to_owned());
                    }
                    (oid::EXTENSION_REQUEST | oid::CHALLENGE_PASSWORD, _) => {
                        return attribute.fail("attribute values", "not one value");
                    }
                    // Others are the client's own affair, such as Microsoft's OS version.
                    _ => {}
                }
            }
        }
        info.end("attributes")?;
        Ok(())
    }

    fn read_extensions(&mut self, der: &[u8]) -> Result<()> {
        self.requested_extensions = Extension::read_all(Cursor::outer("extensionRequest", der)?)?;
        for extension in &self.requested_extensions {
            if extension.oid == oid::SUBJECT_ALT_NAME {
                self.alt_names =
                    GeneralName::read_all("requested SubjectAltName", &extension.value)?;
            }
        }
        Ok(())
    }
}

/// Builds and signs a request for `subject` and `alt_names`.
///
/// # Errors
/// [`crate::Error::Invalid`] for names with wrong syntax, and those of signing.
pub async fn build(
    subject: &Name,
    alt_names: &[GeneralName],
    key: &dyn Key,
    algorithm: SignatureAlgorithm,
) -> Result<Vec<u8>> {
    build_with_extensions(subject, alt_names, &[], key, algorithm).await
}

/// As [`build`], asking for further extensions.
///
/// # Errors
/// Those of [`build`].
pub async fn build_with_extensions(
    subject: &Name,
    alt_names: &[GeneralName],
    extensions: &[Extension],
    key: &dyn Key,
    algorithm: SignatureAlgorithm,
) -> Result<Vec<u8>> {
    alt_names.iter().try_for_each(GeneralName::check)?;
    let public_key = key.public_key().clone();
    let info = Writer::build(|w| {
        w.sequence(|w| {
            w.integer(0);
            w.raw(subject.der());
            w.raw(public_key.der());
            w.nested(tag::constructed(0), |w| {
                if !alt_names.is_empty() || !extensions.is_empty() {
                    extension_request(w, alt_names, extensions);
                }
            });
        });
    });
    let signature = sign_checked(key, &public_key, algorithm, &info).await?;
    Ok(assemble(&info, algorithm, &signature))
}

fn extension_request(w: &mut Writer, alt_names: &[GeneralName], extensions: &[Extension]) {
    w.sequence(|w| {
        w.oid(oid::EXTENSION_REQUEST);
        w.set(|w| {
            w.sequence(|w| {
                if !alt_names.is_empty() {
                    w.extension(oid::SUBJECT_ALT_NAME, false, |w| {
                        w.sequence(|w| alt_names.iter().for_each(|name| name.write(w)));
                    });
                }
                extensions.iter().for_each(|extension| extension.write(w));
            });
        });
    });
}
