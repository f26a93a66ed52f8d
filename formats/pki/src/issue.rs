//! Making certificates: prepare, fill in, lint, sign.

use std::sync::Arc;

use asn1::{Writer, tag};
use crypto::{Digest, SignatureAlgorithm};
use hsm_adapters::Key;

use crate::{
    BasicConstraints, Certificate, Error, ExtensionSet, GeneralName, Issuer, KeyKind, KeyUsage,
    Name, PublicKey, Result, SerialNumber, Validity,
    algorithm::{encode_signature_algorithm, unsupported},
    certificate::Tbs,
    lint::{self, ProfileRules},
    oid,
    signing::{assemble, sign_checked},
};

/// What all certificates of one kind and one issuer have in common, encoded once. Cheap to clone.
#[derive(Clone, Debug)]
pub struct EncodedTemplate(Arc<TemplateParts>);

#[derive(Debug)]
struct TemplateParts {
    issuer: Issuer,
    algorithm: SignatureAlgorithm,
    algorithm_der: Vec<u8>,
    basic_constraints: BasicConstraints,
    key_usage: KeyUsage,
    extensions: Vec<u8>,
}

/// What differs from certificate to certificate.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// serialNumber, never used before by this issuer.
    pub serial: SerialNumber,
    /// subject.
    pub name: &'a Name,
    /// The key to be certified.
    pub public_key: &'a PublicKey,
    /// From when to when.
    pub validity: Validity,
    /// subjectAltName; critical if `name` is empty (RFC 5280 §4.2.1.6).
    pub alt_names: &'a [GeneralName],
}

/// A certificate that is built, not checked and not signed.
#[derive(Debug)]
#[must_use = "lint it, or drop it"]
pub struct Unsigned {
    tbs_der: Vec<u8>,
    template: EncodedTemplate,
}

/// The right to sign one certificate, which has passed the linter. Signing consumes it.
#[derive(Debug)]
#[must_use = "sign it, or drop it"]
pub struct Linted {
    tbs_der: Vec<u8>,
    tbs: Tbs,
    template: EncodedTemplate,
}

impl EncodedTemplate {
    /// Encodes what certificates with these extensions have in common.
    ///
    /// # Errors
    /// [`crypto::Error::UnsupportedAlgorithm`] if the issuer's key cannot sign so,
    /// [`Error::Invalid`] if an extension holds what no certificate can.
    pub fn new(
        issuer: &Issuer,
        extensions: &ExtensionSet,
        algorithm: SignatureAlgorithm,
    ) -> Result<Self> {
        if !issuer.public_key().can_make(algorithm) {
            return Err(unsupported("issuer's key", algorithm));
        }
        Ok(Self(Arc::new(TemplateParts {
            issuer: issuer.clone(),
            algorithm,
            algorithm_der: encode_signature_algorithm(algorithm),
            basic_constraints: extensions.basic_constraints,
            key_usage: extensions.key_usage,
            extensions: extensions.encode(issuer.key_identifier())?,
        })))
    }

    /// Who issues.
    pub fn issuer(&self) -> &Issuer {
        &self.0.issuer
    }

    /// How certificates of this template are signed.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.0.algorithm
    }

    /// Whether subjects of this template may issue.
    pub fn basic_constraints(&self) -> BasicConstraints {
        self.0.basic_constraints
    }

    /// Builds a TBSCertificate (RFC 5280 §4.1). Every byte of it comes from the
    /// template and the subject given here; nothing is checked yet.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a value has no encoding.
    pub fn certificate(&self, subject: &Subject<'_>) -> Result<Unsigned> {
        if let Some(name) = subject.alt_names.iter().find(|name| name.check().is_err()) {
            name.check()?;
        }
        let parts = &*self.0;
        let issuer = &parts.issuer;
        let mut out = Writer::with_capacity(1024);
        out.sequence(|w| {
            w.nested(tag::constructed(0), |w| w.integer(2));
            w.unsigned(subject.serial.as_bytes());
            w.raw(&parts.algorithm_der);
            w.raw(issuer.name().der());
            w.sequence(|w| {
                w.time(subject.validity.not_before);
                w.time(subject.validity.not_after);
            });
            w.raw(subject.name.der());
            w.raw(subject.public_key.der());
            w.nested(tag::constructed(3), |w| {
                w.sequence(|w| {
                    w.raw(&parts.extensions);
                    self.key_usage(subject.public_key).write(w);
                    w.extension(oid::SUBJECT_KEY_IDENTIFIER, false, |w| {
                        w.octets(&subject.public_key.key_identifier());
                    });
                    if !subject.alt_names.is_empty() {
                        w.extension(oid::SUBJECT_ALT_NAME, subject.name.is_empty(), |w| {
                            w.sequence(|w| subject.alt_names.iter().for_each(|name| name.write(w)));
                        });
                    }
                });
            });
        });
        Ok(Unsigned {
            tbs_der: out.into_bytes(),
            template: self.clone(),
        })
    }

    fn key_usage(&self, key: &PublicKey) -> KeyUsage {
        let encipherment = KeyUsage::KEY_ENCIPHERMENT | KeyUsage::DATA_ENCIPHERMENT;
        match key.kind() {
            KeyKind::Rsa { .. } => self.0.key_usage,
            _ => self.0.key_usage.without(encipherment),
        }
    }
}

impl Unsigned {
    /// The bytes to be signed, if the linter agrees.
    pub fn tbs_der(&self) -> &[u8] {
        &self.tbs_der
    }

    /// Reads the bytes back and checks them against the rules of the standards and of the
    /// profile.
    ///
    /// # Errors
    /// [`Error::Lint`] with every finding. The certificate is dropped then.
    pub fn lint(self, rules: &ProfileRules) -> Result<Linted> {
        let intent = lint::Intent {
            issuer: self.template.issuer().clone(),
            algorithm: self.template.signature_algorithm(),
            rules,
        };
        let tbs = lint::read_and_check(&self.tbs_der, &intent).map_err(Error::Lint)?;
        Ok(Linted {
            tbs_der: self.tbs_der,
            tbs,
            template: self.template,
        })
    }
}

impl Linted {
    /// The bytes that will be signed.
    pub fn tbs_der(&self) -> &[u8] {
        &self.tbs_der
    }

    /// SHA-256 over [`Linted::tbs_der`]: what a record of the intent to sign holds.
    pub fn digest(&self) -> [u8; 32] {
        let mut digest = [0; 32];
        digest.copy_from_slice(&Digest::Sha256.hash(&self.tbs_der));
        digest
    }

    /// serialNumber.
    pub fn serial(&self) -> &SerialNumber {
        &self.tbs.serial
    }

    /// Signs, checks a device's signature by the issuer's public key, and checks
    /// that the certificate holds exactly the bytes that were linted.
    ///
    /// # Errors
    /// [`Error::Key`] from the adapter, [`Error::SignedOtherwise`] if
    /// something else came back than was asked for.
    pub async fn sign(self, key: &dyn Key) -> Result<Certificate> {
        let parts = &*self.template.0;
        let issuer = parts.issuer.public_key();
        let signature = sign_checked(key, issuer, parts.algorithm, &self.tbs_der).await?;
        let der = assemble(&self.tbs_der, parts.algorithm, &signature);
        Certificate::from_signed(&der, &self.tbs_der, self.tbs)?.ok_or_else(|| {
            Error::SignedOtherwise {
                uri: key.uri().to_owned(),
                reason: "the certificate is not the one that was linted",
            }
        })
    }
}
