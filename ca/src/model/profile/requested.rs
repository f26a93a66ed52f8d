//! Which names a certificate gets from its request, or from an issuer who overrides them. None is
//! lost: a name that is asked for is either among the result or named in the error.

use pki::{
    CertificationRequest, GeneralName, Name, NameBuilder, ObjectIdentifier, attribute_name,
    lint::AltNameKind, name_of, oid, request::UnreadableAttribute,
};

use super::{
    CertificateProfile, SubjectRule,
    alternative_names::{check_alternative_names, host_text, subject_from_names},
};
use crate::Error;

/// Names that the issuer chose; they replace those of the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameOverride {
    /// Instead of the request's subject.
    pub subject: Option<Name>,
    /// Instead of the request's subjectAltName.
    pub alternative_names: Option<Vec<GeneralName>>,
}

/// The names that are asked for: by the request, or instead of it.
struct Wanted<'a> {
    subject: &'a Name,
    alternative_names: &'a [GeneralName],
    unreadable: &'a [UnreadableAttribute],
    /// The issuer named the subject: nothing in it may be left out.
    subject_is_exact: bool,
    /// The issuer named the alternative names: the request's subject adds none and need not
    /// agree with them.
    names_are_exact: bool,
}

impl NameOverride {
    /// Whether it replaces nothing.
    pub fn is_empty(&self) -> bool {
        self.subject.is_none() && self.alternative_names.is_none()
    }

    fn wanted<'a>(&'a self, request: &'a CertificationRequest) -> Wanted<'a> {
        let (subject, unreadable) = match &self.subject {
            Some(subject) => (subject, &[][..]),
            None => (request.subject(), request.unreadable_attributes()),
        };
        Wanted {
            subject,
            alternative_names: match &self.alternative_names {
                Some(names) => names,
                None => request.subject_alt_names(),
            },
            unreadable,
            subject_is_exact: self.subject.is_some(),
            names_are_exact: self.alternative_names.is_some(),
        }
    }
}

/// The subject and the alternative names.
pub(super) fn names_from_request(
    profile: &CertificateProfile,
    request: &CertificationRequest,
    name_override: &NameOverride,
) -> Result<(Name, Vec<GeneralName>), Error> {
    let request = &name_override.wanted(request);
    if request.subject_is_exact {
        check_attributes(profile, request.subject)?;
    }
    match &profile.subject {
        SubjectRule::AlternativeNames => host_names(profile, request),
        SubjectRule::Request {
            attributes,
            required,
        } => {
            check_readable(request, attributes)?;
            let alternative_names = names_with_mailboxes(profile, request)?;
            check_alternative_names(profile, &alternative_names)?;
            let subject = subject(profile, request.subject, attributes, required)?;
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
    request: &Wanted<'_>,
) -> Result<(Name, Vec<GeneralName>), Error> {
    let must_agree = request.subject_is_exact || !request.names_are_exact;
    if must_agree {
        check_readable(request, &[oid::COMMON_NAME])?;
    }
    let common_names: Vec<_> = request.subject.values(oid::COMMON_NAME).collect();
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
    let other = common_names.iter().find(|name| entry_of(name).is_none());
    if let Some(other) = other.filter(|_| must_agree) {
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

/// The attributes of a subject that the issuer names: the profile must take each of them.
fn check_attributes(profile: &CertificateProfile, subject: &Name) -> Result<(), Error> {
    let allowed = profile.subject.attributes();
    let mut others = subject.attribute_types().filter(|attribute| {
        // It becomes an rfc822Name.
        let is_mailbox = *attribute == oid::EMAIL_ADDRESS && takes_mailboxes(profile);
        !allowed.contains(attribute) && !is_mailbox
    });
    if let Some(other) = others.next() {
        let allowed: Vec<_> = allowed.into_iter().map(name_of).collect();
        return Err(profile.forbids(format!(
            "the subject takes {}, not {}",
            allowed.join(", "),
            name_of(other)
        )));
    }
    if subject.values(oid::COMMON_NAME).count() > 1 {
        return Err(profile.forbids("the subject has one commonName"));
    }
    Ok(())
}

fn takes_mailboxes(profile: &CertificateProfile) -> bool {
    profile
        .alternative_names
        .kinds
        .contains(&AltNameKind::Email)
}

/// Attributes that the profile takes must be readable; of those that it leaves out nothing is
/// needed.
fn check_readable(request: &Wanted<'_>, attributes: &[ObjectIdentifier]) -> Result<(), Error> {
    let mut unreadable = request.unreadable.iter();
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
    request: &Wanted<'_>,
) -> Result<Vec<GeneralName>, Error> {
    let mut names = Vec::new();
    for name in request.alternative_names {
        add_name(&mut names, name.clone());
    }
    if takes_mailboxes(profile) && (request.subject_is_exact || !request.names_are_exact) {
        check_readable(request, &[oid::EMAIL_ADDRESS])?;
        for address in request.subject.values(oid::EMAIL_ADDRESS) {
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
