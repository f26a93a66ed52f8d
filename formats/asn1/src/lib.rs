#![forbid(unsafe_code)]
//! DER in and out: a [`Writer`] that nests, a [`Cursor`] that knows what it reads.
//!
//! Tags and lengths are read by the `der` crate, which rejects every BER form; this crate
//! adds the names of fields to its errors and the few value rules that PKIX needs. Nothing
//! here recurses, so the schema bounds the depth. [`BerCursor`] is the exception: it reads the
//! BER that requests of other people's tools may be.

mod ber;
mod cursor;
mod error;
mod time;
mod writer;

pub use ber::{BerCursor, BerElement, Malformed};
pub use const_oid::ObjectIdentifier;
pub use cursor::{Cursor, Tlv, check_length};
pub use error::{Error, Result};
pub use time::whole_seconds;
pub use writer::{Writer, sort_set_of};

/// Tag bytes in DER.
pub mod tag {
    /// BOOLEAN.
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER.
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING.
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING.
    pub const OCTET_STRING: u8 = 0x04;
    /// NULL.
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER.
    pub const OID: u8 = 0x06;
    /// ENUMERATED.
    pub const ENUMERATED: u8 = 0x0a;
    /// UTF8String.
    pub const UTF8_STRING: u8 = 0x0c;
    /// NumericString.
    pub const NUMERIC_STRING: u8 = 0x12;
    /// PrintableString.
    pub const PRINTABLE_STRING: u8 = 0x13;
    /// TeletexString.
    pub const TELETEX_STRING: u8 = 0x14;
    /// IA5String.
    pub const IA5_STRING: u8 = 0x16;
    /// UTCTime.
    pub const UTC_TIME: u8 = 0x17;
    /// GeneralizedTime.
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// VisibleString.
    pub const VISIBLE_STRING: u8 = 0x1a;
    /// UniversalString.
    pub const UNIVERSAL_STRING: u8 = 0x1c;
    /// BMPString.
    pub const BMP_STRING: u8 = 0x1e;
    /// SEQUENCE.
    pub const SEQUENCE: u8 = 0x30;
    /// SET.
    pub const SET: u8 = 0x31;

    /// `[n]` IMPLICIT of a primitive type.
    pub const fn context(n: u8) -> u8 {
        0x80 | n
    }

    /// `[n]` of a constructed type, or EXPLICIT.
    pub const fn constructed(n: u8) -> u8 {
        0xa0 | n
    }
}
