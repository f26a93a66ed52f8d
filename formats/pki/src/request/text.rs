//! Text of every ASN.1 string type, as other tools write it.

use asn1::tag;

/// The text of a string, if its meaning is certain.
///
/// # Errors
/// What is wrong with it, without the text itself.
pub(super) fn decode(tag: u8, value: &[u8]) -> Result<String, &'static str> {
    let text = match tag {
        tag::UTF8_STRING => {
            String::from_utf8(value.to_vec()).map_err(|_| "a UTF8String that is not UTF-8")?
        }
        // Many tools write `*`, `@`, `&`, `_` and `!` into a PrintableString. Octets beyond
        // ASCII could be of any character set.
        tag::PRINTABLE_STRING | tag::IA5_STRING | tag::NUMERIC_STRING | tag::VISIBLE_STRING => {
            if !value.is_ascii() {
                return Err(
                    "characters beyond ASCII in a string type that has none; use UTF8String",
                );
            }
            value.iter().copied().map(char::from).collect()
        }
        tag::TELETEX_STRING => latin1(value)?,
        tag::BMP_STRING => utf16(value).ok_or("a BMPString that is not UTF-16")?,
        tag::UNIVERSAL_STRING => utf32(value).ok_or("a UniversalString that is not UTF-32")?,
        _ => return Err("not text"),
    };
    if text.chars().any(char::is_control) {
        return Err("contains control characters");
    }
    Ok(text)
}

/// Real T.61 is nowhere in use; everyone writes and reads Latin-1. Some write UTF-8, so what
/// could be either is not read.
fn latin1(value: &[u8]) -> Result<String, &'static str> {
    if !value.is_ascii() && std::str::from_utf8(value).is_ok() {
        return Err("a T61String that may be Latin-1 or UTF-8; use UTF8String");
    }
    Ok(value.iter().copied().map(char::from).collect())
}

fn utf16(value: &[u8]) -> Option<String> {
    let (pairs, []) = value.as_chunks::<2>() else {
        return None;
    };
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    String::from_utf16(&units).ok()
}

fn utf32(value: &[u8]) -> Option<String> {
    let (quads, []) = value.as_chunks::<4>() else {
        return None;
    };
    quads
        .iter()
        .map(|quad| char::from_u32(u32::from_be_bytes(*quad)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_string_type() {
        for (tag, bytes, text) in [
            (tag::UTF8_STRING, "信枢".as_bytes(), "信枢"),
            (tag::PRINTABLE_STRING, b"a@b*c&d_e!", "a@b*c&d_e!"),
            (tag::IA5_STRING, b"a@b", "a@b"),
            (tag::NUMERIC_STRING, b"12 34", "12 34"),
            (tag::VISIBLE_STRING, b"a~", "a~"),
            (tag::TELETEX_STRING, b"H\xe4fen", "Häfen"),
            (tag::BMP_STRING, &[0x4f, 0xe1, 0, 65], "信A"),
            (tag::BMP_STRING, &[0xd8, 0x3d, 0xde, 0], "😀"),
            (tag::UNIVERSAL_STRING, &[0, 0, 0x4f, 0xe1], "信"),
            (tag::UTF8_STRING, b"", ""),
        ] {
            assert_eq!(decode(tag, bytes).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_could_mean_two_things_is_not_read() {
        for (tag, bytes) in [
            (tag::UTF8_STRING, &b"H\xe4fen"[..]),
            (tag::PRINTABLE_STRING, b"H\xe4fen"),
            (tag::IA5_STRING, "信枢".as_bytes()),
            (tag::TELETEX_STRING, "信枢".as_bytes()),
            (tag::BMP_STRING, &[0x4f]),
            (tag::BMP_STRING, &[0xd8, 0x3d]),
            (tag::UNIVERSAL_STRING, &[0, 0x11, 0, 0]),
            (tag::UTF8_STRING, b"www.bank.example\0.evil.example"),
            (tag::TELETEX_STRING, b"a\x1bb"),
            (tag::BIT_STRING, b"\0a"),
        ] {
            assert!(decode(tag, bytes).is_err(), "{bytes:02x?}");
        }
    }
}
