//! Which names a certificate gets: from its request, or from the service it is for.

use pki::{
    CertificationRequest, GeneralName, Name, ObjectIdentifier, attribute_name, lint::AltNameKind,
    oid,
};

use super::{CertificateProfile, SubjectRule};
use crate::Error;

/// The names of a certificate that is about to be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateNames {
    /// subject.
    pub subject: Name,
    /// subjectAltName.
    pub alternative_names: Vec<GeneralName>,
}

impl CertificateNames {
    /// Takes from a request what the profile allows.
    ///
    /// # Errors
    /// [`Error::ForbiddenByProfile`] if it asks for something else, and
    /// [`Error::BadRequest`] if a name is malformed.
    pub fn from_request(
        profile: &CertificateProfile,
        request: &CertificationRequest,
    ) -> Result<Self, Error> {
        let requested = request.subject();
        let mut alternative_names = request.subject_alt_names().to_vec();
        match &profile.subject {
            SubjectRule::AlternativeNames => {
                if alternative_names.is_empty() {
                    // Simple tools put the name into the subject only.
                    let name = requested.common_name().ok_or_else(|| {
                        profile.forbids("a subjectAltName or a commonName is required")
                    })?;
                    alternative_names.push(host_name(name));
                }
                check_alternative_names(profile, &alternative_names)?;
                let subject =
                    subject_from_names(profile, &alternative_names, requested.common_name())?;
                Ok(Self {
                    subject,
                    alternative_names,
                })
            }
            SubjectRule::Request {
                attributes,
                required,
            } => {
                check_alternative_names(profile, &alternative_names)?;
                Ok(Self {
                    subject: subject_from_request(profile, requested, attributes, required)?,
                    alternative_names,
                })
            }
            SubjectRule::Service { .. } | SubjectRule::Caller { .. } => {
                Err(profile.forbids("such certificates are not issued on request"))
            }
        }
    }

    /// The names of a certificate for a service of this system: its issuer's organization and
    /// what it does, or one of its names.
    ///
    /// # Errors
    /// [`Error::ForbiddenByProfile`] and [`Error::BadRequest`], as for requests.
    pub fn for_service(
        profile: &CertificateProfile,
        issuer: &Name,
        alternative_names: Vec<GeneralName>,
    ) -> Result<Self, Error> {
        check_alternative_names(profile, &alternative_names)?;
        let subject = match &profile.subject {
            SubjectRule::AlternativeNames => subject_from_names(profile, &alternative_names, None)?,
            SubjectRule::Service { common_name } => {
                let organization = issuer.values(oid::ORGANIZATION).next().unwrap_or("Xinshu");
                Name::builder()
                    .organization(organization)
                    .common_name(common_name)
                    .build()?
            }
            SubjectRule::Request { .. } | SubjectRule::Caller { .. } => {
                return Err(profile.forbids("such certificates are not issued to services"));
            }
        };
        Ok(Self {
            subject,
            alternative_names,
        })
    }
}

fn check_alternative_names(
    profile: &CertificateProfile,
    names: &[GeneralName],
) -> Result<(), Error> {
    let rule = &profile.alternative_names;
    if names.len() > rule.max {
        return Err(profile.forbids(format!(
            "at most {} subjectAltName entries are allowed",
            rule.max
        )));
    }
    for name in names {
        if !AltNameKind::of(name).is_some_and(|kind| rule.kinds.contains(&kind)) {
            // Only the kind is named: the value may be personal data, and refusals are
            // logged for ever.
            let allowed = rule.kinds.iter().map(|kind| kind_in_words(*kind));
            let allowed: Vec<_> = allowed.collect();
            return Err(Error::NameNotAllowed {
                profile: profile.name.clone(),
                allowed: allowed.join(" and "),
                kind: kind_with_article(name),
            });
        }
        name.check().map_err(Error::BadRequest)?;
    }
    Ok(())
}

/// The first name that fits is the common name; a requested one must be among the names.
fn subject_from_names(
    profile: &CertificateProfile,
    names: &[GeneralName],
    requested: Option<&str>,
) -> Result<Name, Error> {
    let texts = || names.iter().filter_map(host_text);
    if let Some(requested) = requested
        && !texts().any(|text| text.eq_ignore_ascii_case(requested))
    {
        return Err(profile.forbids("the commonName is not among the subjectAltName entries"));
    }
    match texts().find(|text| text.len() <= MAX_COMMON_NAME) {
        Some(text) => Name::from_common_name(&text).map_err(Error::BadRequest),
        None => Ok(Name::empty()),
    }
}

fn subject_from_request(
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
                .fold(builder, pki::NameBuilder::common_name);
            continue;
        }
        for value in requested.values(*oid) {
            builder = builder.attribute(*oid, value);
        }
    }
    builder.build().map_err(Error::BadRequest)
}

fn host_name(text: &str) -> GeneralName {
    match text.parse() {
        Ok(address) => GeneralName::Ip(address),
        Err(_) => GeneralName::Dns(text.to_owned()),
    }
}

fn host_text(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::Dns(name) => Some(name.clone()),
        GeneralName::Ip(address) => Some(address.to_string()),
        _ => None,
    }
}

fn kind_with_article(name: &GeneralName) -> String {
    let kind = name.kind_name();
    let article = if kind.starts_with(['i', 'r', 'o', 'e', 'x', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {kind}")
}

fn kind_in_words(kind: AltNameKind) -> &'static str {
    match kind {
        AltNameKind::Dns => "DNS names",
        AltNameKind::Ip => "IP addresses",
        AltNameKind::Email => "mail addresses",
        AltNameKind::Uri => "URIs",
        AltNameKind::Directory => "directory names",
    }
}

/// ub-common-name (RFC 5280 appendix A): a longer name is in subjectAltName only.
const MAX_COMMON_NAME: usize = 64;
