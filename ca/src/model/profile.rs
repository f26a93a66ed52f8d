//! Profiles: what each kind of certificate may hold, and nothing else.
//!
//! A request only proposes; a profile takes from it what it names and refuses
//! what contradicts it. No extension is ever copied.

use std::{fmt, str::FromStr};

use jiff::SignedDuration;
use pki::{CertificationRequest, GeneralName, Name, oid};

use crate::Error;

/// The kinds of certificate that are issued on request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProfileName {
    /// A TLS server: DNS names and IP addresses.
    TlsServer,
    /// A person: signs in to servers, signs documents and mail.
    Person,
}

/// What a profile took from a request.
#[derive(Clone, Debug)]
pub struct Contents {
    /// The subject.
    pub subject: Name,
    /// The subject's alternative names.
    pub alt_names: Vec<GeneralName>,
}

/// More names in one certificate are refused.
const MAX_NAMES: usize = 100;

impl ProfileName {
    /// Every profile.
    pub const ALL: [Self; 2] = [Self::TlsServer, Self::Person];

    /// The name used in requests.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TlsServer => "tls-server",
            Self::Person => "person",
        }
    }

    /// How long such a certificate lives.
    pub fn lifetime(self) -> SignedDuration {
        const DAY: i64 = 24 * 3600;
        match self {
            Self::TlsServer => SignedDuration::from_secs(90 * DAY),
            Self::Person => SignedDuration::from_secs(365 * DAY),
        }
    }

    /// Takes from a request what this profile allows.
    ///
    /// # Errors
    /// [`Error::Refused`] where it asks for something else.
    pub fn contents(self, request: &CertificationRequest) -> Result<Contents, Error> {
        let names = request.subject_alt_names();
        if names.len() > MAX_NAMES {
            return Err(refused(format!(
                "more than {MAX_NAMES} subjectAltName entries"
            )));
        }
        match self {
            Self::TlsServer => tls_server(request, names),
            Self::Person => person(request, names),
        }
    }
}

/// DNS names and addresses; the common name, if any, must be one of them.
fn tls_server(request: &CertificationRequest, names: &[GeneralName]) -> Result<Contents, Error> {
    let mut alt_names: Vec<GeneralName> = names.to_vec();
    let common_name = request.subject().common_name();
    if alt_names.is_empty() {
        // Requests by simple tools carry a name in the subject alone.
        let name = common_name.ok_or_else(|| refused("no subjectAltName and no commonName"))?;
        alt_names.push(match name.parse() {
            Ok(address) => GeneralName::Ip(address),
            Err(_) => GeneralName::Dns(name.to_owned()),
        });
    }
    for name in &alt_names {
        match name {
            GeneralName::Dns(_) | GeneralName::Ip(_) => name.check().map_err(Error::BadRequest)?,
            other => {
                return Err(refused(format!(
                    "profile tls-server takes DNS names and IP addresses, not {}",
                    kind(other)
                )));
            }
        }
    }
    let text = |name: &GeneralName| match name {
        GeneralName::Dns(name) => name.clone(),
        GeneralName::Ip(address) => address.to_string(),
        _ => String::new(),
    };
    if let Some(common_name) = common_name
        && !alt_names
            .iter()
            .any(|name| text(name).eq_ignore_ascii_case(common_name))
    {
        return Err(refused(
            "the commonName is not among the subjectAltName entries",
        ));
    }
    // ub-common-name (RFC 5280 appendix A) is 64: a longer name stands in the extension alone.
    let short = alt_names.iter().map(text).find(|name| name.len() <= 64);
    let subject = match short {
        Some(name) => Name::from_common_name(&name).map_err(Error::BadRequest)?,
        None => Name::empty(),
    };
    Ok(Contents { subject, alt_names })
}

/// A name, and perhaps number, unit, organization, country and mail addresses.
fn person(request: &CertificationRequest, names: &[GeneralName]) -> Result<Contents, Error> {
    let asked = request.subject();
    let common_name = asked
        .common_name()
        .ok_or_else(|| refused("profile person needs a commonName"))?;
    let mut builder = Name::builder();
    for attribute in [oid::COUNTRY, oid::ORGANIZATION, oid::ORGANIZATIONAL_UNIT] {
        for value in asked.values(attribute) {
            builder = builder.attribute(attribute, value);
        }
    }
    for value in asked.values(oid::SERIAL_NUMBER) {
        builder = builder.serial_number(value);
    }
    let subject = builder
        .common_name(common_name)
        .build()
        .map_err(Error::BadRequest)?;
    let mut alt_names = Vec::new();
    for name in names {
        match name {
            GeneralName::Email(_) => {
                name.check().map_err(Error::BadRequest)?;
                alt_names.push(name.clone());
            }
            other => {
                return Err(refused(format!(
                    "profile person takes mail addresses, not {}",
                    kind(other)
                )));
            }
        }
    }
    Ok(Contents { subject, alt_names })
}

/// A name's kind. What it says may be of a person, and a refusal is logged for ever.
fn kind(name: &GeneralName) -> String {
    match name {
        GeneralName::Dns(_) => "a dNSName".to_owned(),
        GeneralName::Ip(_) => "an iPAddress".to_owned(),
        GeneralName::Email(_) => "an rfc822Name".to_owned(),
        GeneralName::Uri(_) => "a uniformResourceIdentifier".to_owned(),
        GeneralName::Directory(_) => "a directoryName".to_owned(),
        GeneralName::Other { number, .. } => format!("a GeneralName [{number}]"),
    }
}

fn refused(reason: impl Into<String>) -> Error {
    Error::Refused(reason.into())
}

impl FromStr for ProfileName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.as_str() == name)
            .ok_or_else(|| refused("there is no such profile; there are tls-server and person"))
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
