//! UTCTime and GeneralizedTime.

use jiff::{
    Timestamp, civil,
    tz::{Offset, TimeZone},
};

use crate::{Error, Result};

/// `time` cut to whole seconds, if certificates can carry it.
pub fn whole_seconds(time: Timestamp, field: &'static str) -> Result<Timestamp> {
    let seconds = time.as_second();
    let out_of_range = Error::OutOfRange {
        field,
        reason: "outside the years 1950 to 9999",
    };
    // 1950-01-01 to 9999-12-31 (RFC 5280 §4.1.2.5).
    if !(-631_152_000..=253_402_300_799).contains(&seconds) {
        return Err(out_of_range);
    }
    Timestamp::from_second(seconds).map_err(|_| out_of_range)
}

/// Appends the contents of a UTCTime: `YYMMDDHHMMSSZ`.
pub(crate) fn append_utc(out: &mut Vec<u8>, time: Timestamp) {
    let civil = Offset::UTC.to_datetime(time);
    append_digits(out, civil.year() % 100, 2);
    append_after_year(out, civil);
    out.push(b'Z');
}

/// Appends the contents of a GeneralizedTime with at most `digits` digits of fraction.
pub(crate) fn append_generalized(out: &mut Vec<u8>, time: Timestamp, digits: u8) {
    let civil = Offset::UTC.to_datetime(time);
    append_digits(out, civil.year(), 4);
    append_after_year(out, civil);
    append_fraction(out, civil.subsec_nanosecond(), digits);
    out.push(b'Z');
}

fn append_after_year(out: &mut Vec<u8>, time: civil::DateTime) {
    for part in [
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
    ] {
        append_digits(out, part, 2);
    }
}

/// A dot and the fraction, or nothing.
fn append_fraction(out: &mut Vec<u8>, nanoseconds: i32, digits: u8) {
    let mut width = digits.min(9);
    let mut fraction = nanoseconds / 10_i32.pow(9 - u32::from(width));
    while width > 0 && fraction % 10 == 0 {
        fraction /= 10;
        width -= 1;
    }
    if width > 0 {
        out.push(b'.');
        append_digits(out, fraction, width);
    }
}

/// A number in so many decimal digits, with leading zeros.
fn append_digits(out: &mut Vec<u8>, number: impl Into<i32>, width: u8) {
    let number = number.into();
    for place in (0..u32::from(width)).rev() {
        let digit = number / 10_i32.pow(place) % 10;
        out.push(b'0' + digit as u8);
    }
}

/// Reads the contents of a UTCTime.
pub(crate) fn parse_utc(value: &[u8]) -> Option<Timestamp> {
    let digits = value.strip_suffix(b"Z")?;
    if digits.len() != 12 {
        return None;
    }
    let year = number(&digits[..2])?;
    let year = if year < 50 { 2000 + year } else { 1900 + year };
    to_timestamp(year, &digits[2..], 0)
}

/// Reads the contents of a GeneralizedTime, with a DER fraction where it is allowed.
pub(crate) fn parse_generalized(value: &[u8], fraction_allowed: bool) -> Option<Timestamp> {
    let digits = value.strip_suffix(b"Z")?;
    let (whole, nanoseconds) = match digits.iter().position(|byte| *byte == b'.') {
        None => (digits, 0),
        Some(dot) if fraction_allowed => {
            let fraction = &digits[dot + 1..];
            // X.690 §11.7.3: no empty fraction, no trailing zero. More than nine digits are not supported.
            if fraction.is_empty() || fraction.len() > 9 || fraction.ends_with(b"0") {
                return None;
            }
            let scale = 10_i32.pow(9 - fraction.len() as u32);
            (&digits[..dot], number(fraction)? * scale)
        }
        Some(_) => return None,
    };
    if whole.len() != 14 {
        return None;
    }
    to_timestamp(number(&whole[..4])?, &whole[4..], nanoseconds)
}

fn to_timestamp(year: i32, rest: &[u8], nanoseconds: i32) -> Option<Timestamp> {
    let part =
        |index: usize| -> Option<i8> { number(&rest[index * 2..index * 2 + 2])?.try_into().ok() };
    let civil = civil::DateTime::new(
        i16::try_from(year).ok()?,
        part(0)?,
        part(1)?,
        part(2)?,
        part(3)?,
        part(4)?,
        nanoseconds,
    )
    .ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn number(digits: &[u8]) -> Option<i32> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The first moment that certificates write as a GeneralizedTime (RFC 5280 §4.1.2.5).
pub(crate) const YEAR_2050: Timestamp = Timestamp::constant(2_524_608_000, 0);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cursor, Writer, tag};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_year_2050_changes_the_type() {
        let last = Writer::build(|w| w.time(at("2049-12-31T23:59:59Z")));
        assert_eq!(&last[..2], [tag::UTC_TIME, 13]);
        assert_eq!(&last[2..], b"491231235959Z");
        let first = Writer::build(|w| w.time(at("2050-01-01T00:00:00Z")));
        assert_eq!(&first[..2], [tag::GENERALIZED_TIME, 15]);
        for der in [last, first] {
            let time = Cursor::new("test", &der).time("time").unwrap();
            assert_eq!(Writer::build(|w| w.time(time)), der);
        }
    }

    #[test]
    fn fractions_lose_trailing_zeros() {
        let time = at("2026-03-01T08:09:10.120456Z");
        let generalized_time = |time, digits| {
            let der = Writer::build(|w| w.generalized_time(time, digits));
            assert_eq!(usize::from(der[1]), der.len() - 2);
            String::from_utf8(der[2..].to_vec()).unwrap()
        };
        assert_eq!(generalized_time(time, 2), "20260301080910.12Z");
        assert_eq!(generalized_time(time, 3), "20260301080910.12Z");
        assert_eq!(generalized_time(time, 6), "20260301080910.120456Z");
        assert_eq!(generalized_time(time, 0), "20260301080910Z");
        let early = at("0099-01-02T03:04:05.000000009Z");
        assert_eq!(generalized_time(early, 9), "00990102030405.000000009Z");
        assert_eq!(generalized_time(early, 8), "00990102030405Z");
        let back = parse_generalized(b"20260301080910.120456Z", true);
        assert_eq!(back, Some(time));
    }

    #[test]
    fn other_forms_of_time_are_refused() {
        for text in [
            "20260301080910.Z",
            "20260301080910.10Z",
            "202603010809Z",
            "20260301080910+0800",
            "20261301080910Z",
            "2026030108091aZ",
        ] {
            assert_eq!(parse_generalized(text.as_bytes(), true), None, "{text}");
        }
        assert_eq!(parse_utc(b"2603010809Z"), None);
        assert_eq!(parse_utc(b"260229000000Z"), None);
    }
}
