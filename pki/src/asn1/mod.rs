//! DER in and out: a writer that nests, a cursor that knows what it reads.
//!
//! Tags and lengths are read by the `der` crate, which refuses every BER form;
//! this module adds the names of fields to its errors and the few value rules
//! that PKIX needs. Nothing here recurses, so depth is bounded by the schema.

mod cursor;
mod time;
mod writer;

pub(crate) use cursor::{Cursor, Tlv};
pub(crate) use time::whole_seconds;
pub(crate) use writer::{Writer, der_set_sort};

/// Tag bytes, as they stand in DER.
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const ENUMERATED: u8 = 0x0a;
    pub(crate) const UTF8_STRING: u8 = 0x0c;
    pub(crate) const PRINTABLE_STRING: u8 = 0x13;
    pub(crate) const TELETEX_STRING: u8 = 0x14;
    pub(crate) const IA5_STRING: u8 = 0x16;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const UNIVERSAL_STRING: u8 = 0x1c;
    pub(crate) const BMP_STRING: u8 = 0x1e;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;

    /// `[n]` IMPLICIT of a primitive type.
    pub(crate) const fn context(n: u8) -> u8 {
        0x80 | n
    }

    /// `[n]` of a constructed type, or EXPLICIT.
    pub(crate) const fn constructed(n: u8) -> u8 {
        0xa0 | n
    }
}
