//! UTCTime and GeneralizedTime.

use jiff::{
    Timestamp, civil,
    tz::{Offset, TimeZone},
};

use crate::{Cursor, Error, Result, Writer, tag};

impl Writer {
    /// A Time: UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5).
    /// `time` is of whole seconds and within 1950 to 9999; [`whole_seconds`] says so.
    pub fn time(&mut self, time: Timestamp) {
        let civil = Offset::UTC.to_datetime(time);
        if civil.year() < 2050 {
            self.nested(tag::UTC_TIME, |w| {
                w.digits(civil.year() % 100, 2);
                w.after_year(civil);
                w.raw(b"Z");
            });
        } else {
            self.generalized_time(time, 0);
        }
    }

    /// A GeneralizedTime: `YYYYMMDDHHMMSS[.f…]Z` with at most `digits` digits of fraction,
    /// nine at most, and no trailing zero (X.690 §11.7). `time` is within the years 0 to
    /// 9999; [`whole_seconds`] says so.
    pub fn generalized_time(&mut self, time: Timestamp, digits: u8) {
        let civil = Offset::UTC.to_datetime(time);
        self.nested(tag::GENERALIZED_TIME, |w| {
            w.digits(civil.year(), 4);
            w.after_year(civil);
            w.fraction(civil.subsec_nanosecond(), digits);
            w.raw(b"Z");
        });
    }

    fn after_year(&mut self, time: civil::DateTime) {
        for part in [
            time.month(),
            time.day(),
            time.hour(),
            time.minute(),
            time.second(),
        ] {
            self.digits(part, 2);
        }
    }

    /// A dot and the fraction, or nothing.
    fn fraction(&mut self, nanoseconds: i32, digits: u8) {
        let mut width = digits.min(9);
        let mut fraction = nanoseconds / 10_i32.pow(9 - u32::from(width));
        while width > 0 && fraction % 10 == 0 {
            fraction /= 10;
            width -= 1;
        }
        if width > 0 {
            self.raw(b".");
            self.digits(fraction, width);
        }
    }

    /// A number in so many decimal digits, with leading zeros.
    fn digits(&mut self, number: impl Into<i32>, width: u8) {
        let number = number.into();
        for place in (0..u32::from(width)).rev() {
            let digit = number / 10_i32.pow(place) % 10;
            self.raw(&[b'0' + digit as u8]);
        }
    }
}

impl Cursor<'_> {
    /// A Time as RFC 5280 §4.1.2.5 writes it.
    pub fn time(&mut self, field: &'static str) -> Result<Timestamp> {
        let element = self.any(field)?;
        let time = match element.tag {
            tag::UTC_TIME => parse_utc(element.value),
            // Before 2050 only UTCTime is right.
            tag::GENERALIZED_TIME => {
                parse_generalized(element.value, false).filter(|time| *time >= year_2050())
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
}

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

fn year_2050() -> Timestamp {
    Timestamp::constant(2_524_608_000, 0)
}

fn parse_utc(value: &[u8]) -> Option<Timestamp> {
    let digits = value.strip_suffix(b"Z")?;
    if digits.len() != 12 {
        return None;
    }
    let year = number(&digits[..2])?;
    let year = if year < 50 { 2000 + year } else { 1900 + year };
    to_timestamp(year, &digits[2..], 0)
}

fn parse_generalized(value: &[u8], fraction_allowed: bool) -> Option<Timestamp> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
