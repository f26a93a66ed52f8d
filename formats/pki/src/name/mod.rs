//! Distinguished names (RFC 5280 §4.1.2.4, appendix A.1).

mod builder;
mod text;

use std::fmt;

use asn1::{Cursor, Writer, check_length, sort_set_of, tag};
use const_oid::ObjectIdentifier;

pub use builder::NameBuilder;

use crate::{Error, Result, oid};

const WHAT: &str = "Name";
const MAX_LENGTH: usize = 8 * 1024;
pub(crate) const MAX_ATTRIBUTES: usize = 64;

/// A distinguished name. Two names are equal if their encodings are.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name {
    der: Vec<u8>,
    rdns: Vec<Vec<Attribute>>,
}

/// One AttributeTypeAndValue: its type and its text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Attribute {
    pub(crate) oid: ObjectIdentifier,
    pub(crate) value: String,
}

/// What the table below knows of an attribute type.
pub(crate) struct AttributeRow {
    pub(crate) oid: ObjectIdentifier,
    /// The keyword of RFC 4514 §3, or the one that OpenSSL prints.
    pub(crate) keyword: &'static str,
    /// The name in the standards.
    pub(crate) name: &'static str,
    /// The string type that we write.
    pub(crate) tag: u8,
    /// The upper bound, in characters (RFC 5280 appendix A.1, X.520).
    pub(crate) upper_bound: usize,
}

#[rustfmt::skip]
pub(crate) const ATTRIBUTES: &[AttributeRow] = &[
    AttributeRow { oid: oid::COMMON_NAME, keyword: "CN", name: "commonName", tag: tag::UTF8_STRING, upper_bound: 64 },
    AttributeRow { oid: oid::SURNAME, keyword: "SN", name: "surname", tag: tag::UTF8_STRING, upper_bound: 64 },
    AttributeRow { oid: oid::GIVEN_NAME, keyword: "GN", name: "givenName", tag: tag::UTF8_STRING, upper_bound: 64 },
    AttributeRow { oid: oid::SERIAL_NUMBER, keyword: "serialNumber", name: "serialNumber", tag: tag::PRINTABLE_STRING, upper_bound: 64 },
    AttributeRow { oid: oid::TITLE, keyword: "title", name: "title", tag: tag::UTF8_STRING, upper_bound: 64 },
    AttributeRow { oid: oid::ORGANIZATIONAL_UNIT, keyword: "OU", name: "organizationalUnitName", tag: tag::UTF8_STRING, upper_bound: 64 },
    AttributeRow { oid: oid::ORGANIZATION, keyword: "O", name: "organizationName", tag: tag::UTF8_STRING, upper_bound: 64 },
    AttributeRow { oid: oid::ORGANIZATION_IDENTIFIER, keyword: "organizationIdentifier", name: "organizationIdentifier", tag: tag::UTF8_STRING, upper_bound: 256 },
    AttributeRow { oid: oid::STREET, keyword: "STREET", name: "streetAddress", tag: tag::UTF8_STRING, upper_bound: 128 },
    AttributeRow { oid: oid::LOCALITY, keyword: "L", name: "localityName", tag: tag::UTF8_STRING, upper_bound: 128 },
    AttributeRow { oid: oid::STATE, keyword: "ST", name: "stateOrProvinceName", tag: tag::UTF8_STRING, upper_bound: 128 },
    AttributeRow { oid: oid::COUNTRY, keyword: "C", name: "countryName", tag: tag::PRINTABLE_STRING, upper_bound: 2 },
    AttributeRow { oid: oid::USER_ID, keyword: "UID", name: "userId", tag: tag::UTF8_STRING, upper_bound: 256 },
    AttributeRow { oid: oid::DOMAIN_COMPONENT, keyword: "DC", name: "domainComponent", tag: tag::IA5_STRING, upper_bound: 63 },
    AttributeRow { oid: oid::EMAIL_ADDRESS, keyword: "emailAddress", name: "emailAddress", tag: tag::IA5_STRING, upper_bound: 255 },
];

impl Name {
    /// A name without attributes.
    pub fn empty() -> Self {
        Self {
            der: vec![tag::SEQUENCE, 0],
            rdns: Vec::new(),
        }
    }

    /// Begins a name; attributes are encoded in the order they are added.
    pub fn builder() -> NameBuilder {
        NameBuilder::default()
    }

    /// A name of one commonName.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the text is empty or too long.
    pub fn from_common_name(common_name: &str) -> Result<Self> {
        Self::builder().common_name(common_name).build()
    }

    /// Reads a DER Name.
    ///
    /// # Errors
    /// [`asn1::Error::Syntax`] with the field that is wrong.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        check_length(WHAT, MAX_LENGTH, der)?;
        let mut sequence = Cursor::outer(WHAT, der)?;
        let mut rdns = Vec::new();
        let mut count = 0;
        while !sequence.is_empty() {
            let mut rdn = Vec::new();
            for element in sequence.set_of(tag::SET, "RelativeDistinguishedName")? {
                rdn.push(read_attribute(element.der)?);
                count += 1;
            }
            if rdn.is_empty() || count > MAX_ATTRIBUTES {
                return sequence.fail("RelativeDistinguishedName", "empty, or too many");
            }
            rdns.push(rdn);
        }
        Ok(Self {
            der: der.to_vec(),
            rdns,
        })
    }

    /// The encoding.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// True for a name without attributes.
    pub fn is_empty(&self) -> bool {
        self.rdns.is_empty()
    }

    /// The values of one attribute type, in order.
    pub fn values(&self, oid: ObjectIdentifier) -> impl Iterator<Item = &str> {
        self.attributes()
            .filter(move |attribute| attribute.oid == oid)
            .map(|attribute| attribute.value.as_str())
    }

    /// The last commonName, which is the most specific one.
    pub fn common_name(&self) -> Option<&str> {
        self.values(oid::COMMON_NAME).last()
    }

    /// The types of its attributes, in order.
    pub fn attribute_types(&self) -> impl Iterator<Item = ObjectIdentifier> {
        self.attributes().map(|attribute| attribute.oid)
    }

    pub(crate) fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.rdns.iter().flatten()
    }

    /// Encodes RDNs that are checked already, or those of a request.
    pub(crate) fn from_rdns(rdns: Vec<Vec<Attribute>>) -> Self {
        let mut out = Writer::new();
        out.sequence(|w| {
            for rdn in &rdns {
                let mut elements: Vec<_> = rdn.iter().map(encode_attribute).collect();
                sort_set_of(&mut elements);
                w.set(|w| elements.iter().for_each(|element| w.raw(element)));
            }
        });
        Self {
            der: out.into_bytes(),
            rdns,
        }
    }
}

impl fmt::Display for Name {
    /// As RFC 4514 writes it: the most specific attribute first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write(f, &self.rdns)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

impl std::str::FromStr for Name {
    type Err = Error;

    /// Reads RFC 4514 text such as `CN=签发,O=Xinshu,C=CN`.
    fn from_str(text: &str) -> Result<Self> {
        text::parse(text)
    }
}

/// The attribute type that the standards call `name`, such as `commonName`, if we issue it.
pub fn attribute_type(name: &str) -> Option<ObjectIdentifier> {
    let row = ATTRIBUTES.iter().find(|row| row.name == name)?;
    Some(row.oid)
}

/// The name of an attribute type in the standards, if we issue it.
pub fn attribute_name(oid: ObjectIdentifier) -> Option<&'static str> {
    row(oid).map(|row| row.name)
}

pub(crate) fn row(oid: ObjectIdentifier) -> Option<&'static AttributeRow> {
    ATTRIBUTES.iter().find(|row| row.oid == oid)
}

pub(crate) fn is_printable_string(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte))
}

fn encode_attribute(attribute: &Attribute) -> Vec<u8> {
    let tag = match row(attribute.oid).map_or(tag::UTF8_STRING, |row| row.tag) {
        // Requests have values that their type cannot hold; certificates do not.
        tag::PRINTABLE_STRING if !is_printable_string(&attribute.value) => tag::UTF8_STRING,
        tag::IA5_STRING if !attribute.value.is_ascii() => tag::UTF8_STRING,
        tag => tag,
    };
    Writer::build(|w| {
        w.sequence(|w| {
            w.oid(attribute.oid);
            w.tlv(tag, attribute.value.as_bytes());
        });
    })
}

fn read_attribute(der: &[u8]) -> Result<Attribute> {
    let mut attribute = Cursor::outer(WHAT, der)?;
    let oid = attribute.oid("type")?;
    let value = attribute.any("value")?;
    attribute.end("value")?;
    let text = match value.tag {
        tag::UTF8_STRING => String::from_utf8(value.value.to_vec()).ok(),
        tag::PRINTABLE_STRING | tag::IA5_STRING | tag::TELETEX_STRING => {
            // Of T.61 only the part that all agree on is read.
            String::from_utf8(value.value.to_vec())
                .ok()
                .filter(|text| text.is_ascii())
                .filter(|text| value.tag != tag::PRINTABLE_STRING || is_printable_string(text))
        }
        tag::BMP_STRING => utf16(value.value),
        tag::UNIVERSAL_STRING => utf32(value.value),
        other => {
            return attribute.fail("value", format!("string type 0x{other:02x}"));
        }
    };
    match text {
        Some(value) if !value.is_empty() && !value.contains('\0') => Ok(Attribute { oid, value }),
        _ => attribute.fail("value", "empty, or not text of its type"),
    }
}

fn utf16(bytes: &[u8]) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    rest.is_empty().then(|| String::from_utf16(&units).ok())?
}

fn utf32(bytes: &[u8]) -> Option<String> {
    let (quads, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return None;
    }
    quads
        .iter()
        .map(|quad| char::from_u32(u32::from_be_bytes(*quad)))
        .collect()
}
