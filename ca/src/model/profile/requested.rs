//! Which names a certificate gets from its request. None is lost: a name that is asked for is
//! either among the result or named in the error.

use pki::{
    CertificationRequest, GeneralName, Name, NameBuilder, ObjectIdentifier, attribute_name,
    lint::AltNameKind, oid,
};

use super::{
    CertificateProfile, SubjectRule,
    alternative_names::{check_alternative_names, host_text, subject_from_names},
};
use crate::Error;

/// The subject and the alternative names.
pub(super) fn names_from_request(
    profile: &CertificateProfile,
    request: &CertificationRequest,
) -> Result<(Name, Vec<GeneralName>), Error> {
    match &profile.subject {
        SubjectRule::AlternativeNames => host_names(profile, request),
        SubjectRule::Request {
            attributes,
            required,
        } => {
            check_readable(request, attributes)?;
            let alternative_names = names_with_mailboxes(profile, request)?;
            check_alternative_names(profile, &alternative_names)?;
            let subject = subject(profile, request.subject(), attributes, required)?;
            Ok((subject, alternative_names))
        }
        SubjectRule::Service { .. } | SubjectRule::Caller { .. } => {
            Err(profile.forbids("such certificates are not issued on request"))
        }
    }
}

/// The names of a host, of which one is the common name.
fn host_names(
    profile: &CertificateProfile,
    request: &CertificationRequest,
) -> Result<(Name, Vec<GeneralName>), Error> {
    check_readable(request, &[oid::COMMON_NAME])?;
    let common_names: Vec<_> = request.subject().values(oid::COMMON_NAME).collect();
    let mut alternative_names = names_with_mailboxes(profile, request)?;
    if alternative_names.is_empty() {
        // Simple tools put the name into the subject only.
        for common_name in &common_names {
            add_name(&mut alternative_names, GeneralName::from_host(common_name));
        }
    }
    if alternative_names.is_empty() {
        return Err(profile.forbids("a subjectAltName or a commonName is required"));
    }
    check_alternative_names(profile, &alternative_names)?;
    // IP addresses are compared as addresses, DNS names without case.
    let entry_of = |common_name: &str| {
        let wanted = GeneralName::from_host(common_name);
        alternative_names
            .iter()
            .find(|name| name.is_same_as(&wanted))
    };
    if let Some(other) = common_names.iter().find(|name| entry_of(name).is_none()) {
        return Err(Error::CommonNameNotAmongNames {
            profile: profile.name.clone(),
            common_name: (*other).to_owned(),
            names: list_names(&alternative_names),
        });
    }
    let requested = common_names.last().and_then(|name| entry_of(name));
    let subject = match requested {
        Some(name) => subject_from_names(std::slice::from_ref(name))?,
        None => subject_from_names(&alternative_names)?,
    };
    Ok((subject, alternative_names))
}

/// Attributes that the profile takes must be readable; of those that it leaves out nothing is
/// needed.
fn check_readable(
    request: &CertificationRequest,
    attributes: &[ObjectIdentifier],
) -> Result<(), Error> {
    let mut unreadable = request.unreadable_attributes().iter();
    let taken =
        unreadable.find(|attribute| attribute.oid.is_some_and(|oid| attributes.contains(&oid)));
    match taken {
        Some(attribute) => Err(Error::BadRequest(attribute.error().into())),
        None => Ok(()),
    }
}

/// The alternative names, and if the profile certifies mailboxes, those that the subject names:
/// new certificates have them as rfc822Name (RFC 5280 §4.1.2.6).
fn names_with_mailboxes(
    profile: &CertificateProfile,
    request: &CertificationRequest,
) -> Result<Vec<GeneralName>, Error> {
    let mut names = request.subject_alt_names().to_vec();
    if profile
        .alternative_names
        .kinds
        .contains(&AltNameKind::Email)
    {
        check_readable(request, &[oid::EMAIL_ADDRESS])?;
        for address in request.subject().values(oid::EMAIL_ADDRESS) {
            add_name(&mut names, GeneralName::Email(address.to_owned()));
        }
    }
    Ok(names)
}

fn add_name(names: &mut Vec<GeneralName>, name: GeneralName) {
    if !names.iter().any(|earlier| earlier.is_same_as(&name)) {
        names.push(name);
    }
}

fn subject(
    profile: &CertificateProfile,
    requested: &Name,
    attributes: &[ObjectIdentifier],
    required: &[ObjectIdentifier],
) -> Result<Name, Error> {
    if let Some(missing) = required
        .iter()
        .find(|oid| requested.values(**oid).next().is_none())
    {
        let name = attribute_name(*missing).unwrap_or("attribute");
        return Err(profile.forbids(format!("the subject needs a {name}")));
    }
    let mut builder = Name::builder();
    for oid in attributes {
        if *oid == oid::COMMON_NAME {
            // A subject has one common name, the most specific one.
            builder = requested
                .common_name()
                .into_iter()
                .fold(builder, NameBuilder::common_name);
            continue;
        }
        for value in requested.values(*oid) {
            builder = builder.attribute(*oid, value);
        }
    }
    builder.build().map_err(Error::BadRequest)
}

/// Names for a message, which does not grow with the request.
fn list_names(names: &[GeneralName]) -> String {
    const SHOWN: usize = 10;
    let mut list: Vec<_> = names.iter().filter_map(host_text).take(SHOWN).collect();
    if names.len() > SHOWN {
        list.push(format!("and {} more", names.len() - SHOWN));
    }
    list.join(", ")
}
