//! The same bytes through `x509-parser`, and what it must agree on.

use x509_parser::{
    certificate::TbsCertificate,
    extensions::{GeneralName as TheirName, ParsedExtension},
    prelude::FromDer,
};

use crate::{BasicConstraints, GeneralName, certificate::Tbs};

pub(super) fn agrees(der: &[u8], ours: &Tbs) -> Result<(), String> {
    let (rest, theirs) =
        TbsCertificate::from_der(der).map_err(|error| format!("x509-parser: {error}"))?;
    let mut differs = Vec::new();
    let mut hold = |what: &'static str, same: bool| {
        if !same {
            differs.push(what);
        }
    };
    hold("length", rest.is_empty());
    hold("version", theirs.version.0 == 2);
    hold(
        "serialNumber",
        significant(theirs.raw_serial()) == ours.serial.as_bytes(),
    );
    hold("issuer", theirs.issuer.as_raw() == ours.issuer.der());
    hold("subject", theirs.subject.as_raw() == ours.subject.der());
    hold(
        "subjectPublicKeyInfo",
        theirs.subject_pki.raw == ours.public_key.der(),
    );
    let validity = &theirs.validity;
    hold(
        "notBefore",
        validity.not_before.timestamp() == ours.validity.not_before.as_second(),
    );
    hold(
        "notAfter",
        validity.not_after.timestamp() == ours.validity.not_after.as_second(),
    );
    hold(
        "CA",
        theirs.is_ca() == matches!(ours.basic_constraints, BasicConstraints::Ca { .. }),
    );
    hold(
        "number of extensions",
        theirs.extensions().len() == ours.extensions.len(),
    );
    for extension in theirs.extensions() {
        let read = match extension.parsed_extension() {
            ParsedExtension::ParseError { .. } | ParsedExtension::Unparsed => false,
            ParsedExtension::SubjectAlternativeName(names) => {
                names.general_names.len() == ours.alt_names.len()
                    && names
                        .general_names
                        .iter()
                        .zip(&ours.alt_names)
                        .all(|(a, b)| same_name(a, b))
            }
            _ => true,
        };
        hold("an extension", read);
    }
    if differs.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "x509-parser reads otherwise: {}",
            differs.join(", ")
        ))
    }
}

fn significant(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

fn same_name(theirs: &TheirName<'_>, ours: &GeneralName) -> bool {
    match (theirs, ours) {
        (TheirName::DNSName(a), GeneralName::Dns(b))
        | (TheirName::RFC822Name(a), GeneralName::Email(b))
        | (TheirName::URI(a), GeneralName::Uri(b)) => a == b,
        (TheirName::IPAddress(a), GeneralName::Ip(b)) => match b {
            std::net::IpAddr::V4(b) => *a == b.octets(),
            std::net::IpAddr::V6(b) => *a == b.octets(),
        },
        (TheirName::DirectoryName(a), GeneralName::Directory(b)) => a.as_raw() == b.der(),
        _ => false,
    }
}
