//! Writing DER from the inside out, in one buffer.

use const_oid::ObjectIdentifier;
use jiff::Timestamp;

use crate::{
    tag,
    time::{YEAR_2050, append_generalized, append_utc},
};

/// A growing DER encoding.
pub struct Writer {
    out: Vec<u8>,
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

impl Writer {
    /// With room for what most values need.
    pub fn new() -> Self {
        Self::with_capacity(256)
    }

    /// With room for `bytes`.
    pub fn with_capacity(bytes: usize) -> Self {
        Self {
            out: Vec::with_capacity(bytes),
        }
    }

    /// One whole encoding made by `content`.
    pub fn build(content: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut writer = Self::new();
        content(&mut writer);
        writer.into_bytes()
    }

    /// The encoding.
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// DER that is encoded already.
    pub fn raw(&mut self, der: &[u8]) {
        self.out.extend_from_slice(der);
    }

    /// A primitive value.
    pub fn tlv(&mut self, tag: u8, value: &[u8]) {
        self.out.push(tag);
        let (length, count) = length_octets(value.len());
        self.out.extend_from_slice(&length[..count]);
        self.out.extend_from_slice(value);
    }

    /// A value whose content is written by `content`; its length is filled in afterwards.
    pub fn nested(&mut self, tag: u8, content: impl FnOnce(&mut Self)) {
        self.out.push(tag);
        let start = self.out.len();
        // Most values are short: one octet of length, moved only when it is not enough.
        self.out.push(0);
        content(self);
        match self.out.len() - start - 1 {
            length @ 0..0x80 => self.out[start] = length as u8,
            length => {
                let (length, count) = length_octets(length);
                self.out
                    .splice(start..=start, length[..count].iter().copied());
            }
        }
    }

    /// A SEQUENCE.
    pub fn sequence(&mut self, content: impl FnOnce(&mut Self)) {
        self.nested(tag::SEQUENCE, content);
    }

    /// A SET whose elements `content` writes in order; see [`sort_set_of`].
    pub fn set(&mut self, content: impl FnOnce(&mut Self)) {
        self.nested(tag::SET, content);
    }

    /// An OBJECT IDENTIFIER.
    pub fn oid(&mut self, oid: ObjectIdentifier) {
        self.tlv(tag::OID, oid.as_bytes());
    }

    /// A BOOLEAN.
    pub fn boolean(&mut self, value: bool) {
        self.tlv(tag::BOOLEAN, &[if value { 0xff } else { 0 }]);
    }

    /// A NULL.
    pub fn null(&mut self) {
        self.tlv(tag::NULL, &[]);
    }

    /// A non-negative INTEGER from its big-endian bytes, in the fewest octets.
    pub fn unsigned(&mut self, big_endian: &[u8]) {
        self.unsigned_as(tag::INTEGER, big_endian);
    }

    /// As [`Self::unsigned`], under an implicit tag.
    pub fn unsigned_as(&mut self, tag: u8, big_endian: &[u8]) {
        let zeros = big_endian.iter().take_while(|byte| **byte == 0).count();
        let magnitude = &big_endian[zeros..];
        if magnitude.first().is_none_or(|first| *first >= 0x80) {
            self.nested(tag, |w| {
                w.out.push(0);
                w.raw(magnitude);
            });
        } else {
            self.tlv(tag, magnitude);
        }
    }

    /// A non-negative INTEGER.
    pub fn integer(&mut self, value: u64) {
        self.unsigned(&value.to_be_bytes());
    }

    /// An OCTET STRING.
    pub fn octets(&mut self, value: &[u8]) {
        self.tlv(tag::OCTET_STRING, value);
    }

    /// A BIT STRING of whole octets.
    pub fn bits(&mut self, value: &[u8]) {
        self.nested(tag::BIT_STRING, |w| {
            w.out.push(0);
            w.raw(value);
        });
    }

    /// A BIT STRING with NamedBitList: trailing zero bits removed (X.690 §11.2.2).
    pub fn named_bits(&mut self, tag: u8, bits: u16) {
        let bytes = bits.to_be_bytes();
        let used = 16 - bits.trailing_zeros() as usize;
        let length = if bits == 0 { 0 } else { used.div_ceil(8) };
        let mut value = vec![if bits == 0 {
            0
        } else {
            (length * 8 - used) as u8
        }];
        value.extend_from_slice(&bytes[..length]);
        self.tlv(tag, &value);
    }

    /// A Time: UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5).
    /// `time` is of whole seconds and within 1950 to 9999;
    /// [`whole_seconds`](crate::whole_seconds) says so.
    pub fn time(&mut self, time: Timestamp) {
        if time < YEAR_2050 {
            self.nested(tag::UTC_TIME, |w| append_utc(&mut w.out, time));
        } else {
            self.generalized_time(time, 0);
        }
    }

    /// A GeneralizedTime: `YYYYMMDDHHMMSS[.f…]Z` with at most `digits` digits of fraction,
    /// nine at most, and no trailing zero (X.690 §11.7). `time` is within the years 0 to
    /// 9999; [`whole_seconds`](crate::whole_seconds) says so.
    pub fn generalized_time(&mut self, time: Timestamp, digits: u8) {
        self.nested(tag::GENERALIZED_TIME, |w| {
            append_generalized(&mut w.out, time, digits);
        });
    }

    /// An Extension (RFC 5280 §4.1): `critical` is left out where it is false.
    pub fn extension(
        &mut self,
        oid: ObjectIdentifier,
        critical: bool,
        content: impl FnOnce(&mut Self),
    ) {
        self.sequence(|w| {
            w.oid(oid);
            if critical {
                w.boolean(true);
            }
            w.nested(tag::OCTET_STRING, content);
        });
    }
}

/// Sorts the elements of a SET OF (X.690 §11.6).
pub fn sort_set_of(elements: &mut [Vec<u8>]) {
    // Comparison with zero padding equals plain comparison here: no DER
    // encoding is a proper prefix of another.
    elements.sort();
}

fn length_octets(length: usize) -> ([u8; 9], usize) {
    let mut octets = [0; 9];
    if length < 0x80 {
        octets[0] = length as u8;
        return (octets, 1);
    }
    let bytes = (length as u64).to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let count = bytes.len() - zeros;
    octets[0] = 0x80 | count as u8;
    octets[1..=count].copy_from_slice(&bytes[zeros..]);
    (octets, count + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_the_fewest_octets() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let value = vec![7; length];
            let der = Writer::build(|w| w.nested(tag::OCTET_STRING, |w| w.raw(&value)));
            assert_eq!(der, Writer::build(|w| w.octets(&value)));
            let header = der.len() - length;
            assert_eq!(
                header,
                match length {
                    0..128 => 2,
                    128..256 => 3,
                    256..65_536 => 4,
                    _ => 5,
                }
            );
        }
    }

    #[test]
    fn integers_are_positive_and_short() {
        assert_eq!(Writer::build(|w| w.integer(0)), [2, 1, 0]);
        assert_eq!(Writer::build(|w| w.integer(127)), [2, 1, 127]);
        assert_eq!(Writer::build(|w| w.integer(128)), [2, 2, 0, 128]);
        assert_eq!(Writer::build(|w| w.unsigned(&[0, 0, 1, 0])), [2, 2, 1, 0]);
    }

    #[test]
    fn named_bits_lose_their_trailing_zeros() {
        // digitalSignature, and keyCertSign with cRLSign.
        assert_eq!(Writer::build(|w| w.named_bits(3, 0x8000)), [3, 2, 7, 0x80]);
        assert_eq!(Writer::build(|w| w.named_bits(3, 0x0600)), [3, 2, 1, 0x06]);
        assert_eq!(Writer::build(|w| w.named_bits(3, 0)), [3, 1, 0]);
    }
}
