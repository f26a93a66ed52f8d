//! TBSCertificate: the part of a certificate that is signed.

use asn1::{Cursor, tag};
use const_oid::ObjectIdentifier;
use crypto::SignatureAlgorithm;

use super::{Validity, WHAT};
use crate::{
    BasicConstraints, Extension, GeneralName, KeyUsage, Name, PublicKey, Result, SerialNumber,
    algorithm::signature_algorithm, oid,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tbs {
    pub(crate) serial: SerialNumber,
    pub(crate) signature_algorithm: SignatureAlgorithm,
    pub(crate) issuer: Name,
    pub(crate) validity: Validity,
    pub(crate) subject: Name,
    pub(crate) public_key: PublicKey,
    pub(crate) extensions: Vec<Extension>,
    pub(crate) basic_constraints: BasicConstraints,
    pub(crate) key_usage: Option<KeyUsage>,
    pub(crate) extended_key_usage: Vec<ObjectIdentifier>,
    pub(crate) alt_names: Vec<GeneralName>,
    pub(crate) subject_key_identifier: Option<Vec<u8>>,
    pub(crate) authority_key_identifier: Option<Vec<u8>>,
}

impl Tbs {
    pub(crate) fn from_der(der: &[u8]) -> Result<Self> {
        let mut tbs = Cursor::outer(WHAT, der)?;
        let mut version = tbs.nested(tag::constructed(0), "version")?;
        if version.small(tag::INTEGER, "version")? != 2 {
            return version.fail("version", "not v3");
        }
        version.end("version")?;
        let serial = SerialNumber::from_bytes(tbs.unsigned("serialNumber")?)
            .map_err(|error| tbs.error("serialNumber", error.to_string()))?;
        let signature_algorithm = signature_algorithm(tbs.sequence_der("signature")?, WHAT)?;
        let issuer = Name::from_der(tbs.sequence_der("issuer")?)?;
        let mut period = tbs.sequence("validity")?;
        let validity = Validity::new(period.time("notBefore")?, period.time("notAfter")?)
            .map_err(|error| tbs.error("validity", error.to_string()))?;
        period.end("validity")?;
        let subject = Name::from_der(tbs.sequence_der("subject")?)?;
        let public_key = PublicKey::from_der(tbs.sequence_der("subjectPublicKeyInfo")?)?;
        let extensions = match tbs.optional_nested(tag::constructed(3), "extensions")? {
            None => Vec::new(),
            Some(mut wrapper) => {
                let list = Extension::read_all(wrapper.sequence("extensions")?)?;
                wrapper.end("extensions")?;
                list
            }
        };
        // issuerUniqueID and subjectUniqueID are refused here (RFC 5280 §4.1.2.8).
        tbs.end("extensions")?;

        let mut read = Self {
            serial,
            signature_algorithm,
            issuer,
            validity,
            subject,
            public_key,
            extensions: Vec::new(),
            basic_constraints: BasicConstraints::EndEntity,
            key_usage: None,
            extended_key_usage: Vec::new(),
            alt_names: Vec::new(),
            subject_key_identifier: None,
            authority_key_identifier: None,
        };
        for extension in &extensions {
            read.interpret(extension)?;
        }
        read.extensions = extensions;
        Ok(read)
    }

    pub(crate) fn extension(&self, oid: ObjectIdentifier) -> Option<&Extension> {
        self.extensions
            .iter()
            .find(|extension| extension.oid == oid)
    }

    fn interpret(&mut self, extension: &Extension) -> Result<()> {
        let value = extension.value.as_slice();
        match extension.oid {
            oid::BASIC_CONSTRAINTS => self.basic_constraints = read_basic_constraints(value)?,
            oid::KEY_USAGE => self.key_usage = Some(KeyUsage::read(value)?),
            oid::EXTENDED_KEY_USAGE => {
                let mut list = Cursor::outer("ExtKeyUsageSyntax", value)?;
                while !list.is_empty() {
                    self.extended_key_usage.push(list.oid("KeyPurposeId")?);
                }
                if self.extended_key_usage.is_empty() {
                    return list.fail("KeyPurposeId", "none");
                }
            }
            oid::SUBJECT_ALT_NAME => {
                self.alt_names = GeneralName::read_all("SubjectAltName", value)?;
            }
            oid::SUBJECT_KEY_IDENTIFIER => {
                let mut cursor = Cursor::new("SubjectKeyIdentifier", value);
                self.subject_key_identifier = Some(cursor.octets("keyIdentifier")?.to_vec());
                cursor.end("keyIdentifier")?;
            }
            oid::AUTHORITY_KEY_IDENTIFIER => {
                self.authority_key_identifier = read_authority_key_identifier(value)?;
            }
            _ => {}
        }
        Ok(())
    }
}

fn read_basic_constraints(value: &[u8]) -> Result<BasicConstraints> {
    let mut constraints = Cursor::outer("BasicConstraints", value)?;
    let ca = constraints.default_false("cA")?;
    let path_len = if constraints.is_empty() {
        None
    } else {
        let length = constraints.small(tag::INTEGER, "pathLenConstraint")?;
        Some(
            u8::try_from(length)
                .map_err(|_| constraints.error("pathLenConstraint", "more than 255"))?,
        )
    };
    constraints.end("pathLenConstraint")?;
    match (ca, path_len) {
        (true, path_len) => Ok(BasicConstraints::Ca { path_len }),
        (false, None) => Ok(BasicConstraints::EndEntity),
        // RFC 5280 §4.2.1.9.
        (false, Some(_)) => constraints.fail("pathLenConstraint", "present without cA"),
    }
}

pub(crate) fn read_authority_key_identifier(value: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut identifier = Cursor::outer("AuthorityKeyIdentifier", value)?;
    let key = identifier.optional(tag::context(0), "keyIdentifier")?;
    identifier.optional(tag::constructed(1), "authorityCertIssuer")?;
    identifier.optional(tag::context(2), "authorityCertSerialNumber")?;
    identifier.end("authorityCertSerialNumber")?;
    Ok(key.map(<[u8]>::to_vec))
}
