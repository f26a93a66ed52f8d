//! Names as text (RFC 4514).

use std::fmt::{self, Write};

use const_oid::ObjectIdentifier;

use super::{ATTRIBUTES, Attribute, Name, row};
use crate::{Error, Result};

pub(super) fn write(f: &mut fmt::Formatter<'_>, rdns: &[Vec<Attribute>]) -> fmt::Result {
    // RFC 4514 §2.1: last RDN first.
    for (index, rdn) in rdns.iter().rev().enumerate() {
        if index > 0 {
            f.write_char(',')?;
        }
        for (index, attribute) in rdn.iter().enumerate() {
            if index > 0 {
                f.write_char('+')?;
            }
            match row(attribute.oid) {
                Some(row) => f.write_str(row.keyword)?,
                None => write!(f, "{}", attribute.oid)?,
            }
            f.write_char('=')?;
            write_value(f, &attribute.value)?;
        }
    }
    Ok(())
}

/// RFC 4514 §2.4.
fn write_value(f: &mut fmt::Formatter<'_>, value: &str) -> fmt::Result {
    let last = value.chars().count().saturating_sub(1);
    for (index, c) in value.chars().enumerate() {
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => write!(f, "\\{c}")?,
            '#' | ' ' if index == 0 => write!(f, "\\{c}")?,
            ' ' if index == last => f.write_str("\\ ")?,
            c if c.is_ascii_control() => write!(f, "\\{:02X}", c as u32)?,
            c => f.write_char(c)?,
        }
    }
    Ok(())
}

pub(super) fn parse(text: &str) -> Result<Name> {
    if text.len() > 4096 {
        return Err(bad("longer than 4096 bytes"));
    }
    let mut rdns = Vec::new();
    // Only in front: at the end an escaped space may be part of the value.
    let mut rest = text.trim_start();
    if rest.is_empty() {
        return Ok(Name::empty());
    }
    loop {
        let mut rdn = Vec::new();
        let separator = loop {
            let (attribute, separator, after) = one(rest)?;
            rdn.push(attribute);
            rest = after;
            if separator != Some('+') {
                break separator;
            }
        };
        rdns.push(rdn);
        if separator.is_none() {
            break;
        }
    }
    rdns.reverse();
    rdns.iter()
        .fold(Name::builder(), |builder, rdn| builder.rdn(rdn))
        .build()
}

type OnePart<'a> = ((ObjectIdentifier, String), Option<char>, &'a str);

/// One `type=value`, the separator after it and what follows that.
fn one(text: &str) -> Result<OnePart<'_>> {
    let Some((keyword, after)) = text.split_once('=') else {
        return Err(bad(format!("no '=' in {text:?}")));
    };
    let oid = attribute_type(keyword.trim())?;
    let after = after.trim_start_matches(' ');
    if after.starts_with('#') {
        return Err(bad("values in hexadecimal BER are not read"));
    }
    let mut value = Vec::new();
    // Spaces that end the value count only if escaped.
    let mut kept = 0;
    let mut chars = after.char_indices();
    while let Some((index, c)) = chars.next() {
        match c {
            ',' | '+' | ';' => {
                let separator = if c == '+' { '+' } else { ',' };
                return finish(value, kept)
                    .map(|value| ((oid, value), Some(separator), &after[index + 1..]));
            }
            '\\' => {
                let Some((_, escaped)) = chars.next() else {
                    return Err(bad("it ends in a backslash"));
                };
                match (escaped, escaped.to_digit(16)) {
                    (_, Some(high)) => {
                        let low = chars.next().and_then(|(_, c)| c.to_digit(16));
                        let Some(low) = low else {
                            return Err(bad("a backslash and one hexadecimal digit"));
                        };
                        value.push((high * 16 + low) as u8);
                    }
                    (' ' | '"' | '#' | '+' | ',' | ';' | '<' | '=' | '>' | '\\', None) => {
                        value.push(escaped as u8);
                    }
                    _ => return Err(bad(format!("\\{escaped} is no escape"))),
                }
                kept = value.len();
            }
            '"' | '<' | '>' | '\0' => {
                return Err(bad(format!("{c:?} must be escaped")));
            }
            c => {
                value.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                if c != ' ' {
                    kept = value.len();
                }
            }
        }
    }
    Ok(((oid, finish(value, kept)?), None, ""))
}

fn finish(mut value: Vec<u8>, kept: usize) -> Result<String> {
    value.truncate(kept);
    String::from_utf8(value).map_err(|_| bad("escapes that are not UTF-8"))
}

fn attribute_type(keyword: &str) -> Result<ObjectIdentifier> {
    let known = ATTRIBUTES.iter().find(|row| {
        row.keyword.eq_ignore_ascii_case(keyword) || row.name.eq_ignore_ascii_case(keyword)
    });
    match known {
        Some(row) => Ok(row.oid),
        None => ObjectIdentifier::new(keyword)
            .map_err(|_| bad(format!("unknown attribute type {keyword:?}"))),
    }
}

fn bad(reason: impl Into<String>) -> Error {
    Error::invalid("distinguished name", reason)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_most_specific_first() {
        let name = Name::builder()
            .country("CN")
            .organization("信枢, 有限公司")
            .common_name("#1 签发")
            .build()
            .unwrap();
        assert_eq!(name.to_string(), "CN=\\#1 签发,O=信枢\\, 有限公司,C=CN");
        assert_eq!(name.to_string().parse::<Name>().unwrap(), name);
    }

    #[test]
    fn other_spellings_are_read() {
        let name: Name = " commonname = a\\2Cb + UID=7 ; 2.5.4.10=Org "
            .parse()
            .unwrap();
        assert_eq!(name.to_string(), "CN=a\\,b+UID=7,O=Org");
        assert_eq!(Name::from_der(name.der()).unwrap().der(), name.der());
    }

    #[test]
    fn spaces_at_the_end_count_if_escaped() {
        let name = Name::from_common_name("a ").unwrap();
        assert_eq!(name.to_string(), "CN=a\\ ");
        assert_eq!(name.to_string().parse::<Name>().unwrap(), name);
        assert_eq!("CN=a ".parse::<Name>().unwrap().to_string(), "CN=a");
    }

    #[test]
    fn malformed_text_is_refused() {
        for text in [
            "CN", "CN=", "XX=a", "CN=a,", "CN=\"a\"", "CN=a\\", "CN=a\\zb", "CN=#0403", "CN=\\ff",
        ] {
            assert!(text.parse::<Name>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn names_round_trip(values in proptest::collection::vec("[^\\p{Cc}]{1,20}", 1..5)) {
            prop_assume!(values.iter().all(|value| !value.trim().is_empty()));
            let name = values
                .iter()
                .fold(Name::builder(), |builder, value| builder.organizational_unit(value))
                .build()
                .unwrap();
            prop_assert_eq!(&name.to_string().parse::<Name>().unwrap(), &name);
            prop_assert_eq!(&Name::from_der(name.der()).unwrap(), &name);
        }
    }
}
