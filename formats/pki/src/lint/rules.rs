//! The rules, one function each: `Err` says what breaks it.

use const_oid::ObjectIdentifier;

use super::Intent;
use crate::{BasicConstraints, GeneralName, KeyKind, KeyUsage, certificate::Tbs, name, oid};

pub(super) type Rule = fn(&Tbs, &Intent<'_>) -> Result<(), String>;

pub(super) const ALL: &[(&str, Rule)] = &[
    ("serial-number", serial_number),
    ("signature-algorithm", signature_algorithm),
    ("validity-within-issuer", validity_within_issuer),
    ("issuer-name", issuer_name),
    ("authority-key-identifier", authority_key_identifier),
    ("subject-key-identifier", subject_key_identifier),
    ("basic-constraints", basic_constraints),
    ("path-length", path_length),
    ("key-usage", key_usage),
    ("extended-key-usage", extended_key_usage),
    ("key-strength", key_strength),
    ("critical-flags", critical_flags),
    ("known-extensions", known_extensions),
    ("subject-present", subject_present),
    ("subject-bounds", subject_bounds),
    ("alt-name-syntax", alt_name_syntax),
    ("tls-server-names", tls_server_names),
    ("self-signed", self_signed),
];

/// At least 120 random bits, so a size that they fill (CA/Browser Forum baseline §7.1 asks for 64).
fn serial_number(tbs: &Tbs, _: &Intent<'_>) -> Result<(), String> {
    match tbs.serial.bits() {
        120..=159 => Ok(()),
        bits => Err(format!("{bits} bits, 120 to 159 are wanted")),
    }
}

fn signature_algorithm(tbs: &Tbs, intent: &Intent<'_>) -> Result<(), String> {
    if tbs.signature_algorithm != intent.algorithm {
        return Err(format!("{} was not asked for", tbs.signature_algorithm));
    }
    Ok(())
}

fn validity_within_issuer(tbs: &Tbs, intent: &Intent<'_>) -> Result<(), String> {
    match intent.issuer.certificate() {
        Some(issuer) if !issuer.validity().covers(&tbs.validity) => Err(format!(
            "{} to {} is not within the issuer's {} to {}",
            tbs.validity.not_before,
            tbs.validity.not_after,
            issuer.validity().not_before,
            issuer.validity().not_after
        )),
        _ => Ok(()),
    }
}

fn issuer_name(tbs: &Tbs, intent: &Intent<'_>) -> Result<(), String> {
    if tbs.issuer.is_empty() {
        return Err("empty".into());
    }
    if tbs.issuer != *intent.issuer.name() {
        return Err(format!("{} is not the issuer's name", tbs.issuer));
    }
    Ok(())
}

fn authority_key_identifier(tbs: &Tbs, intent: &Intent<'_>) -> Result<(), String> {
    if tbs.authority_key_identifier.as_deref() != Some(intent.issuer.key_identifier()) {
        return Err("not the issuer's subjectKeyIdentifier".into());
    }
    Ok(())
}

fn subject_key_identifier(tbs: &Tbs, _: &Intent<'_>) -> Result<(), String> {
    if tbs.subject_key_identifier.as_deref() != Some(&tbs.public_key.key_identifier()) {
        return Err("missing, or not that of the key".into());
    }
    Ok(())
}

fn basic_constraints(tbs: &Tbs, intent: &Intent<'_>) -> Result<(), String> {
    if tbs.extension(oid::BASIC_CONSTRAINTS).is_none() {
        return Err("missing".into());
    }
    if tbs.basic_constraints != intent.rules.basic_constraints {
        return Err(format!(
            "{:?} was meant to be {:?}",
            tbs.basic_constraints, intent.rules.basic_constraints
        ));
    }
    Ok(())
}

/// RFC 5280 §4.2.1.9: a CA may not have more than its issuer.
fn path_length(tbs: &Tbs, intent: &Intent<'_>) -> Result<(), String> {
    let BasicConstraints::Ca { path_len } = tbs.basic_constraints else {
        return Ok(());
    };
    match intent
        .issuer
        .certificate()
        .map(crate::Certificate::basic_constraints)
    {
        Some(BasicConstraints::Ca { path_len: Some(0) }) => {
            Err("the issuer's pathLenConstraint is 0: no CA may follow".into())
        }
        Some(BasicConstraints::Ca {
            path_len: Some(limit),
        }) if path_len.is_none_or(|own| own >= limit) => Err(format!(
            "must be below the issuer's pathLenConstraint {limit}"
        )),
        _ => Ok(()),
    }
}

fn key_usage(tbs: &Tbs, _: &Intent<'_>) -> Result<(), String> {
    let Some(usage) = tbs.key_usage.filter(|usage| !usage.is_empty()) else {
        return Err("missing or empty".into());
    };
    let ca_only = KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN;
    match tbs.basic_constraints {
        BasicConstraints::EndEntity if usage.intersects(ca_only) => {
            return Err("keyCertSign or cRLSign in an end entity's certificate".into());
        }
        BasicConstraints::Ca { .. } if !usage.contains(ca_only) => {
            return Err("a CA without keyCertSign and cRLSign".into());
        }
        _ => {}
    }
    let encipherment = KeyUsage::KEY_ENCIPHERMENT | KeyUsage::DATA_ENCIPHERMENT;
    match tbs.public_key.kind() {
        KeyKind::Rsa { .. } if usage.contains(KeyUsage::KEY_AGREEMENT) => {
            Err("keyAgreement for an RSA key".into())
        }
        KeyKind::P256 | KeyKind::P384 | KeyKind::Sm2 if usage.intersects(encipherment) => {
            Err("encipherment for an elliptic-curve key (RFC 8813 §3)".into())
        }
        // RFC 8410 §5.
        KeyKind::Ed25519 if usage.intersects(encipherment | KeyUsage::KEY_AGREEMENT) => {
            Err("encipherment or keyAgreement for an Ed25519 key".into())
        }
        _ => Ok(()),
    }
}

/// Each purpose needs a usage that serves it (RFC 5280 §4.2.1.12), and some exclude all others.
fn extended_key_usage(tbs: &Tbs, _: &Intent<'_>) -> Result<(), String> {
    let purposes = &tbs.extended_key_usage;
    let usage = tbs.key_usage.unwrap_or_default();
    for (index, purpose) in purposes.iter().enumerate() {
        if purposes[..index].contains(purpose) {
            return Err(format!("{purpose} twice"));
        }
    }
    if matches!(tbs.basic_constraints, BasicConstraints::Ca { .. }) {
        return Ok(());
    }
    let has = |purpose: ObjectIdentifier| purposes.contains(&purpose);
    let signs = KeyUsage::DIGITAL_SIGNATURE | KeyUsage::NON_REPUDIATION;
    if purposes.is_empty() {
        return Err("an end entity without extKeyUsage may be used for anything".into());
    }
    for alone in [oid::TIME_STAMPING, oid::OCSP_SIGNING] {
        if has(alone) && purposes.len() > 1 {
            return Err(format!("{alone} must stand alone"));
        }
        if has(alone) && !usage.intersects(signs) {
            return Err(format!("{alone} without a signing keyUsage"));
        }
    }
    let key_exchange =
        KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT | KeyUsage::KEY_AGREEMENT;
    if has(oid::SERVER_AUTH) && !usage.intersects(key_exchange) {
        return Err("serverAuth without digitalSignature, keyEncipherment or keyAgreement".into());
    }
    if has(oid::CLIENT_AUTH)
        && !usage.intersects(KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_AGREEMENT)
    {
        return Err("clientAuth without digitalSignature or keyAgreement".into());
    }
    if has(oid::CODE_SIGNING) && !usage.contains(KeyUsage::DIGITAL_SIGNATURE) {
        return Err("codeSigning without digitalSignature".into());
    }
    let mail = signs | KeyUsage::KEY_ENCIPHERMENT | KeyUsage::KEY_AGREEMENT;
    if has(oid::EMAIL_PROTECTION) && !usage.intersects(mail) {
        return Err("emailProtection without a keyUsage for it".into());
    }
    if has(oid::TIME_STAMPING)
        != tbs
            .extension(oid::EXTENDED_KEY_USAGE)
            .is_some_and(|e| e.critical)
    {
        return Err("critical for timeStamping, and only then (RFC 3161 §2.3)".into());
    }
    Ok(())
}

/// RSA moduli of whole bytes only; every other key of the table is strong enough.
fn key_strength(tbs: &Tbs, intent: &Intent<'_>) -> Result<(), String> {
    let KeyKind::Rsa { bits } = tbs.public_key.kind() else {
        return Ok(());
    };
    if !bits.is_multiple_of(8) {
        return Err(format!("an RSA modulus of {bits} bits"));
    }
    if tbs.basic_constraints != BasicConstraints::EndEntity && tbs.public_key.algorithm().is_none()
    {
        return Err(format!(
            "a CA's RSA key of {bits} bits; 2048, 3072 and 4096 are made"
        ));
    }
    if bits > 4096 && intent.rules.basic_constraints == BasicConstraints::EndEntity {
        // Slow for every verifier, and nothing gained.
        return Err(format!("an RSA key of {bits} bits; the limit is 4096"));
    }
    Ok(())
}

fn critical_flags(tbs: &Tbs, _: &Intent<'_>) -> Result<(), String> {
    let critical: &[ObjectIdentifier] = &[
        oid::BASIC_CONSTRAINTS,
        oid::KEY_USAGE,
        oid::NAME_CONSTRAINTS,
    ];
    let depends = [oid::EXTENDED_KEY_USAGE, oid::SUBJECT_ALT_NAME];
    for extension in &tbs.extensions {
        let want = critical.contains(&extension.oid);
        if extension.critical != want && !depends.contains(&extension.oid) {
            return Err(format!(
                "{} must{} be critical",
                extension.oid,
                if want { "" } else { " not" }
            ));
        }
    }
    match tbs.extension(oid::SUBJECT_ALT_NAME) {
        Some(names) if names.critical != tbs.subject.is_empty() => {
            Err("subjectAltName is critical where the subject is empty, and only then".into())
        }
        _ => Ok(()),
    }
}

/// An extension that this system does not issue is there by mistake.
fn known_extensions(tbs: &Tbs, _: &Intent<'_>) -> Result<(), String> {
    const KNOWN: &[ObjectIdentifier] = &[
        oid::SUBJECT_KEY_IDENTIFIER,
        oid::KEY_USAGE,
        oid::SUBJECT_ALT_NAME,
        oid::BASIC_CONSTRAINTS,
        oid::NAME_CONSTRAINTS,
        oid::CRL_DISTRIBUTION_POINTS,
        oid::CERTIFICATE_POLICIES,
        oid::AUTHORITY_KEY_IDENTIFIER,
        oid::EXTENDED_KEY_USAGE,
        oid::AUTHORITY_INFO_ACCESS,
        oid::OCSP_NO_CHECK,
    ];
    match tbs
        .extensions
        .iter()
        .find(|extension| !KNOWN.contains(&extension.oid))
    {
        Some(unknown) => Err(unknown.oid.to_string()),
        None => Ok(()),
    }
}

/// RFC 5280 §4.1.2.6.
fn subject_present(tbs: &Tbs, _: &Intent<'_>) -> Result<(), String> {
    if tbs.subject.is_empty() {
        if tbs.basic_constraints != BasicConstraints::EndEntity {
            return Err("a CA with an empty subject".into());
        }
        if tbs.alt_names.is_empty() {
            return Err("neither a subject nor a subjectAltName".into());
        }
    }
    Ok(())
}

fn subject_bounds(tbs: &Tbs, _: &Intent<'_>) -> Result<(), String> {
    for attribute in tbs.subject.attributes() {
        let length = attribute.value.chars().count();
        match name::row(attribute.oid) {
            Some(row) if length > row.upper_bound => {
                return Err(format!(
                    "{} of {length} characters, the limit is {}",
                    row.name, row.upper_bound
                ));
            }
            Some(_) => {}
            None => return Err(format!("attribute {} is not issued", attribute.oid)),
        }
    }
    Ok(())
}

fn alt_name_syntax(tbs: &Tbs, _: &Intent<'_>) -> Result<(), String> {
    for (index, name) in tbs.alt_names.iter().enumerate() {
        name.check().map_err(|error| error.to_string())?;
        if tbs.alt_names[..index].contains(name) {
            return Err(format!("{name} twice"));
        }
    }
    Ok(())
}

/// Names of a TLS server are in subjectAltName (RFC 9525 §2); the commonName repeats one of them.
fn tls_server_names(tbs: &Tbs, _: &Intent<'_>) -> Result<(), String> {
    if tbs.basic_constraints != BasicConstraints::EndEntity
        || !tbs.extended_key_usage.contains(&oid::SERVER_AUTH)
    {
        return Ok(());
    }
    let named = |name: &GeneralName| matches!(name, GeneralName::Dns(_) | GeneralName::Ip(_));
    if !tbs.alt_names.iter().any(named) {
        return Err("a TLS server without a dNSName or iPAddress".into());
    }
    let repeats = |common_name: &str| {
        tbs.alt_names.iter().any(|name| match name {
            GeneralName::Dns(dns) => dns.eq_ignore_ascii_case(common_name),
            GeneralName::Ip(address) => address.to_string() == common_name,
            _ => false,
        })
    };
    match tbs.subject.common_name() {
        Some(common_name) if !repeats(common_name) => Err(format!(
            "commonName {common_name:?} is not among the subjectAltNames"
        )),
        _ => Ok(()),
    }
}

/// Only a root that has no certificate yet signs its own name and key.
fn self_signed(tbs: &Tbs, intent: &Intent<'_>) -> Result<(), String> {
    let own = tbs.subject == tbs.issuer;
    let own_key = tbs.public_key == *intent.issuer.public_key();
    match intent.issuer.certificate() {
        None if !(own && own_key) => Err("a root's first certificate is its own".into()),
        Some(_) if own_key => Err("the subject's key is the issuer's own key".into()),
        Some(_) if own => Err("the subject's name is the issuer's own name".into()),
        _ => Ok(()),
    }
}
