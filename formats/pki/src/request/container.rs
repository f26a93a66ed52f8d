//! Finding a request in a file of whatever form: DER, PEM with any text around it, base64
//! without a header, each also as UTF-16.

use asn1::{BerCursor, tag};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::MAX_LENGTH;
use crate::{RequestError, Result};

/// A file may be base64 as UTF-16 with text before it.
const MAX_FILE_LENGTH: usize = 4 * MAX_LENGTH;
const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// Base64 as it is found: padded or not, the last bits set or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The request that was found in a file.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestFile {
    /// The request itself.
    pub der: Vec<u8>,
    /// Whether the file contains a private key too.
    pub has_private_key: bool,
}

/// Finds the one request in `file`.
///
/// # Errors
/// [`asn1::Error::TooLong`], and a [`RequestError`] that says what the file is instead.
pub fn find_request(file: &[u8]) -> Result<RequestFile> {
    if file.len() > MAX_FILE_LENGTH {
        return Err(asn1::Error::TooLong {
            what: "the file",
            limit: MAX_FILE_LENGTH,
            actual: file.len(),
        }
        .into());
    }
    if let Some(der) = binary(file) {
        return request(der, false);
    }
    let converted = ascii_of_utf16(file);
    let text = converted.as_deref().unwrap_or(file);
    if text.windows(BEGIN.len()).any(|window| window == BEGIN) {
        return pem(text);
    }
    match base64(text) {
        // Base64 of PEM, as in Kubernetes' CertificateSigningRequest.
        Some(bytes) if bytes.starts_with(BEGIN) => pem(&bytes),
        Some(der) if binary(&der).is_some() => request(&der, false),
        _ => Err(RequestError::NothingFound {
            input: if converted.is_some() {
                "UTF-16 text"
            } else {
                "file"
            },
        }
        .into()),
    }
}

/// The SEQUENCE that `bytes` are, whatever follows it; spaces do no harm.
fn binary(bytes: &[u8]) -> Option<&[u8]> {
    let sequence = BerCursor::new(bytes).expect(tag::SEQUENCE).ok()?;
    let rest = &bytes[sequence.encoding.len()..];
    Some(if rest.iter().all(u8::is_ascii_whitespace) {
        sequence.encoding
    } else {
        bytes
    })
}

fn request(bytes: &[u8], has_private_key: bool) -> Result<RequestFile> {
    let der = binary(bytes).unwrap_or(bytes);
    match kind_of(der) {
        Some(Kind::PrivateKey) => Err(RequestError::PrivateKeyOnly.into()),
        Some(Kind::Other(found)) => Err(RequestError::NotARequest { found }.into()),
        None => Ok(RequestFile {
            der: der.to_vec(),
            has_private_key,
        }),
    }
}

enum Kind {
    PrivateKey,
    Other(&'static str),
}

/// What `der` is if it is one of the things that people send instead of a request.
fn kind_of(der: &[u8]) -> Option<Kind> {
    let mut outer = BerCursor::new(der).sequence().ok()?;
    let first = outer.any().ok()?;
    let second = outer.any().ok()?.tag;
    Some(match (first.tag, first.value, second) {
        (tag::OID, ..) => Kind::Other("a PKCS #7 message"),
        (tag::INTEGER, [3], tag::SEQUENCE) => Kind::Other("a PKCS #12 file"),
        // PKCS #8, PKCS #1 and SEC 1; PKCS #8, encrypted.
        (tag::INTEGER, ..) | (tag::SEQUENCE, [tag::OID, ..], tag::OCTET_STRING) => Kind::PrivateKey,
        (tag::SEQUENCE, [tag::OID, ..], tag::BIT_STRING) => Kind::Other("a public key"),
        // The version of a certificate is explicit; that of a request is not.
        (tag::SEQUENCE, [0xa0, ..], tag::SEQUENCE) => Kind::Other("a certificate"),
        _ => return None,
    })
}

fn pem(text: &[u8]) -> Result<RequestFile> {
    let mut rest = text;
    let mut found: Option<Vec<u8>> = None;
    let mut has_private_key = false;
    let mut other = None;
    while let Some((label, body, after)) = next_block(rest)? {
        rest = after;
        match label {
            b"CERTIFICATE REQUEST" | b"NEW CERTIFICATE REQUEST" => {
                let der = base64(body).ok_or_else(|| {
                    RequestError::malformed("PEM block", "characters that are not base64")
                })?;
                if found.replace(der).is_some() {
                    return Err(RequestError::Several.into());
                }
            }
            label if label.ends_with(b"PRIVATE KEY") => has_private_key = true,
            label => other = other.or_else(|| Some(name_of_block(label))),
        }
    }
    match (found, other) {
        (Some(der), _) => request(&der, has_private_key),
        (None, _) if has_private_key => Err(RequestError::PrivateKeyOnly.into()),
        (None, Some(found)) => Err(RequestError::NotARequest { found }.into()),
        (None, None) => Err(RequestError::NothingFound { input: "file" }.into()),
    }
}

fn name_of_block(label: &[u8]) -> &'static str {
    match label {
        b"CERTIFICATE" | b"X509 CERTIFICATE" | b"TRUSTED CERTIFICATE" => "a certificate",
        b"PUBLIC KEY" | b"RSA PUBLIC KEY" | b"SSH2 PUBLIC KEY" => "a public key",
        b"PKCS7" | b"CMS" => "a PKCS #7 message",
        b"X509 CRL" => "a certificate revocation list",
        b"EC PARAMETERS" | b"DH PARAMETERS" => "a file of parameters",
        _ => "a PEM file of another kind",
    }
}

/// Label, body and what follows of the next block, if there is one.
type Block<'a> = (&'a [u8], &'a [u8], &'a [u8]);

fn next_block(text: &[u8]) -> Result<Option<Block<'_>>, RequestError> {
    let Some((_, after)) = split_at(text, BEGIN) else {
        return Ok(None);
    };
    let incomplete = || RequestError::malformed("PEM block", "its BEGIN or END line is incomplete");
    let (label, after) = split_at(after, DASHES).ok_or_else(incomplete)?;
    let (body, after) = split_at(after, END).ok_or_else(incomplete)?;
    let (end, rest) = split_at(after, DASHES).ok_or_else(incomplete)?;
    if end != label {
        return Err(incomplete());
    }
    Ok(Some((label, body, rest)))
}

/// What comes before and after the first `separator`.
fn split_at<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = text
        .windows(separator.len())
        .position(|window| window == separator)?;
    Some((&text[..at], &text[at + separator.len()..]))
}

fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut digits = text.to_vec();
    digits.retain(|byte| !byte.is_ascii_whitespace());
    BASE64.decode(digits).ok()
}

/// `bytes` as ASCII if they are UTF-16, of either byte order and with or without a byte order
/// mark. What is not ASCII can only be text around the request.
fn ascii_of_utf16(bytes: &[u8]) -> Option<Vec<u8>> {
    let (pairs, _) = bytes.as_chunks::<2>();
    // More than half of the text is ASCII, so one octet of a pair is mostly zero.
    let zeros = |half: usize| 2 * pairs.iter().filter(|pair| pair[half] == 0).count() > pairs.len();
    let read: fn([u8; 2]) -> u16 = match pairs.first()? {
        [0xff, 0xfe] => u16::from_le_bytes,
        [0xfe, 0xff] => u16::from_be_bytes,
        _ if zeros(1) => u16::from_le_bytes,
        _ if zeros(0) => u16::from_be_bytes,
        _ => return None,
    };
    let ascii = |unit: u16| u8::try_from(unit).ok().filter(u8::is_ascii);
    let text = pairs.iter().map(|pair| read(*pair));
    // A byte order mark is no character of the text.
    let text = text.skip_while(|unit| *unit == 0xfeff);
    Some(text.map(|unit| ascii(unit).unwrap_or(b'?')).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A SEQUENCE that none of the other kinds is.
    const DER: [u8; 8] = [0x30, 6, 0x30, 0, 0x30, 0, 3, 0];

    fn found(file: &[u8]) -> bool {
        find_request(file).is_ok_and(|file| file.der == DER)
    }

    fn error(file: &[u8]) -> String {
        find_request(file).map(|_| ()).unwrap_err().to_string()
    }

    fn utf16(text: &str, encode: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(encode).collect()
    }

    #[test]
    fn every_form_of_the_same_request() {
        let pem = crate::pem::encode("CERTIFICATE REQUEST", &DER);
        let new = crate::pem::encode("NEW CERTIFICATE REQUEST", &DER);
        let bare = "MAYwADAAAwA";
        let padded = format!("{bare}=\r\n");
        let broken = "MAYw\n ADAA\r\n\tAwA=\n";
        let kubernetes = BASE64.encode(&pem);
        let crlf = pem.replace('\n', "\r\n");
        let one_line = pem.replace('\n', " ");
        for text in [
            &pem,
            &new,
            bare,
            &padded,
            broken,
            &kubernetes,
            &crlf,
            &one_line,
        ] {
            assert!(found(text.as_bytes()), "{text}");
            let marked = format!("\u{feff}{text}");
            assert!(found(&utf16(text, u16::to_le_bytes)), "{text}");
            assert!(found(&utf16(text, u16::to_be_bytes)), "{text}");
            assert!(found(&utf16(&marked, u16::to_le_bytes)), "{text}");
            assert!(found(&utf16(&marked, u16::to_be_bytes)), "{text}");
        }
        let text = format!("主题: 信枢\n{pem}");
        assert!(found(text.as_bytes()));
        assert!(found(&utf16(&text, u16::to_le_bytes)));
        assert!(found(
            &[b"Antragsteller: H\xe4fen\n", pem.as_bytes()].concat()
        ));
        assert!(found(format!("\u{feff}{pem}").as_bytes()));
        assert!(found(&DER));
        assert!(found(&[&DER[..], b"\r\n"].concat()));
        assert!(!found(&[&DER[..], b"\0"].concat()));
    }

    #[test]
    fn a_private_key_beside_the_request_is_noticed() {
        let pem = crate::pem::encode("CERTIFICATE REQUEST", &DER);
        let key = crate::pem::encode("PRIVATE KEY", &[1, 2, 3]);
        let file = find_request(format!("{key}{pem}").as_bytes()).unwrap();
        assert!(file.has_private_key && file.der == DER);
        for key in ["PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
            let error = error(crate::pem::encode(key, &[1, 2, 3]).as_bytes());
            assert!(error.contains("contains a private key"), "{error}");
        }
        // PKCS #8 and SEC 1 as DER.
        for key in [&[0x30, 5, 2, 1, 0, 0x30, 0][..], &[0x30, 5, 2, 1, 1, 4, 0]] {
            assert!(error(key).contains("contains a private key"));
        }
    }

    #[test]
    fn other_files_are_named() {
        for (label, expected) in [
            ("CERTIFICATE", "this is a certificate"),
            ("X509 CRL", "revocation list"),
            ("PUBLIC KEY", "a public key"),
        ] {
            let error = error(crate::pem::encode(label, &DER).as_bytes());
            assert!(error.contains(expected), "{error}");
        }
        let certificate = [0x30, 9, 0x30, 5, 0xa0, 3, 2, 1, 2, 0x30, 0];
        assert!(error(&certificate).contains("this is a certificate"));
        // Also under the label of a request.
        let mislabelled = crate::pem::encode("CERTIFICATE REQUEST", &certificate);
        assert!(error(mislabelled.as_bytes()).contains("this is a certificate"));
        assert!(error(b"\xff\xfeh\0e\0l\0l\0o\0").contains("UTF-16"));
        assert!(error(b"hello").contains("no certification request"));
        assert!(error(b"").contains("no certification request"));
        let pem = crate::pem::encode("CERTIFICATE REQUEST", &DER);
        assert!(error(format!("{pem}{pem}").as_bytes()).contains("more than one"));
        assert!(error(&pem.as_bytes()[..pem.len() - 3]).contains("incomplete"));
        assert!(error(pem.replace("MAYw", "MA*w").as_bytes()).contains("base64"));
    }
}
