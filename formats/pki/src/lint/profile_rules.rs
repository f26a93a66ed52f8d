//! What a certificate profile allows, and the rules that hold a certificate against it.
//!
//! The description is neutral: this crate does not know how profiles are stored or who
//! defines them. The rules read the finished bytes, so a mistake in the builder, or in
//! the code that fills a template, is found before anything is signed.

use asn1::{Cursor, tag};
use const_oid::ObjectIdentifier;
use jiff::SignedDuration;

use super::Intent;
use crate::{
    BasicConstraints, GeneralName, KeyKind, KeyUsage, PublicKey, certificate::Tbs, name, oid,
};

/// What certificates of one profile may contain. Anything else is a finding.
#[derive(Clone, Debug)]
pub struct ProfileRules {
    /// The profile's name, for messages.
    pub profile: String,
    /// basicConstraints, exactly.
    pub basic_constraints: BasicConstraints,
    /// keyUsage: these bits or some of them.
    pub key_usage: KeyUsage,
    /// extKeyUsage: exactly these purposes.
    pub extended_key_usage: Vec<ObjectIdentifier>,
    /// certificatePolicies: exactly these.
    pub policies: Vec<ObjectIdentifier>,
    /// The longest time from notBefore to notAfter.
    pub max_lifetime: SignedDuration,
    /// The attributes that a subject may have.
    pub subject_attributes: Vec<ObjectIdentifier>,
    /// The kinds of subjectAltName entries.
    pub alt_names: Vec<AltNameKind>,
    /// How many subjectAltName entries there may be.
    pub max_alt_names: usize,
    /// The keys that may be certified.
    pub keys: Vec<KeyRule>,
    /// Whether id-pkix-ocsp-nocheck is set.
    pub ocsp_no_check: bool,
}

/// A kind of subjectAltName entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AltNameKind {
    /// dNSName.
    Dns,
    /// iPAddress.
    Ip,
    /// rfc822Name.
    Email,
    /// uniformResourceIdentifier.
    Uri,
    /// directoryName.
    Directory,
}

/// A kind of key that a profile allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRule {
    /// ECDSA on NIST P-256.
    P256,
    /// ECDSA on NIST P-384.
    P384,
    /// RSA with a modulus of at least `min_bits` and at most `max_bits`.
    Rsa {
        /// The smallest modulus.
        min_bits: u32,
        /// The largest modulus.
        max_bits: u32,
    },
    /// Ed25519.
    Ed25519,
    /// SM2.
    Sm2,
}

impl AltNameKind {
    /// The kind of `name`; none for kinds that no profile can allow.
    pub fn of(name: &GeneralName) -> Option<Self> {
        Some(match name {
            GeneralName::Dns(_) => Self::Dns,
            GeneralName::Ip(_) => Self::Ip,
            GeneralName::Email(_) => Self::Email,
            GeneralName::Uri(_) => Self::Uri,
            GeneralName::Directory(_) => Self::Directory,
            GeneralName::Other { .. } => return None,
        })
    }
}

impl KeyRule {
    /// Whether `key` is of this kind and size.
    pub fn allows(self, key: &PublicKey) -> bool {
        match (self, key.kind()) {
            (Self::P256, KeyKind::P256)
            | (Self::P384, KeyKind::P384)
            | (Self::Ed25519, KeyKind::Ed25519)
            | (Self::Sm2, KeyKind::Sm2) => true,
            (Self::Rsa { min_bits, max_bits }, KeyKind::Rsa { bits }) => {
                (min_bits..=max_bits).contains(&bits)
            }
            _ => false,
        }
    }
}

pub(super) const ALL: &[(&str, super::rules::Rule)] = &[
    ("profile-key-usage", key_usage),
    ("profile-extended-key-usage", extended_key_usage),
    ("profile-policies", policies),
    ("profile-lifetime", lifetime),
    ("profile-subject", subject),
    ("profile-alt-names", alt_names),
    ("profile-key", key),
    ("profile-ocsp-no-check", ocsp_no_check),
];

fn key_usage(tbs: &Tbs, intent: &Intent<'_>) -> Result<(), String> {
    let usage = tbs.key_usage.unwrap_or_default();
    if intent.rules.key_usage.contains(usage) {
        return Ok(());
    }
    Err(format!(
        "profile {} allows {:?}, not {usage:?}",
        intent.rules.profile, intent.rules.key_usage
    ))
}

fn extended_key_usage(tbs: &Tbs, intent: &Intent<'_>) -> Result<(), String> {
    same_set(
        &intent.rules.profile,
        &tbs.extended_key_usage,
        &intent.rules.extended_key_usage,
    )
}

fn policies(tbs: &Tbs, intent: &Intent<'_>) -> Result<(), String> {
    let found = read_policies(tbs).map_err(|error| error.to_string())?;
    same_set(&intent.rules.profile, &found, &intent.rules.policies)
}

fn lifetime(tbs: &Tbs, intent: &Intent<'_>) -> Result<(), String> {
    let validity = &tbs.validity;
    let life = validity.not_after.duration_since(validity.not_before);
    if life <= intent.rules.max_lifetime {
        return Ok(());
    }
    Err(format!(
        "{} hours, profile {} allows {}",
        life.as_hours(),
        intent.rules.profile,
        intent.rules.max_lifetime.as_hours()
    ))
}

fn subject(tbs: &Tbs, intent: &Intent<'_>) -> Result<(), String> {
    let allowed = &intent.rules.subject_attributes;
    match tbs
        .subject
        .attributes()
        .find(|attribute| !allowed.contains(&attribute.oid))
    {
        None => Ok(()),
        Some(attribute) => Err(format!(
            "profile {} allows no {}",
            intent.rules.profile,
            name::row(attribute.oid)
                .map_or_else(|| attribute.oid.to_string(), |row| row.name.to_owned())
        )),
    }
}

fn alt_names(tbs: &Tbs, intent: &Intent<'_>) -> Result<(), String> {
    let rules = &intent.rules;
    if tbs.alt_names.len() > rules.max_alt_names {
        return Err(format!(
            "{} names, profile {} allows {}",
            tbs.alt_names.len(),
            rules.profile,
            rules.max_alt_names
        ));
    }
    let allowed = |name: &GeneralName| {
        AltNameKind::of(name).is_some_and(|kind| rules.alt_names.contains(&kind))
    };
    match tbs.alt_names.iter().find(|name| !allowed(name)) {
        None => Ok(()),
        Some(name) => Err(format!(
            "profile {} allows no {}",
            rules.profile,
            name.kind_name()
        )),
    }
}

fn key(tbs: &Tbs, intent: &Intent<'_>) -> Result<(), String> {
    let rules = &intent.rules;
    if rules.keys.iter().any(|rule| rule.allows(&tbs.public_key)) {
        return Ok(());
    }
    Err(format!(
        "profile {} allows no {:?} key",
        rules.profile,
        tbs.public_key.kind()
    ))
}

fn ocsp_no_check(tbs: &Tbs, intent: &Intent<'_>) -> Result<(), String> {
    let rules = &intent.rules;
    match (
        tbs.extension(oid::OCSP_NO_CHECK).is_some(),
        rules.ocsp_no_check,
    ) {
        (true, false) => Err(format!("profile {} does not set it", rules.profile)),
        (false, true) => Err(format!("profile {} requires it", rules.profile)),
        _ => Ok(()),
    }
}

/// Order does not matter in extKeyUsage and certificatePolicies.
fn same_set(
    profile: &str,
    found: &[ObjectIdentifier],
    allowed: &[ObjectIdentifier],
) -> Result<(), String> {
    if let Some(other) = found.iter().find(|oid| !allowed.contains(oid)) {
        return Err(format!("profile {profile} allows no {other}"));
    }
    match allowed.iter().find(|oid| !found.contains(oid)) {
        Some(missing) => Err(format!("profile {profile} requires {missing}")),
        None => Ok(()),
    }
}

/// The policyIdentifiers of certificatePolicies (RFC 5280 §4.2.1.4).
fn read_policies(tbs: &Tbs) -> asn1::Result<Vec<ObjectIdentifier>> {
    let Some(extension) = tbs.extension(oid::CERTIFICATE_POLICIES) else {
        return Ok(Vec::new());
    };
    let mut list = Cursor::outer("certificatePolicies", &extension.value)?;
    let mut policies = Vec::new();
    while !list.is_empty() {
        let mut policy = list.sequence("PolicyInformation")?;
        policies.push(policy.oid("policyIdentifier")?);
        policy.optional(tag::SEQUENCE, "policyQualifiers")?;
        policy.end("policyQualifiers")?;
    }
    Ok(policies)
}
