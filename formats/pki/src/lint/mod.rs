//! The linter: what a certificate must hold before it is signed.
//!
//! It reads the finished bytes, not the values that they were built from, with two readers
//! that share no code: this crate's and `x509-parser`. Two sets of rules apply: those of the
//! standards, and what the certificate's profile allows.

mod profile_rules;
mod rules;
mod second_opinion;

pub use crate::findings::{Finding, Findings};
use crate::{Issuer, SignatureAlgorithm, certificate::Tbs};
pub use profile_rules::{AltNameKind, KeyRule, ProfileRules};

/// What a certificate was meant to be.
#[derive(Clone, Debug)]
pub struct Intent<'a> {
    /// Who will sign it.
    pub issuer: Issuer,
    /// How it will be signed.
    pub algorithm: SignatureAlgorithm,
    /// What its profile allows.
    pub rules: &'a ProfileRules,
}

/// Checks the bytes of a TBSCertificate against every rule.
pub fn certificate(tbs_der: &[u8], intent: &Intent<'_>) -> Findings {
    read_and_check(tbs_der, intent).err().unwrap_or_default()
}

/// As [`certificate`], but returns the parsed certificate if nothing was found.
pub(crate) fn read_and_check(tbs_der: &[u8], intent: &Intent<'_>) -> Result<Tbs, Findings> {
    let finding = |rule, detail| Finding { rule, detail };
    let tbs = Tbs::from_der(tbs_der)
        .map_err(|error| Findings::new(vec![finding("readable", error.to_string())]))?;
    let mut findings: Vec<_> = rules::ALL
        .iter()
        .chain(profile_rules::ALL)
        .filter_map(|(rule, check)| Some(finding(*rule, check(&tbs, intent).err()?)))
        .collect();
    if let Err(detail) = second_opinion::agrees(tbs_der, &tbs) {
        findings.push(finding("second-opinion", detail));
    }
    if findings.is_empty() {
        Ok(tbs)
    } else {
        Err(Findings::new(findings))
    }
}
