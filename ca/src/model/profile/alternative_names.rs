//! The rules for the alternative names of a certificate, and for the subject of a host.

use pki::{GeneralName, Name, lint::AltNameKind};

use super::CertificateProfile;
use crate::Error;

pub(super) fn check_alternative_names(
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
    let is_allowed =
        |name: &&GeneralName| AltNameKind::of(name).is_some_and(|kind| rule.kinds.contains(&kind));
    let others: Vec<_> = names.iter().filter(|name| !is_allowed(name)).collect();
    if !others.is_empty() {
        let allowed = rule.kinds.iter().map(|kind| kind_in_words(*kind));
        let allowed: Vec<_> = allowed.collect();
        let mut kinds: Vec<_> = others.iter().map(|name| kind_with_article(name)).collect();
        let mut others: Vec<_> = others.iter().map(|name| name_in_words(name)).collect();
        kinds.dedup();
        others.dedup();
        return Err(Error::NameNotAllowed {
            profile: profile.name.clone(),
            allowed: allowed.join(" and "),
            kinds: kinds.join(" and "),
            names: others.join(" and "),
        });
    }
    let malformed = names.iter().find_map(|name| name.check().err());
    malformed.map_or(Ok(()), |error| Err(Error::BadRequest(error)))
}

/// The first name that fits is the common name.
pub(super) fn subject_from_names(names: &[GeneralName]) -> Result<Name, Error> {
    let mut texts = names.iter().filter_map(host_text);
    match texts.find(|text| text.len() <= MAX_COMMON_NAME) {
        Some(text) => Name::from_common_name(&text).map_err(Error::BadRequest),
        None => Ok(Name::empty()),
    }
}

pub(super) fn host_text(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::Dns(name) => Some(name.clone()),
        GeneralName::Ip(address) => Some(address.to_string()),
        _ => None,
    }
}

fn kind_with_article(name: &GeneralName) -> String {
    let kind = name.kind_in_words();
    let article = if kind.starts_with(['i', 'r', 'o', 'e', 'x', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {kind}")
}

/// A name with its kind; what an otherName says is not text.
fn name_in_words(name: &GeneralName) -> String {
    let kind = kind_with_article(name);
    match name {
        GeneralName::Dns(text) | GeneralName::Email(text) | GeneralName::Uri(text) => {
            format!("{kind} {text:?}")
        }
        GeneralName::Ip(address) => format!("{kind} {address}"),
        GeneralName::Directory(name) => format!("{kind} {name}"),
        GeneralName::Other { .. } => kind,
    }
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
