//! The linter: what a certificate must hold before it is signed.
//!
//! It reads the finished bytes, not the intent that led to them, by two readers
//! that share no code: this crate's and `x509-parser`.

mod rules;
mod second_opinion;

use std::fmt;

use crate::{Authority, Issuer, Profile, SignatureAlgorithm, certificate::Tbs};

/// One rule that a certificate breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's short name.
    pub rule: &'static str,
    /// What was found.
    pub detail: String,
}

/// Every rule that a certificate breaks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

/// What a certificate was meant to be.
#[derive(Clone, Debug)]
pub struct Intent {
    /// Who will sign it.
    pub issuer: Issuer,
    /// Whether its subject may issue.
    pub authority: Authority,
    /// How it will be signed.
    pub algorithm: SignatureAlgorithm,
}

impl Findings {
    /// True where nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The findings.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }
}

impl From<&Profile> for Intent {
    fn from(profile: &Profile) -> Self {
        Self {
            issuer: profile.issuer().clone(),
            authority: profile.authority(),
            algorithm: profile.signature_algorithm(),
        }
    }
}

/// Holds the bytes of a TBSCertificate against every rule.
pub fn certificate(tbs_der: &[u8], intent: &Intent) -> Findings {
    let mut findings = Vec::new();
    match Tbs::from_der(tbs_der) {
        Err(error) => findings.push(Finding {
            rule: "readable",
            detail: error.to_string(),
        }),
        Ok(tbs) => {
            for (rule, check) in rules::ALL {
                if let Err(detail) = check(&tbs, intent) {
                    findings.push(Finding { rule, detail });
                }
            }
            if let Err(detail) = second_opinion::agrees(tbs_der, &tbs) {
                findings.push(Finding {
                    rule: "second-opinion",
                    detail,
                });
            }
        }
    }
    Findings(findings)
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{}: {}", finding.rule, finding.detail)?;
        }
        Ok(())
    }
}
