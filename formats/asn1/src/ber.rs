//! Reading BER: for structures that other people's tools write and nobody can change.
//!
//! [`BerCursor`] takes every form of length (X.690 §8.1.3), every tag, and values that DER
//! forbids but that have one meaning: a default that is written out, a TRUE that is not 0xff,
//! an INTEGER with leading zeros, a SET OF in any order. Whatever is read this way is encoded
//! again, strictly, before anything else uses it. Strings in pieces (§8.7.3) are not read.

use const_oid::ObjectIdentifier;

use crate::tag;

/// How deep elements of indefinite length may nest. Requests need six levels.
const MAX_DEPTH: usize = 16;
/// A tag number of more octets than this is no tag that anybody uses.
const MAX_TAG_OCTETS: usize = 5;

/// What is wrong with some BER. The caller adds in which field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);

impl From<Malformed> for String {
    fn from(malformed: Malformed) -> Self {
        malformed.0.to_owned()
    }
}

/// A position in the contents of one element.
#[derive(Clone, Copy, Debug)]
pub struct BerCursor<'a> {
    rest: &'a [u8],
}

/// One element: its identifier octet, its contents and its whole encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BerElement<'a> {
    /// The first identifier octet, which is the whole tag for numbers up to 30.
    pub tag: u8,
    /// The contents, without the octets that end an indefinite length.
    pub value: &'a [u8],
    /// Everything from the tag to the end.
    pub encoding: &'a [u8],
}

type Result<T> = std::result::Result<T, Malformed>;

impl<'a> BerCursor<'a> {
    /// Reads `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// True when nothing is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next identifier octet, if anything is left.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// [`Malformed`] if something is.
    pub fn end(&self) -> Result<()> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Malformed("unexpected bytes at the end"))
        }
    }

    /// The next element, whatever it is.
    ///
    /// # Errors
    /// [`Malformed`] if its tag or length is, or if it is cut short.
    pub fn any(&mut self) -> Result<BerElement<'a>> {
        let header = Header::read(self.rest)?;
        let contents = &self.rest[header.octets..];
        let (length, trailer) = match header.length {
            Some(length) => (length, 0),
            None => (indefinite_length(contents)?, END_OF_CONTENTS.len()),
        };
        let value = contents.get(..length).ok_or(CUT_SHORT)?;
        let (encoding, rest) = self
            .rest
            .split_at_checked(header.octets + length + trailer)
            .ok_or(CUT_SHORT)?;
        self.rest = rest;
        Ok(BerElement {
            tag: header.tag,
            value,
            encoding,
        })
    }

    /// The next element, which must have this tag.
    ///
    /// # Errors
    /// [`Malformed`], also for another tag.
    pub fn expect(&mut self, tag: u8) -> Result<BerElement<'a>> {
        match self.peek() {
            None => Err(Malformed("missing")),
            Some(found) if found == tag => self.any(),
            Some(_) => Err(Malformed("of another type than it should be")),
        }
    }

    /// The next element if it has this tag.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn optional(&mut self, tag: u8) -> Result<Option<BerElement<'a>>> {
        if self.peek() == Some(tag) {
            self.any().map(Some)
        } else {
            Ok(None)
        }
    }

    /// The contents of the next element, which must be a SEQUENCE.
    ///
    /// # Errors
    /// [`Malformed`], also for another type.
    pub fn sequence(&mut self) -> Result<Self> {
        Ok(Self::new(self.expect(tag::SEQUENCE)?.value))
    }

    /// An OBJECT IDENTIFIER.
    ///
    /// # Errors
    /// [`Malformed`], also for one that is too long to be in use.
    pub fn oid(&mut self) -> Result<ObjectIdentifier> {
        ObjectIdentifier::from_bytes(self.expect(tag::OID)?.value)
            .map_err(|_| Malformed("not an OBJECT IDENTIFIER"))
    }

    /// A BOOLEAN DEFAULT FALSE, whether left out or written; any octet but zero is TRUE.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn default_false(&mut self) -> Result<bool> {
        match self.optional(tag::BOOLEAN)?.map(|element| element.value) {
            None => Ok(false),
            Some([octet]) => Ok(*octet != 0),
            Some(_) => Err(Malformed("not a BOOLEAN")),
        }
    }

    /// A non-negative INTEGER as its big-endian magnitude without leading zeros.
    ///
    /// # Errors
    /// [`Malformed`], also for a negative one.
    pub fn unsigned(&mut self) -> Result<&'a [u8]> {
        match self.expect(tag::INTEGER)?.value {
            [] => Err(Malformed("an INTEGER without contents")),
            [0x80..=0xff, ..] => Err(Malformed("a negative INTEGER")),
            value => {
                let zeros = value.iter().take_while(|octet| **octet == 0).count();
                Ok(&value[zeros..])
            }
        }
    }

    /// A BIT STRING of whole octets.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn bits(&mut self) -> Result<&'a [u8]> {
        match self.expect(tag::BIT_STRING)?.value {
            [0, bytes @ ..] => Ok(bytes),
            _ => Err(Malformed("not a BIT STRING of whole octets")),
        }
    }
}

const CUT_SHORT: Malformed = Malformed("cut short");
const END_OF_CONTENTS: [u8; 2] = [0, 0];

struct Header {
    tag: u8,
    /// How many octets tag and length have.
    octets: usize,
    /// None if it is indefinite.
    length: Option<usize>,
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self> {
        let (&tag, after) = bytes.split_first().ok_or(Malformed("missing"))?;
        let tag_octets = if tag & 0x1f == 0x1f {
            // Further octets of the tag's number; the last has its highest bit clear (§8.1.2.4).
            let last = after
                .iter()
                .take(MAX_TAG_OCTETS)
                .position(|octet| *octet < 0x80)
                .ok_or(Malformed("a tag without end"))?;
            2 + last
        } else {
            1
        };
        let (&first, after) = bytes[tag_octets..].split_first().ok_or(CUT_SHORT)?;
        let (octets, length) = match first {
            0..=0x7f => (0, Some(usize::from(first))),
            0x80 if tag & 0x20 != 0 => (0, None),
            0x80 => return Err(Malformed("a primitive value of indefinite length")),
            0x81..=0x88 => {
                let octets = usize::from(first & 0x7f);
                let value = after.get(..octets).ok_or(CUT_SHORT)?;
                let length = value
                    .iter()
                    .fold(0, |sum: u64, octet| (sum << 8) | u64::from(*octet));
                (
                    octets,
                    Some(usize::try_from(length).map_err(|_| CUT_SHORT)?),
                )
            }
            _ => return Err(Malformed("a length of too many octets")),
        };
        Ok(Self {
            tag,
            octets: tag_octets + 1 + octets,
            length,
        })
    }
}

/// How many octets come before the end-of-contents octets that belong to an element whose
/// contents begin here (§8.1.5).
fn indefinite_length(contents: &[u8]) -> Result<usize> {
    let mut open = 1;
    let mut at = 0;
    loop {
        let rest = contents.get(at..).ok_or(CUT_SHORT)?;
        if rest.starts_with(&END_OF_CONTENTS) {
            open -= 1;
            if open == 0 {
                return Ok(at);
            }
            at += END_OF_CONTENTS.len();
            continue;
        }
        let header = Header::read(rest).map_err(|_| CUT_SHORT)?;
        match header.length {
            Some(length) => {
                at = (at + header.octets).checked_add(length).ok_or(CUT_SHORT)?;
            }
            None if open == MAX_DEPTH => return Err(Malformed("nested too deep")),
            None => {
                open += 1;
                at += header.octets;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(bytes: &[u8]) -> Result<BerElement<'_>> {
        let mut cursor = BerCursor::new(bytes);
        let element = cursor.any()?;
        cursor.end()?;
        Ok(element)
    }

    #[test]
    fn every_form_of_length() {
        for bytes in [
            &[0x30, 2, 5, 0][..],
            &[0x30, 0x81, 2, 5, 0],
            &[0x30, 0x84, 0, 0, 0, 2, 5, 0],
            &[0x30, 0x88, 0, 0, 0, 0, 0, 0, 0, 2, 5, 0],
            &[0x30, 0x80, 5, 0, 0, 0],
        ] {
            let element = one(bytes).unwrap();
            assert_eq!((element.tag, element.value), (0x30, &[5, 0][..]));
            assert_eq!(element.encoding, bytes);
        }
        // An indefinite length within one, beside zeros that are contents.
        let nested = [0x30, 0x80, 0x31, 0x80, 4, 2, 0, 0, 0, 0, 0, 0];
        assert_eq!(one(&nested).unwrap().value, &nested[2..10]);
    }

    #[test]
    fn tags_of_any_number() {
        let element = one(&[0x9f, 0x81, 0x01, 1, 7]).unwrap();
        assert_eq!((element.tag, element.value), (0x9f, &[7][..]));
        assert_eq!(one(&[0x1c, 4, 0, 0, 0, 65]).unwrap().tag, 0x1c);
    }

    #[test]
    fn what_has_no_end_is_refused() {
        let deep = [0x30, 0x80].repeat(10_000);
        for bytes in [
            &[][..],
            &[0x30],
            &[0x30, 3, 5, 0],
            &[0x30, 0x80, 5, 0],
            &[0x04, 0x80, 0, 0],
            &[0x30, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0x30, 0xff],
            &[0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[
                0x30, 0x80, 0x04, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            ],
            &[0x9f, 0x81, 0x81, 0x81, 0x81, 0x81, 0x01, 0],
            &deep,
        ] {
            assert!(one(bytes).is_err(), "{bytes:02x?}");
        }
    }

    #[test]
    fn values_with_one_meaning() {
        let cursor = BerCursor::new;
        assert_eq!(cursor(&[1, 1, 0]).default_false(), Ok(false));
        assert_eq!(cursor(&[1, 1, 1]).default_false(), Ok(true));
        assert_eq!(cursor(&[]).default_false(), Ok(false));
        assert_eq!(cursor(&[2, 3, 0, 0, 5]).unsigned(), Ok(&[5][..]));
        assert!(cursor(&[2, 1, 0x80]).unsigned().is_err());
        assert_eq!(cursor(&[3, 2, 0, 5]).bits(), Ok(&[5][..]));
        assert!(cursor(&[3, 2, 1, 4]).bits().is_err());
    }
}
