//! The extensions that a request asks for, and the names among them.

use std::net::IpAddr;

use asn1::{BerCursor, BerElement, Malformed, tag};

use super::subject;
use crate::{Extension, GeneralName, RequestError, oid};

/// More extensions than any tool asks for.
const MAX_EXTENSIONS: usize = 64;
/// More names than any profile allows.
const MAX_NAMES: usize = 1000;

/// Adds the extensions of one `Extensions` value (RFC 5280 §4.1) to `extensions`.
pub(super) fn read_extensions(
    value: BerElement<'_>,
    extensions: &mut Vec<Extension>,
) -> Result<(), RequestError> {
    let failed = |reason: Malformed| RequestError::malformed("requested extensions", reason);
    let mut list = BerCursor::new(value.encoding).sequence().map_err(failed)?;
    while !list.is_empty() {
        let mut extension = list.sequence().map_err(failed)?;
        let oid = extension.oid().map_err(failed)?;
        let critical = extension.default_false().map_err(failed)?;
        let value = extension.expect(tag::OCTET_STRING).map_err(failed)?.value;
        extension.end().map_err(failed)?;
        if extensions.len() == MAX_EXTENSIONS {
            return Err(RequestError::malformed("requested extensions", "too many"));
        }
        extensions.push(Extension {
            oid,
            critical,
            value: value.to_vec(),
        });
    }
    Ok(())
}

/// The names of every subjectAltName among `extensions`, each once.
pub(super) fn read_names(extensions: &[Extension]) -> Result<Vec<GeneralName>, RequestError> {
    let mut names: Vec<GeneralName> = Vec::new();
    for extension in extensions {
        if extension.oid != oid::SUBJECT_ALT_NAME {
            continue;
        }
        let mut whole = BerCursor::new(&extension.value);
        let mut list = whole.sequence().map_err(failed)?;
        whole.end().map_err(failed)?;
        while !list.is_empty() {
            let name = read_name(list.any().map_err(failed)?)?;
            if !names.iter().any(|earlier| earlier.is_same_as(&name)) {
                names.push(name);
            }
            if names.len() > MAX_NAMES {
                return Err(RequestError::malformed(FIELD, "more than 1000 names"));
            }
        }
    }
    Ok(names)
}

const FIELD: &str = "subjectAltName";

fn failed(reason: Malformed) -> RequestError {
    RequestError::malformed(FIELD, reason)
}

fn read_name(element: BerElement<'_>) -> Result<GeneralName, RequestError> {
    let value = element.value;
    let text = |kind: &str| {
        // IA5String (RFC 5280 §4.2.1.6). A name beyond ASCII is decoded too, so that the
        // refusal can name it.
        std::str::from_utf8(value)
            .ok()
            .filter(|text| !text.chars().any(char::is_control))
            .map(str::to_owned)
            .ok_or_else(|| RequestError::malformed(format!("{FIELD}, {kind}"), "not text"))
    };
    Ok(match element.tag {
        0x81 => GeneralName::Email(text("rfc822Name")?),
        0x82 => GeneralName::Dns(text("dNSName")?),
        0x86 => GeneralName::Uri(text("uniformResourceIdentifier")?),
        0x87 => GeneralName::Ip(address(value).ok_or_else(|| {
            RequestError::malformed(
                format!("{FIELD}, iPAddress"),
                format!("{} octets; an address has 4 or 16", value.len()),
            )
        })?),
        0xa4 => {
            let (name, unreadable) = subject::read(value)?;
            if let Some(attribute) = unreadable.first() {
                return Err(RequestError::malformed(
                    format!("{FIELD}, directoryName, {}", attribute.name()),
                    attribute.reason,
                ));
            }
            GeneralName::Directory(name)
        }
        0x80..=0x88 | 0xa0..=0xa8 => GeneralName::Other {
            number: element.tag & 0x1f,
            der: element.encoding.to_vec(),
        },
        _ => return Err(RequestError::malformed(FIELD, "an unknown kind of name")),
    })
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from))
        .ok()
}
