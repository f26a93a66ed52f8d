//! Which names a certificate gets: from its request, or from the service it is for.

use pki::{CertificationRequest, GeneralName, Name, oid};

use super::{
    CertificateProfile, SubjectRule,
    alternative_names::{check_alternative_names, subject_from_names},
    requested::{NameOverride, names_from_request},
};
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
    /// Takes from a request what the profile allows, or what `name_override` says instead.
    ///
    /// # Errors
    /// [`Error::ForbiddenByProfile`] if it asks for something else, and
    /// [`Error::BadRequest`] if a name is malformed.
    pub fn from_request(
        profile: &CertificateProfile,
        request: &CertificationRequest,
        name_override: &NameOverride,
    ) -> Result<Self, Error> {
        let (subject, alternative_names) = names_from_request(profile, request, name_override)?;
        Ok(Self {
            subject,
            alternative_names,
        })
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
            SubjectRule::AlternativeNames => subject_from_names(&alternative_names)?,
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
