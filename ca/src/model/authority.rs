//! An authority: an id, its keys, and its certificates.

use std::{collections::HashMap, sync::Arc};

use hsm_adapters::Key;
use jiff::Timestamp;
use pki::{Certificate, EncodedTemplate, Issuer, Validity, lint::ProfileRules};
use platform_access::UnitId;
use serde::Serialize;
use utoipa::ToSchema;

use super::{CertificateProfile, IssuedTo, Profiles, PublicationUrls};
use crate::Error;

/// One authority with the certificate and key that it issues with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Authority(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    record: AuthorityRecord,
    /// Every certificate of this authority, whichever authority issued it.
    certificates: Vec<AuthorityCertificate>,
    /// The one that it issues with now.
    active: AuthorityCertificate,
    key: Arc<dyn Key>,
    /// The active certificate and those above it, up to the root.
    chain: Vec<AuthorityCertificate>,
    /// As `chain`, without the root, as PEM.
    chain_pem: String,
    issuer: Issuer,
    /// By profile name.
    templates: HashMap<String, IssuerTemplate>,
}

/// Identity and place of an authority.
#[derive(Clone, Debug)]
pub(crate) struct AuthorityRecord {
    pub(crate) id: String,
    pub(crate) unit: UnitId,
    /// In addresses: `/ca/NAME.cer`.
    pub(crate) name: String,
}

/// A certificate of an authority: who issued it, and for which key.
#[derive(Clone, Debug)]
pub(crate) struct AuthorityCertificate {
    pub(crate) issuer_id: String,
    pub(crate) key_uri: String,
    pub(crate) certificate: Certificate,
}

/// What an authority needs to issue certificates of one profile, prepared once.
#[derive(Clone, Debug)]
pub(crate) struct IssuerTemplate {
    pub(crate) template: Arc<EncodedTemplate>,
    pub(crate) rules: Arc<ProfileRules>,
}

/// An authority, as the API returns it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaInfo {
    /// Its id, which never changes.
    pub id: String,
    /// Its name in addresses: `/ca/NAME.cer`, `/crl/NAME.crl`.
    pub name: String,
    /// The authority that issued its current certificate; its own name if it is a root.
    pub issuer: String,
    /// Its subject, RFC 4514.
    pub subject: String,
    /// Its key's algorithm.
    pub algorithm: String,
    /// The URI of its key.
    pub key: String,
    /// Hexadecimal serial number of its current certificate.
    pub serial: String,
    /// End of its current certificate's validity, RFC 3339.
    pub not_after: String,
    /// Its current certificate.
    pub certificate: String,
    /// All its certificates, the current one first.
    pub certificates: Vec<CaCertificateInfo>,
}

/// One certificate of an authority.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaCertificateInfo {
    /// Hexadecimal serial number.
    pub serial: String,
    /// The URI of the key that it certifies.
    pub key: String,
    /// End of its validity, RFC 3339.
    pub not_after: String,
}

impl IssuerTemplate {
    /// Prepares certificates of `profile` by `issuer`, the authority named `name`.
    pub(crate) fn new(
        issuer: &Issuer,
        name: &str,
        key: &dyn Key,
        profile: &CertificateProfile,
        urls: &PublicationUrls,
    ) -> Result<Self, Error> {
        let extensions = profile.extension_set(name, urls)?;
        Ok(Self {
            template: Arc::new(EncodedTemplate::new(
                issuer,
                &extensions,
                key.algorithm().default_signature(),
            )?),
            rules: Arc::new(profile.rules(urls.policy)?),
        })
    }
}

impl AuthorityCertificate {
    /// The certificate that an authority issues with at `now`: of those that are valid, the one
    /// that ends last; if none is valid, the one that ends last of all.
    pub(crate) fn best_available(certificates: &[Self], now: Timestamp) -> Option<&Self> {
        certificates.iter().max_by_key(|one| {
            let validity = one.certificate.validity();
            (validity.contains(now), validity.not_after)
        })
    }
}

impl Authority {
    /// An authority that issues with the first certificate of `chain`, which ends with the root's.
    pub(crate) fn new(
        record: AuthorityRecord,
        certificates: Vec<AuthorityCertificate>,
        chain: Vec<AuthorityCertificate>,
        key: Arc<dyn Key>,
        profiles: &Profiles,
        urls: &PublicationUrls,
    ) -> Result<Self, Error> {
        let Some(active) = chain.first().cloned() else {
            return Err(Error::NoAuthorityCertificate(record.name));
        };
        let issuer = Issuer::from_certificate(&active.certificate)?;
        let mut templates = HashMap::new();
        for profile in profiles.iter() {
            // A root's own template exists only until it has signed its certificate.
            if profile.issued_to != IssuedTo::Root {
                let prepared =
                    IssuerTemplate::new(&issuer, &record.name, key.as_ref(), profile, urls)?;
                templates.insert(profile.name.clone(), prepared);
            }
        }
        let below_root = chain
            .iter()
            .map(|one| &one.certificate)
            .filter(|certificate| !certificate.is_self_signed());
        Ok(Self(Arc::new(Parts {
            chain_pem: Certificate::bundle_to_pem(below_root),
            record,
            certificates,
            active,
            key,
            chain,
            issuer,
            templates,
        })))
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.0.record.id
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.record.name
    }

    /// The unit that owns it.
    pub fn unit(&self) -> &UnitId {
        &self.0.record.unit
    }

    /// True if it issued its own certificate.
    pub fn is_root(&self) -> bool {
        self.0.active.issuer_id == self.0.record.id
    }

    /// The certificate that it issues with.
    pub fn certificate(&self) -> &Certificate {
        &self.0.active.certificate
    }

    /// The id of the authority that issued [`Self::certificate`]; its own id if it is a root.
    pub fn issuer_id(&self) -> &str {
        &self.0.active.issuer_id
    }

    /// Its certificate and those above it, up to the root.
    pub(crate) fn chain(&self) -> &[AuthorityCertificate] {
        &self.0.chain
    }

    /// All certificates of this authority.
    pub(crate) fn certificates(&self) -> &[AuthorityCertificate] {
        &self.0.certificates
    }

    /// The chain that belongs to its certificates: PEM, without the root.
    pub fn chain_pem(&self) -> &str {
        &self.0.chain_pem
    }

    /// Its private key.
    pub fn key(&self) -> &Arc<dyn Key> {
        &self.0.key
    }

    /// As an issuer of certificates and CRLs.
    pub fn issuer(&self) -> &Issuer {
        &self.0.issuer
    }

    /// The validity of its certificate.
    pub fn validity(&self) -> Validity {
        self.certificate().validity()
    }

    pub(crate) fn template(&self, profile: &CertificateProfile) -> Result<IssuerTemplate, Error> {
        self.0
            .templates
            .get(&profile.name)
            .cloned()
            .ok_or_else(|| Error::ForbiddenByProfile {
                profile: profile.name.clone(),
                reason: format!("{} does not issue such certificates", self.name()),
            })
    }

    /// What the API returns; `issuer` is the name of the authority that issued its certificate.
    pub(crate) fn info(&self, issuer: &str) -> CaInfo {
        let active = &self.0.active;
        let describe = |one: &AuthorityCertificate| CaCertificateInfo {
            serial: one.certificate.serial().to_string(),
            key: one.key_uri.clone(),
            not_after: one.certificate.validity().not_after.to_string(),
        };
        let others = self
            .0
            .certificates
            .iter()
            .filter(|one| one.certificate != active.certificate);
        CaInfo {
            id: self.id().to_owned(),
            name: self.name().to_owned(),
            issuer: issuer.to_owned(),
            subject: active.certificate.subject().to_string(),
            algorithm: self.0.key.algorithm().to_string(),
            key: self.0.key.uri().to_owned(),
            serial: active.certificate.serial().to_string(),
            not_after: active.certificate.validity().not_after.to_string(),
            certificate: active.certificate.to_pem(),
            certificates: std::iter::once(active)
                .chain(others)
                .map(describe)
                .collect(),
        }
    }
}
