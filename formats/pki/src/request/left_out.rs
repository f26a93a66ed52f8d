//! What a request asks for and a certificate does not contain.

use asn1::{BerCursor, tag};
use const_oid::ObjectIdentifier;

use super::CertificationRequest;
use crate::{
    BasicConstraints, Certificate, Extension, GeneralName, KeyUsage, oid, oid_name::name_of,
};

impl CertificationRequest {
    /// What the request asks for and `certificate` does not contain, in words.
    ///
    /// This compares the two and knows nothing of profiles, so nothing can be left out
    /// silently. Blank attributes ask for nothing.
    pub fn left_out_of(&self, certificate: &Certificate) -> Vec<String> {
        let attributes = self.subject.attributes().filter(|attribute| {
            let (oid, value) = (attribute.oid, attribute.value.as_str());
            !has_attribute(certificate, oid, value) && !has_as_name(certificate, oid, value)
        });
        let attributes =
            attributes.map(|attribute| format!("{} {}", name_of(attribute.oid), attribute.value));
        let unreadable = self
            .unreadable_attributes
            .iter()
            .map(|attribute| format!("{} ({})", attribute.name(), attribute.reason));
        let names = self
            .alt_names
            .iter()
            .filter(|name| !has_name(certificate, name));
        let names = names.map(|name| format!("subjectAltName {name}"));
        let extensions = self
            .requested_extensions
            .iter()
            .flat_map(|extension| missing_of(extension, certificate));
        let mut left_out: Vec<String> = attributes
            .chain(unreadable)
            .chain(names)
            .chain(extensions)
            .collect();
        left_out.dedup();
        left_out
    }
}

fn has_attribute(certificate: &Certificate, oid: ObjectIdentifier, value: &str) -> bool {
    certificate
        .subject()
        .values(oid)
        .any(|issued| issued == value)
}

/// Whether an attribute became an alternative name: a host, or a mailbox (RFC 5280 §4.1.2.6).
fn has_as_name(certificate: &Certificate, oid: ObjectIdentifier, value: &str) -> bool {
    match oid {
        oid::COMMON_NAME => has_name(certificate, &GeneralName::from_host(value)),
        oid::EMAIL_ADDRESS => has_name(certificate, &GeneralName::Email(value.to_owned())),
        _ => false,
    }
}

fn has_name(certificate: &Certificate, name: &GeneralName) -> bool {
    let mut issued = certificate.subject_alt_names().iter();
    issued.any(|issued| issued.is_same_as(name))
}

/// What of a requested extension the certificate does not have. Its own may say more.
fn missing_of(requested: &Extension, certificate: &Certificate) -> Vec<String> {
    let name = name_of(requested.oid);
    let issued = certificate.extension(requested.oid);
    if issued.is_some_and(|issued| issued.value == requested.value) {
        return Vec::new();
    }
    let parts: Option<Vec<String>> = match requested.oid {
        // Its names are compared one by one.
        oid::SUBJECT_ALT_NAME => return Vec::new(),
        oid::KEY_USAGE => key_usage(&requested.value).map(|usage| {
            let granted = certificate.key_usage().unwrap_or_default();
            usage.without(granted).names().map(str::to_owned).collect()
        }),
        oid::EXTENDED_KEY_USAGE => purposes(&requested.value).map(|mut purposes| {
            purposes.retain(|purpose| !certificate.extended_key_usage().contains(purpose));
            purposes.into_iter().map(name_of).collect()
        }),
        oid::BASIC_CONSTRAINTS => is_ca(&requested.value).map(|is_ca| {
            let refused = is_ca && certificate.basic_constraints() == BasicConstraints::EndEntity;
            refused.then(|| "CA:TRUE".to_owned()).into_iter().collect()
        }),
        _ => None,
    };
    match parts {
        Some(parts) => parts.iter().map(|part| format!("{name} {part}")).collect(),
        None => vec![name],
    }
}

fn key_usage(value: &[u8]) -> Option<KeyUsage> {
    match BerCursor::new(value).expect(tag::BIT_STRING).ok()?.value {
        [0..=7, bits @ ..] if bits.len() <= 2 => {
            let octet = |index| u16::from(bits.get(index).copied().unwrap_or(0));
            Some(KeyUsage::from_bits(octet(0) << 8 | octet(1)))
        }
        _ => None,
    }
}

fn purposes(value: &[u8]) -> Option<Vec<ObjectIdentifier>> {
    let mut list = BerCursor::new(value).sequence().ok()?;
    let mut purposes = Vec::new();
    while !list.is_empty() {
        purposes.push(list.oid().ok()?);
    }
    Some(purposes)
}

fn is_ca(value: &[u8]) -> Option<bool> {
    BerCursor::new(value).sequence().ok()?.default_false().ok()
}
