//! Reading DER, field by field, with the field's name in every error.

use const_oid::ObjectIdentifier;
use der::{Decode, Header, Reader, SliceReader};
use jiff::Timestamp;

use crate::{
    Error, Result, tag,
    time::{YEAR_2050, parse_generalized, parse_utc},
};

/// Rejects input that is longer than `limit` before anything of it is read.
///
/// # Errors
/// [`Error::TooLong`].
pub fn check_length(what: &'static str, limit: usize, bytes: &[u8]) -> Result<()> {
    if bytes.len() <= limit {
        return Ok(());
    }
    Err(Error::TooLong {
        what,
        limit,
        actual: bytes.len(),
    })
}

/// A position in the contents of one structure.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    what: &'static str,
    rest: &'a [u8],
}

/// One element: its tag, its value and its whole encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// The tag byte.
    pub tag: u8,
    /// The contents.
    pub value: &'a [u8],
    /// Tag, length and contents.
    pub der: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Reads `bytes`, naming `what` in errors.
    pub fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { what, rest: bytes }
    }

    /// The contents of the one SEQUENCE that `bytes` are, with nothing after it.
    pub fn outer(what: &'static str, bytes: &'a [u8]) -> Result<Self> {
        let mut cursor = Self::new(what, bytes);
        let inner = cursor.sequence("outer SEQUENCE")?;
        cursor.end("outer SEQUENCE")?;
        Ok(inner)
    }

    /// The error that `field` of this structure is wrong for `reason`.
    pub fn error(&self, field: &'static str, reason: impl Into<String>) -> Error {
        Error::Syntax {
            what: self.what,
            field,
            reason: reason.into(),
        }
    }

    /// Fails with [`Self::error`], as the caller's own error type.
    ///
    /// # Errors
    /// Always.
    pub fn fail<T, E: From<Error>>(
        &self,
        field: &'static str,
        reason: impl Into<String>,
    ) -> Result<T, E> {
        Err(self.error(field, reason).into())
    }

    /// True when nothing is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next tag byte, if anything is left.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Nothing may be left.
    pub fn end(&self, field: &'static str) -> Result<()> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            self.fail(
                field,
                format!("{} unexpected bytes follow", self.rest.len()),
            )
        }
    }

    /// The next element, whatever it is.
    pub fn any(&mut self, field: &'static str) -> Result<Tlv<'a>> {
        let Some(&tag) = self.rest.first() else {
            return self.fail(field, "missing");
        };
        let header = || -> der::Result<(usize, usize)> {
            let mut reader = SliceReader::new(self.rest)?;
            let header = Header::decode(&mut reader)?;
            Ok((
                usize::try_from(reader.position())?,
                usize::try_from(header.length())?,
            ))
        };
        let (start, length) =
            header().map_err(|error| self.error(field, format!("not DER: {error}")))?;
        let Some(der) = start
            .checked_add(length)
            .and_then(|end| self.rest.get(..end))
        else {
            return self.fail(field, "cut short");
        };
        self.rest = &self.rest[der.len()..];
        Ok(Tlv {
            tag,
            value: &der[start..],
            der,
        })
    }

    /// The value of the next element, which must have this tag.
    pub fn expect(&mut self, tag: u8, field: &'static str) -> Result<&'a [u8]> {
        let element = self.any(field)?;
        if element.tag != tag {
            return self.fail(
                field,
                format!("tag 0x{:02x} where 0x{tag:02x} belongs", element.tag),
            );
        }
        Ok(element.value)
    }

    /// The next element's value if it has this tag.
    pub fn optional(&mut self, tag: u8, field: &'static str) -> Result<Option<&'a [u8]>> {
        if self.peek() == Some(tag) {
            self.expect(tag, field).map(Some)
        } else {
            Ok(None)
        }
    }

    /// The contents of the next element, which must have this tag.
    pub fn nested(&mut self, tag: u8, field: &'static str) -> Result<Self> {
        let what = self.what;
        Ok(Self::new(what, self.expect(tag, field)?))
    }

    /// The contents of the next element if it has this tag.
    pub fn optional_nested(&mut self, tag: u8, field: &'static str) -> Result<Option<Self>> {
        let what = self.what;
        Ok(self
            .optional(tag, field)?
            .map(|value| Self::new(what, value)))
    }

    /// The contents of the next element, which must be a SEQUENCE.
    pub fn sequence(&mut self, field: &'static str) -> Result<Self> {
        self.nested(tag::SEQUENCE, field)
    }

    /// The next element as a whole; it must be a SEQUENCE.
    pub fn sequence_der(&mut self, field: &'static str) -> Result<&'a [u8]> {
        let element = self.any(field)?;
        if element.tag != tag::SEQUENCE {
            return self.fail(field, "not a SEQUENCE");
        }
        Ok(element.der)
    }

    /// The elements of a SET OF, in ascending order (X.690 §11.6).
    pub fn set_of(&mut self, tag: u8, field: &'static str) -> Result<Vec<Tlv<'a>>> {
        let mut inner = self.nested(tag, field)?;
        let mut elements: Vec<Tlv<'a>> = Vec::new();
        while !inner.is_empty() {
            let element = inner.any(field)?;
            if elements.last().is_some_and(|last| last.der > element.der) {
                return self.fail(field, "SET OF out of order");
            }
            elements.push(element);
        }
        Ok(elements)
    }

    /// An OBJECT IDENTIFIER.
    pub fn oid(&mut self, field: &'static str) -> Result<ObjectIdentifier> {
        let value = self.expect(tag::OID, field)?;
        oid_from_value(value).ok_or_else(|| self.error(field, "malformed OBJECT IDENTIFIER"))
    }

    /// A Time as RFC 5280 §4.1.2.5 writes it.
    pub fn time(&mut self, field: &'static str) -> Result<Timestamp> {
        let element = self.any(field)?;
        let time = match element.tag {
            tag::UTC_TIME => parse_utc(element.value),
            // Before 2050 only UTCTime is right.
            tag::GENERALIZED_TIME => {
                parse_generalized(element.value, false).filter(|time| *time >= YEAR_2050)
            }
            _ => None,
        };
        time.ok_or_else(|| self.error(field, "malformed Time"))
    }

    /// A GeneralizedTime of whole seconds, or with a DER fraction where `fraction` allows it.
    pub fn generalized_time(&mut self, field: &'static str, fraction: bool) -> Result<Timestamp> {
        let value = self.expect(tag::GENERALIZED_TIME, field)?;
        parse_generalized(value, fraction)
            .ok_or_else(|| self.error(field, "malformed GeneralizedTime"))
    }

    /// A BOOLEAN DEFAULT FALSE: absent, or TRUE (X.690 §11.5 forbids the default).
    pub fn default_false(&mut self, field: &'static str) -> Result<bool> {
        match self.optional(tag::BOOLEAN, field)? {
            None => Ok(false),
            Some([0xff]) => Ok(true),
            Some(_) => self.fail(field, "BOOLEAN must be TRUE or left out"),
        }
    }

    /// Two's complement contents of an INTEGER, in the fewest octets.
    pub fn integer(&mut self, field: &'static str) -> Result<&'a [u8]> {
        self.integer_as(tag::INTEGER, field)
    }

    /// As [`Self::integer`], under an implicit tag.
    pub fn integer_as(&mut self, tag: u8, field: &'static str) -> Result<&'a [u8]> {
        let value = self.expect(tag, field)?;
        match value {
            [] => self.fail(field, "empty INTEGER"),
            [0, next, ..] if *next < 0x80 => self.fail(field, "INTEGER not minimal"),
            [0xff, next, ..] if *next >= 0x80 => self.fail(field, "INTEGER not minimal"),
            _ => Ok(value),
        }
    }

    /// A non-negative INTEGER as its big-endian magnitude, without leading zeros.
    pub fn unsigned(&mut self, field: &'static str) -> Result<&'a [u8]> {
        match self.integer(field)? {
            [first, ..] if *first >= 0x80 => self.fail(field, "negative INTEGER"),
            [0, magnitude @ ..] if !magnitude.is_empty() => Ok(magnitude),
            value => Ok(value),
        }
    }

    /// A small non-negative INTEGER.
    pub fn small(&mut self, tag: u8, field: &'static str) -> Result<u64> {
        let value = self.integer_as(tag, field)?;
        if value[0] >= 0x80 || value.len() > 8 {
            return self.fail(field, "out of range");
        }
        Ok(value
            .iter()
            .fold(0, |sum, byte| (sum << 8) | u64::from(*byte)))
    }

    /// The contents of an OCTET STRING.
    pub fn octets(&mut self, field: &'static str) -> Result<&'a [u8]> {
        self.expect(tag::OCTET_STRING, field)
    }

    /// A BIT STRING of whole octets.
    pub fn bits(&mut self, field: &'static str) -> Result<&'a [u8]> {
        match self.expect(tag::BIT_STRING, field)? {
            [0, bytes @ ..] => Ok(bytes),
            _ => self.fail(field, "BIT STRING is not of whole octets"),
        }
    }

    /// A NamedBitList of at most 16 bits, the first bit highest (X.690 §11.2).
    pub fn named_bits(&mut self, tag: u8, field: &'static str) -> Result<u16> {
        let value = self.expect(tag, field)?;
        match value {
            [0] => Ok(0),
            [unused @ 0..8, bytes @ ..] if matches!(bytes.len(), 1 | 2) => {
                let last = bytes[bytes.len() - 1];
                if last.trailing_zeros() != u32::from(*unused) {
                    return self.fail(field, "NamedBitList with trailing zero bits");
                }
                Ok(u16::from(bytes[0]) << 8 | u16::from(bytes.get(1).copied().unwrap_or(0)))
            }
            _ => self.fail(field, "malformed BIT STRING"),
        }
    }

    /// ASCII text of an IA5String-like value.
    pub fn ascii(&self, value: &[u8], field: &'static str) -> Result<String> {
        match std::str::from_utf8(value) {
            Ok(text) if text.is_ascii() && !text.contains('\0') => Ok(text.to_owned()),
            _ => self.fail(field, "not ASCII text"),
        }
    }
}

/// An OBJECT IDENTIFIER from its contents, checked to encode back to the same bytes.
fn oid_from_value(value: &[u8]) -> Option<ObjectIdentifier> {
    let oid = ObjectIdentifier::from_bytes(value).ok()?;
    // The parser is the crate's; an arc with leading 0x80 octets is BER only (X.690 §8.19.2).
    let mut start_of_arc = true;
    for byte in value {
        if start_of_arc && *byte == 0x80 {
            return None;
        }
        start_of_arc = *byte < 0x80;
    }
    (start_of_arc && oid.as_bytes() == value).then_some(oid)
}
