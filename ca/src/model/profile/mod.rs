//! Profiles: what each kind of certificate contains, how long it lives and who issues it.
//!
//! A profile is data: a TOML document with a name and a version. The same type describes
//! certificates of requesters, of authorities and of this system's own services. A request
//! only proposes; the profile takes from it what it names, and no extension is ever copied.
//! The linter receives the same rules ([`CertificateProfile::rules`]) and rejects a certificate
//! that contains anything else.

mod alternative_names;
mod builtin;
mod file;
mod requested;
mod subject;

use jiff::{SignedDuration, Timestamp};
use pki::{
    BasicConstraints, ExtensionSet, KeyAlgorithm, KeyUsage, ObjectIdentifier, Policy, PublicKey,
    Validity,
    lint::{AltNameKind, KeyRule, ProfileRules},
    oid,
};

pub use builtin::Profiles;
pub use requested::NameOverride;
pub use subject::CertificateNames;

use super::PublicationUrls;
use crate::{Error, error::ProfileFileError};

/// Certificates begin a little in the past, since clocks differ.
const BACKDATE: SignedDuration = SignedDuration::from_secs(300);

/// What certificates of one kind contain. See [`CertificateProfile::parse`] for its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateProfile {
    /// Its name in requests and on record.
    pub name: String,
    /// Counts changes of the profile; recorded with each certificate.
    pub version: u32,
    /// One line for people.
    pub description: String,
    /// Who gets such certificates.
    pub issued_to: IssuedTo,
    /// The certificate policy that they assert.
    pub policy: PolicyRule,
    /// Which authority issues if the request names none.
    pub default_authority: DefaultAuthority,
    /// From notBefore to notAfter, at most.
    pub lifetime: SignedDuration,
    /// The keys that may be certified.
    pub keys: Vec<KeyRule>,
    /// Where the subject comes from.
    pub subject: SubjectRule,
    /// The alternative names that may be certified.
    pub alternative_names: AlternativeNameRule,
    /// The extensions.
    pub extensions: ExtensionRule,
}

/// Who gets certificates of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuedTo {
    /// A caller that may request it, with a certification request.
    Requester,
    /// This system's own services.
    Service,
    /// An authority below another.
    Authority,
    /// An authority that signs its own certificate.
    Root,
}

/// The certificate policy of a profile (RFC 5280 §4.2.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyRule {
    /// No certificatePolicies extension: trust anchors.
    None,
    /// anyPolicy: authorities.
    Any,
    /// This arc under the setting `ca.policy`.
    Arc(u32),
}

/// The authority that issues if none is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DefaultAuthority {
    /// Candidates, the preferred one first.
    pub names: Vec<String>,
    /// The algorithms that the authority's key may have; any if empty.
    pub keys: Vec<KeyAlgorithm>,
}

/// Where the subject of a certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectRule {
    /// One of the alternative names is the common name.
    AlternativeNames,
    /// These attributes of the request, in this order.
    Request {
        /// Attributes that are taken.
        attributes: Vec<ObjectIdentifier>,
        /// Attributes that a request must have.
        required: Vec<ObjectIdentifier>,
    },
    /// The issuer's organization and this common name.
    Service {
        /// The common name.
        common_name: String,
    },
    /// The caller sets it, with these attributes.
    Caller {
        /// Attributes that are allowed.
        attributes: Vec<ObjectIdentifier>,
    },
}

/// Which alternative names may be certified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlternativeNameRule {
    /// Their kinds.
    pub kinds: Vec<AltNameKind>,
    /// How many.
    pub max: usize,
}

/// The extensions of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionRule {
    /// basicConstraints.
    pub basic_constraints: BasicConstraints,
    /// keyUsage.
    pub key_usage: KeyUsage,
    /// extKeyUsage.
    pub extended_key_usage: Vec<ObjectIdentifier>,
    /// Whether it points to the issuer's CRL.
    pub crl: bool,
    /// Whether it points to the OCSP responder.
    pub ocsp: bool,
    /// Whether it points to the issuer's certificate.
    pub ca_issuers: bool,
    /// id-pkix-ocsp-nocheck.
    pub ocsp_no_check: bool,
}

impl CertificateProfile {
    /// Reads a profile from the text of its file; `file` is named in errors.
    ///
    /// # Errors
    /// [`ProfileFileError`] for unknown fields and values, and for a profile that contradicts
    /// itself.
    pub fn parse(file: &str, text: &str) -> Result<Self, ProfileFileError> {
        let error = |reason: String| ProfileFileError {
            file: file.to_owned(),
            reason,
        };
        let profile = file::read(text).map_err(error)?;
        profile.check().map_err(error)?;
        Ok(profile)
    }

    /// The extensions of certificates that the authority named `issuer` issues.
    ///
    /// # Errors
    /// [`Error::InvalidPolicy`] if the policy's OID would be too long.
    pub fn extension_set(
        &self,
        issuer: &str,
        urls: &PublicationUrls,
    ) -> Result<ExtensionSet, Error> {
        let base = &urls.http_url;
        let rule = &self.extensions;
        let url = |wanted: bool, url: String| if wanted { vec![url] } else { Vec::new() };
        let policies = self.policies(urls.policy)?;
        Ok(ExtensionSet {
            basic_constraints: rule.basic_constraints,
            key_usage: rule.key_usage,
            extended_key_usage: rule.extended_key_usage.clone(),
            policies: policies
                .into_iter()
                .map(|oid| Policy { oid, cps: None })
                .collect(),
            crl_urls: url(rule.crl, format!("{base}/crl/{issuer}.crl")),
            ocsp_urls: url(rule.ocsp, format!("{base}/ocsp")),
            ca_issuers_urls: url(rule.ca_issuers, format!("{base}/ca/{issuer}.cer")),
            ocsp_no_check: rule.ocsp_no_check,
            name_constraints: None,
        })
    }

    /// What the linter checks a certificate of this profile against.
    ///
    /// # Errors
    /// [`Error::InvalidPolicy`] if the policy's OID would be too long.
    pub fn rules(&self, policy_arc: ObjectIdentifier) -> Result<ProfileRules, Error> {
        Ok(ProfileRules {
            profile: self.name.clone(),
            basic_constraints: self.extensions.basic_constraints,
            key_usage: self.extensions.key_usage,
            extended_key_usage: self.extensions.extended_key_usage.clone(),
            policies: self.policies(policy_arc)?,
            max_lifetime: self.lifetime + BACKDATE,
            subject_attributes: self.subject.attributes(),
            alt_names: self.alternative_names.kinds.clone(),
            max_alt_names: self.alternative_names.max,
            keys: self.keys.clone(),
            ocsp_no_check: self.extensions.ocsp_no_check,
        })
    }

    /// When a certificate issued at `now` is valid: for `lifetime` if that is given, which is
    /// less than the profile's, and never outside its issuer's validity.
    ///
    /// # Errors
    /// [`Error::ForbiddenByProfile`] for a lifetime beyond the profile's, and [`Error::Pki`] if
    /// the issuer's certificate has expired or the time cannot be encoded.
    pub fn validity(
        &self,
        now: Timestamp,
        lifetime: Option<SignedDuration>,
        issuer: Option<Validity>,
    ) -> Result<Validity, Error> {
        let lifetime = lifetime.unwrap_or(self.lifetime);
        if lifetime <= SignedDuration::ZERO || lifetime > self.lifetime {
            return Err(self.forbids(format!(
                "such certificates live 1 to {} days",
                self.lifetime.as_hours() / 24
            )));
        }
        let mut begin = now - BACKDATE;
        let mut end = now.saturating_add(lifetime).unwrap_or(Timestamp::MAX);
        if let Some(issuer) = issuer {
            begin = begin.max(issuer.not_before);
            end = end.min(issuer.not_after);
        }
        Ok(Validity::new(begin, end)?)
    }

    /// Checks that `key` may be certified under this profile.
    ///
    /// # Errors
    /// [`Error::ForbiddenByProfile`].
    pub fn check_key(&self, key: &PublicKey) -> Result<(), Error> {
        if self.keys.iter().any(|rule| rule.allows(key)) {
            return Ok(());
        }
        let allowed: Vec<_> = self.keys.iter().map(|rule| key_in_words(*rule)).collect();
        Err(self.forbids(format!(
            "{} keys are not allowed; allowed are {}",
            key.kind(),
            allowed.join(", ")
        )))
    }

    /// Rejects what can only be a mistake.
    fn check(&self) -> Result<(), String> {
        let is_authority = matches!(self.issued_to, IssuedTo::Authority | IssuedTo::Root);
        let may_issue = self.extensions.basic_constraints != BasicConstraints::EndEntity;
        if is_authority != may_issue {
            return Err("extensions.authority does not fit issued-to".to_owned());
        }
        if !may_issue && self.extensions.extended_key_usage.is_empty() {
            return Err("an end entity needs an extended-key-usage".to_owned());
        }
        if self.keys.is_empty() || self.lifetime <= SignedDuration::ZERO {
            return Err("no certificate could have this profile".to_owned());
        }
        if self.subject == SubjectRule::AlternativeNames && self.alternative_names.max == 0 {
            return Err("a subject from alternative names needs such names".to_owned());
        }
        Ok(())
    }

    fn policies(&self, arc: ObjectIdentifier) -> Result<Vec<ObjectIdentifier>, Error> {
        Ok(match self.policy {
            PolicyRule::None => Vec::new(),
            PolicyRule::Any => vec![oid::ANY_POLICY],
            PolicyRule::Arc(number) => vec![
                arc.push_arc(number)
                    .map_err(|_| Error::InvalidPolicy(arc.to_string()))?,
            ],
        })
    }

    fn forbids(&self, what: impl Into<String>) -> Error {
        Error::ForbiddenByProfile {
            profile: self.name.clone(),
            reason: what.into(),
        }
    }
}

impl SubjectRule {
    /// Every attribute that a subject may have.
    fn attributes(&self) -> Vec<ObjectIdentifier> {
        match self {
            Self::AlternativeNames => vec![oid::COMMON_NAME],
            Self::Service { .. } => vec![oid::ORGANIZATION, oid::COMMON_NAME],
            Self::Request { attributes, .. } | Self::Caller { attributes } => attributes.clone(),
        }
    }
}

fn key_in_words(rule: KeyRule) -> String {
    match rule {
        KeyRule::P256 => "P-256".to_owned(),
        KeyRule::P384 => "P-384".to_owned(),
        KeyRule::Rsa { min_bits, max_bits } => format!("RSA with {min_bits} to {max_bits} bits"),
        KeyRule::Ed25519 => "Ed25519".to_owned(),
        KeyRule::Sm2 => "SM2".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builtin(name: &str) -> CertificateProfile {
        (*Profiles::builtin().unwrap().get(name).unwrap()).clone()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_certificate_ends_with_its_lifetime_or_its_issuer() {
        let profile = builtin("tls-server");
        let now = at("2026-03-01T00:00:00Z");
        let alone = profile.validity(now, None, None).unwrap();
        assert_eq!(alone.not_before, at("2026-02-28T23:55:00Z"));
        assert_eq!(alone.not_after, at("2026-05-30T00:00:00Z"));
        let issuer = |begin, end| Some(Validity::new(at(begin), at(end)).unwrap());
        let ends_first = profile
            .validity(
                now,
                None,
                issuer("2020-01-01T00:00:00Z", "2026-04-01T00:00:00Z"),
            )
            .unwrap();
        assert_eq!(ends_first.not_after, at("2026-04-01T00:00:00Z"));
        // An issuer that was created a minute ago: its certificates do not begin before it.
        let begins_last = profile
            .validity(
                now,
                None,
                issuer("2026-02-28T23:59:00Z", "2030-01-01T00:00:00Z"),
            )
            .unwrap();
        assert_eq!(begins_last.not_before, at("2026-02-28T23:59:00Z"));
        let days = |days: i64| Some(SignedDuration::from_hours(24 * days));
        let short = profile.validity(now, days(7), None).unwrap();
        assert_eq!(short.not_after, at("2026-03-08T00:00:00Z"));
        assert!(profile.validity(now, days(90), None).is_ok());
        for beyond in [0, 91, -1] {
            let refused = profile.validity(now, days(beyond), None).unwrap_err();
            assert!(refused.to_string().contains("1 to 90 days"), "{refused}");
        }
        // An issuer that has expired issues nothing.
        assert!(
            profile
                .validity(
                    now,
                    None,
                    issuer("2020-01-01T00:00:00Z", "2026-01-01T00:00:00Z")
                )
                .is_err()
        );
    }

    #[test]
    fn the_linter_gets_what_the_extensions_contain() {
        let arc = ObjectIdentifier::new("1.3.6.1.4.1.99999.1").unwrap();
        let urls = PublicationUrls {
            http_url: "http://pki.example.org".to_owned(),
            policy: arc,
        };
        for profile in Profiles::builtin().unwrap().iter() {
            let set = profile.extension_set("issuing", &urls).unwrap();
            let rules = profile.rules(arc).unwrap();
            assert_eq!(set.basic_constraints, rules.basic_constraints);
            assert_eq!(set.extended_key_usage, rules.extended_key_usage);
            let policies: Vec<_> = set.policies.iter().map(|policy| policy.oid).collect();
            assert_eq!(policies, rules.policies, "{}", profile.name);
        }
        let tls = builtin("tls-server").rules(arc).unwrap();
        assert_eq!(tls.policies[0].to_string(), "1.3.6.1.4.1.99999.1.1");
    }

    #[test]
    fn only_keys_of_the_profile_are_certified() {
        let server = builtin("server");
        let p384 = crate::model::test_keys::p384();
        assert!(matches!(
            server.check_key(&p384),
            Err(Error::ForbiddenByProfile { .. })
        ));
        builtin("tls-server").check_key(&p384).unwrap();
    }
}
