//! The subject of a request, as far as its text can be read.

use asn1::{BerCursor, tag};
use const_oid::ObjectIdentifier;

use super::text;
use crate::{
    Name, RequestError,
    name::{Attribute, MAX_ATTRIBUTES},
    oid_name::name_of,
};

/// An attribute of the subject whose text cannot be read with certainty.
///
/// It does no harm where the profile leaves such attributes out; where it takes them, the
/// request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableAttribute {
    /// Its type; none if not even that can be read.
    pub oid: Option<ObjectIdentifier>,
    /// What is wrong with its value.
    pub reason: &'static str,
}

impl UnreadableAttribute {
    /// Its name in the standards.
    pub fn name(&self) -> String {
        self.oid
            .map_or_else(|| "attribute of unknown type".to_owned(), name_of)
    }

    /// The error that the request cannot be used because of it.
    pub fn error(&self) -> RequestError {
        RequestError::malformed(format!("subject, {}", self.name()), self.reason)
    }
}

/// Reads a Name: attributes with a text, encoded again, and those without.
///
/// Forms leave blank fields as attributes with an empty value. These ask for nothing.
pub(super) fn read(name: &[u8]) -> Result<(Name, Vec<UnreadableAttribute>), RequestError> {
    let failed = |reason: asn1::Malformed| RequestError::malformed("subject", reason);
    let mut sequence = BerCursor::new(name).sequence().map_err(failed)?;
    let mut rdns = Vec::new();
    let mut unreadable = Vec::new();
    let mut count = 0;
    while !sequence.is_empty() {
        let set = sequence.expect(tag::SET).map_err(failed)?;
        let mut elements = BerCursor::new(set.value);
        let mut rdn = Vec::new();
        while !elements.is_empty() {
            count += 1;
            if count > MAX_ATTRIBUTES {
                return Err(RequestError::malformed("subject", "too many attributes"));
            }
            let mut attribute = elements.sequence().map_err(failed)?;
            let oid = attribute.any().map_err(failed)?;
            let value = attribute.any().map_err(failed)?;
            attribute.end().map_err(failed)?;
            let oid = BerCursor::new(oid.encoding).oid().ok();
            match (oid, text::decode(value.tag, value.value)) {
                (_, Ok(text)) if text.trim().is_empty() => {}
                (Some(oid), Ok(value)) => rdn.push(Attribute { oid, value }),
                (None, Ok(_)) => unreadable.push(UnreadableAttribute {
                    oid: None,
                    reason: "its type is not an OBJECT IDENTIFIER that anybody uses",
                }),
                (oid, Err(reason)) => unreadable.push(UnreadableAttribute { oid, reason }),
            }
        }
        if !rdn.is_empty() {
            rdns.push(rdn);
        }
    }
    Ok((Name::from_rdns(rdns), unreadable))
}
