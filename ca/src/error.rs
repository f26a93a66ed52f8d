//! What can go wrong in the certificate authority.

use hsm_adapters::KeyError;
use platform_access::AccessError;
use platform_store::StoreError;
use platform_web::Problem;

/// An operation that did not happen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller lacks the permission, or the refusal could not be recorded.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The certification request cannot be used.
    #[error("{0}")]
    BadRequest(pki::Error),
    /// There is no such profile, or requesters may not use it.
    // The name is not repeated: failures are logged, and a requester may have typed anything.
    #[error("there is no such profile; there are {known}")]
    NoSuchProfile {
        /// The profiles that requesters may use.
        known: String,
    },
    /// The profile rules out what was asked for.
    #[error("profile {profile}: {reason}")]
    ForbiddenByProfile {
        /// The profile's name.
        profile: String,
        /// Which rule, in the words of the standards.
        reason: String,
    },
    /// The commonName is not among the names, so that it would be lost.
    #[error(
        "profile {profile}: the commonName {common_name:?} is not among the subjectAltName \
         entries {names}"
    )]
    CommonNameNotAmongNames {
        /// The profile's name.
        profile: String,
        /// The name that would be lost.
        common_name: String,
        /// The names that the request asks for.
        names: String,
    },
    /// The profile does not certify names of these kinds.
    #[error("profile {profile} takes {allowed}, not {names}")]
    NameNotAllowed {
        /// The profile's name.
        profile: String,
        /// The kinds that it takes.
        allowed: String,
        /// The kinds that were asked for.
        kinds: String,
        /// The names of these kinds.
        names: String,
    },
    /// A certificate with this key was revoked because the key is compromised.
    #[error(
        "a certificate with this key was revoked here because the key is compromised; generate a \
         new key"
    )]
    CompromisedKey,
    /// The caller asked for a name that it may not have certified.
    #[error("the request asks for {0}, which the caller may not have certified")]
    NameNotAuthorized(String),
    /// The linter found faults in the certificate that would have been signed.
    #[error("the certificate would be wrong: {0}")]
    RejectedByLinter(pki::lint::Findings),
    /// None of the profile's default authorities exists with a key of a suitable algorithm.
    #[error(
        "profile {profile} names no authority that this installation has; name one with \"ca\""
    )]
    NoDefaultAuthority {
        /// The profile's name.
        profile: String,
    },
    /// The authority does not issue certificates of this profile.
    #[error("{0} issues authorities only")]
    IssuesAuthoritiesOnly(String),
    /// The authority's own certificate, or one above it, is revoked.
    #[error("the certificate of {0} is revoked: it can no longer issue certificates")]
    AuthorityRevoked(String),
    /// An authority of that name exists.
    #[error("there is a certificate authority {0} already")]
    AuthorityExists(String),
    /// There is no such authority.
    #[error("there is no certificate authority {0}")]
    NoSuchAuthority(String),
    /// The database names an authority without a certificate that could be used.
    #[error("the certificate authority {0} has no certificate")]
    NoAuthorityCertificate(String),
    /// The authority has not published a revocation list yet.
    #[error("the certificate authority {0} has not published a CRL yet")]
    NoCrl(String),
    /// There is no such certificate.
    #[error("there is no certificate with serial number {0}")]
    NoSuchCertificate(String),
    /// Several authorities issued a certificate with this serial number.
    #[error("several authorities issued a certificate {0}; name one with \"ca\"")]
    AmbiguousSerial(String),
    /// The certificate was revoked before, for a reason that the new one cannot replace.
    #[error(
        "certificate {serial} is revoked already, for {reason}{}",
        other_reasons(reason)
    )]
    AlreadyRevoked {
        /// Its serial number.
        serial: String,
        /// Why it was revoked.
        reason: &'static str,
    },
    /// The certificate cannot be released: it is good, or permanently revoked.
    #[error("certificate {0} is not on hold: only a certificateHold can be released")]
    NotOnHold(String),
    /// Another transaction changed the revocation at this moment.
    #[error("the status of certificate {0} was changed at this moment; look at it and try again")]
    RevocationChanged(String),
    /// removeFromCRL is a reason code of delta CRLs, not a reason to revoke.
    #[error(
        "removeFromCRL is no reason to revoke; to release a certificate that is on hold, run \
         xinshu cert release, or POST to its release"
    )]
    ReleaseInstead,
    /// A root cannot revoke its own certificate.
    #[error("{0} is a root: remove it from trust stores, its own CRL cannot revoke it")]
    RootNotRevocable(String),
    /// The OCSP responders do not answer for a certificate of this system's own.
    #[error("the OCSP responders do not answer for certificate {0}")]
    NoStatus(String),
    /// A list's cursor that this server did not give out.
    #[error("cursor is the `next` of the page before")]
    BadCursor,
    /// A list shall continue after a certificate that does not exist.
    #[error("after: there is no certificate {0}")]
    NoSuchPosition(String),
    /// No such revocation reason, or one that cannot be given.
    #[error("there is no reason {name:?}; there are {known}")]
    NoSuchReason {
        /// What was given.
        name: String,
        /// The reasons there are.
        known: String,
    },
    /// `ca.policy` leaves no room for the profile's arc.
    #[error("ca.policy {0} is too long an OID")]
    InvalidPolicy(String),
    /// A profile's file cannot be used.
    #[error(transparent)]
    Profile(#[from] ProfileFileError),
    /// A task of this process ended without a result.
    #[error("internal error: {0}")]
    Internal(String),
    /// Bytes that were built or signed are not as they must be.
    #[error("building or signing failed: {0}")]
    Pki(pki::Error),
    /// A private key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A profile's file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("profile {file}: {reason}")]
pub struct ProfileFileError {
    /// The file's name.
    pub file: String,
    /// What is wrong in it.
    pub reason: String,
}

/// Which other reasons a revocation for this one can get.
fn other_reasons(reason: &str) -> &'static str {
    match reason {
        "keyCompromise" | "cACompromise" => "",
        "certificateHold" => "; its reason can change to any other",
        _ => "; its reason can change to keyCompromise",
    }
}

impl From<pki::Error> for Error {
    fn from(error: pki::Error) -> Self {
        match error {
            pki::Error::Key(error) => Self::Key(error),
            pki::Error::Lint(findings) => Self::RejectedByLinter(findings),
            other => Self::Pki(other),
        }
    }
}

impl Error {
    /// What the log says of a failure. Entries are kept for ever, so they do not repeat what a
    /// request says about a person.
    pub(crate) fn cause_for_log(&self) -> String {
        match self {
            Self::BadRequest(_) => "the certification request cannot be used".to_owned(),
            Self::CommonNameNotAmongNames { profile, .. } => {
                format!("profile {profile}: the commonName is not among the subjectAltName entries")
            }
            Self::NameNotAllowed {
                profile,
                allowed,
                kinds,
                ..
            } => format!("profile {profile} takes {allowed}, not {kinds}"),
            other => other.to_string(),
        }
    }

    /// Whether the request was at fault: the log calls such failures refusals.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::BadRequest(_)
                | Self::NoSuchProfile { .. }
                | Self::ForbiddenByProfile { .. }
                | Self::CommonNameNotAmongNames { .. }
                | Self::NameNotAllowed { .. }
                | Self::CompromisedKey
                | Self::NameNotAuthorized(_)
                | Self::RejectedByLinter(_)
                | Self::NoDefaultAuthority { .. }
                | Self::IssuesAuthoritiesOnly(_)
                | Self::AuthorityRevoked(_)
                | Self::AuthorityExists(_)
                | Self::NoSuchAuthority(_)
        )
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Access(error) => error.into(),
            Error::BadRequest(_)
            | Error::NoSuchProfile { .. }
            | Error::ForbiddenByProfile { .. }
            | Error::CommonNameNotAmongNames { .. }
            | Error::NameNotAllowed { .. }
            | Error::CompromisedKey
            | Error::NameNotAuthorized(_)
            | Error::RejectedByLinter(_)
            | Error::NoDefaultAuthority { .. }
            | Error::IssuesAuthoritiesOnly(_)
            | Error::AuthorityRevoked(_)
            | Error::RootNotRevocable(_)
            | Error::ReleaseInstead
            | Error::NoSuchReason { .. } => Self::unprocessable(error.to_string()),
            Error::BadCursor | Error::NoSuchPosition(_) => Self::bad_request(error.to_string()),
            Error::NoSuchAuthority(_) | Error::NoSuchCertificate(_) | Error::NoCrl(_) => {
                Self::not_found(error.to_string())
            }
            Error::AlreadyRevoked { .. }
            | Error::NotOnHold(_)
            | Error::RevocationChanged(_)
            | Error::AmbiguousSerial(_)
            | Error::AuthorityExists(_) => Self::conflict(error.to_string()),
            Error::NoAuthorityCertificate(_)
            | Error::NoStatus(_)
            | Error::InvalidPolicy(_)
            | Error::Profile(_)
            | Error::Internal(_)
            | Error::Pki(_) => Self::internal(&error),
            Error::Key(error) => error.into(),
            Error::Store(error) => error.into(),
        }
    }
}
