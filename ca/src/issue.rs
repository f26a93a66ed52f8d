//! Issuing a certificate on request.

use jiff::SignedDuration;
use pki::{Certificate, CertificationRequest, GeneralName};
use platform_access::{Caller, Resource, UnitId};
use platform_log::Subject as LogSubject;

use crate::{
    Authority, Error, Service,
    actions::{ISSUE_CERTIFICATE, OVERRIDE_NAMES},
    issuance::{Plan, PlannedIssuer, issue_certificate},
    model::{CertificateNames, CertificateProfile, NameOverride},
};

/// A request for a certificate, as REST, ACME, EST, CMP and SCEP make it.
#[derive(Clone, Debug)]
pub struct IssuanceRequest {
    /// The name of the profile.
    pub profile: String,
    /// The PKCS #10 request, DER or PEM. Its proof of possession is checked here.
    pub csr: Vec<u8>,
    /// The authority that shall issue it; the profile's default if none is named.
    pub authority: Option<String>,
    /// The names that the caller may have certified.
    pub allowed_names: AllowedNames,
    /// Names that the caller decides instead of the request: needs [`OVERRIDE_NAMES`].
    pub name_override: NameOverride,
    /// How long the certificate lives; as long as its profile allows if absent.
    pub lifetime: Option<SignedDuration>,
}

/// The names that a caller may have certified, beyond what the profile allows.
#[derive(Clone, Debug, Default)]
pub enum AllowedNames {
    /// All that the profile allows: the caller's permission covers them.
    #[default]
    OfProfile,
    /// These only: those whose control an ACME account or an enrolling device has proved.
    Only(Vec<GeneralName>),
}

/// An issued certificate.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate.
    pub certificate: Certificate,
    /// The certificate and its chain, leaf first, as PEM.
    pub chain_pem: String,
    /// What the request asked for and the profile leaves out, in words.
    pub ignored: Vec<String>,
}

/// What protocol front ends need of the certificate authority, so that they depend on this trait
/// and not on the service.
#[async_trait::async_trait]
pub trait Issuance: Send + Sync {
    /// Issues one certificate; see [`issue`].
    ///
    /// # Errors
    /// As [`issue`].
    async fn issue(&self, caller: &Caller, request: IssuanceRequest) -> Result<Issued, Error>;
}

#[async_trait::async_trait]
impl Issuance for Service {
    async fn issue(&self, caller: &Caller, request: IssuanceRequest) -> Result<Issued, Error> {
        issue(self, caller, request).await
    }
}

/// Issues one certificate on request.
///
/// # Errors
/// [`Error::Access`], errors of the request, and those of keys and the database. All are
/// recorded; no certificate was issued then.
pub async fn issue(
    ca: &Service,
    caller: &Caller,
    request: IssuanceRequest,
) -> Result<Issued, Error> {
    let resource = resource(ca, &request);
    ca.enforce(caller, ISSUE_CERTIFICATE, &resource).await?;
    if !request.name_override.is_empty() {
        ca.enforce(caller, OVERRIDE_NAMES, &resource).await?;
    }
    let csr = CertificationRequest::from_pem_or_der(&request.csr).map_err(Error::BadRequest);
    let about = match &csr {
        Ok(csr) => LogSubject::person(format!("subject:{}", csr.subject())),
        Err(_) => LogSubject::thing("certificate"),
    };
    let mut chain_pem = String::new();
    let mut requested = None;
    let certificate = issue_certificate(
        ca,
        caller,
        about,
        async || {
            let csr = requested.insert(csr?);
            let (plan, authority) = resolve(ca, &request, csr).await?;
            authority.chain_pem().clone_into(&mut chain_pem);
            Ok(plan)
        },
        |_, _, _| {},
    )
    .await?;
    let ignored = requested.map_or_else(Vec::new, |csr| csr.left_out_of(&certificate));
    Ok(Issued {
        chain_pem: certificate.to_pem() + &chain_pem,
        certificate,
        ignored,
    })
}

async fn resolve(
    ca: &Service,
    request: &IssuanceRequest,
    csr: &CertificationRequest,
) -> Result<(Plan, Authority), Error> {
    let profile = ca.profiles().for_requester(&request.profile)?;
    let authority = find_issuer(ca, &profile, request.authority.as_deref())?;
    ca.check_not_revoked(&authority).await?;
    let name_override = &request.name_override;
    let names = CertificateNames::from_request(&profile, csr, name_override)?;
    request.allowed_names.check(&names)?;
    let plan = Plan {
        issuer: PlannedIssuer::from_authority(&authority, &profile)?,
        profile,
        names,
        public_key: csr.public_key().clone(),
        unit: authority.unit().clone(),
        service: None,
        lifetime: request.lifetime,
        overridden: (!name_override.is_empty()).then(|| CertificateNames {
            subject: csr.subject().clone(),
            alternative_names: csr.subject_alt_names().to_vec(),
        }),
    };
    Ok((plan, authority))
}

/// What the caller needs permission for: a certificate of this profile, in the unit of the
/// authority that issues it.
fn resource(ca: &Service, request: &IssuanceRequest) -> Resource {
    let authority = ca
        .profiles()
        .for_requester(&request.profile)
        .and_then(|profile| find_issuer(ca, &profile, request.authority.as_deref()));
    let resource = Resource::new("certificate", "").with("profile", request.profile.as_str());
    match authority {
        Ok(authority) => resource
            .in_unit(authority.unit().clone())
            .with("ca", authority.name()),
        // Resolving reports the error once the caller is known to be allowed to issue at all.
        Err(_) => resource.in_unit(UnitId::ROOT),
    }
}

/// The authority that issues end-entity certificates: the named one, or the profile's default.
pub(crate) fn find_issuer(
    ca: &Service,
    profile: &CertificateProfile,
    name: Option<&str>,
) -> Result<Authority, Error> {
    let authority = match name {
        Some(name) => ca.authority(name)?,
        None => find_default_authority(ca, profile)?,
    };
    if authority.is_root() {
        return Err(Error::IssuesAuthoritiesOnly(authority.name().to_owned()));
    }
    Ok(authority)
}

fn find_default_authority(ca: &Service, profile: &CertificateProfile) -> Result<Authority, Error> {
    let rule = &profile.default_authority;
    rule.names
        .iter()
        .filter_map(|name| ca.authority(name).ok())
        .find(|authority| rule.keys.is_empty() || rule.keys.contains(&authority.key().algorithm()))
        .ok_or_else(|| Error::NoDefaultAuthority {
            profile: profile.name.clone(),
        })
}

impl AllowedNames {
    fn check(&self, names: &CertificateNames) -> Result<(), Error> {
        let Self::Only(allowed) = self else {
            return Ok(());
        };
        match names
            .alternative_names
            .iter()
            .find(|name| !allowed.iter().any(|allowed| allowed.is_same_as(name)))
        {
            Some(name) => Err(Error::NameNotAuthorized(name.kind_name().to_owned())),
            None => Ok(()),
        }
    }
}
