//! A certificate authority with its key, ready to sign.

use std::{collections::HashMap, sync::Arc};

use hsm_adapters::Key;
use pki::{
    Authority as Ability, Certificate, Issuer, KeyUsage, ObjectIdentifier, Policy, Profile, Shape,
    oid,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::ProfileName;
use crate::Error;

/// One authority: its certificate, its key, and what it signs, prepared once.
#[derive(Clone, Debug)]
pub struct Authority(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    name: String,
    issuer_name: String,
    certificate: Certificate,
    /// This authority's certificate and those above it, root excluded, as PEM.
    chain_pem: String,
    chain: Vec<Certificate>,
    key: Arc<dyn Key>,
    issuer: Issuer,
    profiles: HashMap<Purpose, Profile>,
}

/// What a certificate is for: one kind of fixed extensions each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    Ca,
    OcspResponder,
    TimeStamping,
    EndEntity(ProfileName),
}

/// An authority, as the API tells it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaInfo {
    /// Its name in addresses: `/ca/NAME.cer`, `/crl/NAME.crl`.
    pub name: String,
    /// The authority that issued it; its own name where it is a root.
    pub issuer: String,
    /// Its subject, RFC 4514.
    pub subject: String,
    /// Its key's algorithm.
    pub algorithm: String,
    /// Where its key lives.
    pub key: String,
    /// End of its validity, RFC 3339.
    pub not_after: String,
    /// Its certificate.
    pub certificate: String,
}

impl Authority {
    /// `chain` begins with its own certificate and ends with the root's.
    pub(crate) fn new(
        name: &str,
        issuer_name: &str,
        chain: Vec<Certificate>,
        key: Arc<dyn Key>,
        bearings: Bearings<'_>,
    ) -> Result<Self, Error> {
        let Some(certificate) = chain.first().cloned() else {
            return Err(Error::NoSuchCa(name.to_owned()));
        };
        let issuer = Issuer::from_certificate(&certificate)?;
        let algorithm = key.algorithm().default_signature();
        let purposes = [Purpose::Ca, Purpose::OcspResponder, Purpose::TimeStamping]
            .into_iter()
            .chain(ProfileName::ALL.map(Purpose::EndEntity));
        let mut profiles = HashMap::new();
        for purpose in purposes {
            let shape = shape(purpose, name, bearings)?;
            profiles.insert(purpose, issuer.profile(&shape, algorithm)?);
        }
        let above_root = chain
            .iter()
            .filter(|certificate| !certificate.is_self_signed());
        Ok(Self(Arc::new(Parts {
            name: name.to_owned(),
            issuer_name: issuer_name.to_owned(),
            chain_pem: Certificate::bundle_to_pem(above_root),
            chain,
            certificate,
            key,
            issuer,
            profiles,
        })))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// True where no other authority stands above it.
    pub fn is_root(&self) -> bool {
        self.0.name == self.0.issuer_name
    }

    /// Its own certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.0.certificate
    }

    /// Its certificate and those above it, up to the root.
    pub fn chain(&self) -> &[Certificate] {
        &self.0.chain
    }

    /// The chain that goes with its certificates: PEM, without the root.
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

    pub(crate) fn profile(&self, purpose: Purpose) -> Result<&Profile, Error> {
        // Every purpose was prepared above.
        self.0
            .profiles
            .get(&purpose)
            .ok_or_else(|| Error::Refused(format!("{} has no profile {purpose:?}", self.0.name)))
    }

    /// What the API tells of it.
    pub fn info(&self) -> CaInfo {
        CaInfo {
            name: self.0.name.clone(),
            issuer: self.0.issuer_name.clone(),
            subject: self.0.certificate.subject().to_string(),
            algorithm: self.0.key.algorithm().to_string(),
            key: self.0.key.uri().to_owned(),
            not_after: self.0.certificate.validity().not_after.to_string(),
            certificate: self.0.certificate.to_pem(),
        }
    }
}

/// What an authority's certificates point to and assert.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bearings<'a> {
    /// `public.http_url`: where relying parties find CRLs, OCSP and the authority.
    pub(crate) http_url: &'a str,
    /// `ca.policy`: the arc under which each profile has its policy.
    pub(crate) policy: ObjectIdentifier,
}

impl Purpose {
    /// The policy that its certificates assert (RFC 5280 §4.2.1.4): what they are
    /// for and how their holder was checked. An authority below may assert any.
    fn policy(self, arc: ObjectIdentifier) -> Result<ObjectIdentifier, Error> {
        let number = match self {
            Self::Ca => return Ok(oid::ANY_POLICY),
            Self::EndEntity(ProfileName::TlsServer) => 1,
            Self::EndEntity(ProfileName::Person) => 2,
            Self::OcspResponder => 3,
            Self::TimeStamping => 4,
        };
        arc.push_arc(number)
            .map_err(|_| Error::Refused(format!("ca.policy {arc} is too long an OID")))
    }
}

/// The extensions that never change for one purpose under one authority.
fn shape(purpose: Purpose, ca: &str, bearings: Bearings<'_>) -> Result<Shape, Error> {
    let base = bearings.http_url;
    let relying = Shape {
        policies: vec![Policy {
            oid: purpose.policy(bearings.policy)?,
            cps: None,
        }],
        crl_urls: vec![format!("{base}/crl/{ca}.crl")],
        ocsp_urls: vec![format!("{base}/ocsp")],
        ca_issuers_urls: vec![format!("{base}/ca/{ca}.cer")],
        ..Shape::default()
    };
    let signing = KeyUsage::DIGITAL_SIGNATURE;
    Ok(match purpose {
        Purpose::Ca => Shape {
            authority: Ability::Ca { path_len: Some(0) },
            key_usage: KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN,
            // The root's own CRL tells of authorities; nobody answers OCSP for it.
            ocsp_urls: Vec::new(),
            ..relying
        },
        Purpose::OcspResponder => Shape {
            key_usage: signing,
            extended_key_usage: vec![oid::OCSP_SIGNING],
            // RFC 6960 §4.2.2.2.1: relying parties need not ask about the responder.
            ocsp_no_check: true,
            ocsp_urls: Vec::new(),
            crl_urls: Vec::new(),
            ..relying
        },
        Purpose::TimeStamping => Shape {
            key_usage: signing | KeyUsage::NON_REPUDIATION,
            extended_key_usage: vec![oid::TIME_STAMPING],
            ..relying
        },
        Purpose::EndEntity(ProfileName::TlsServer) => Shape {
            key_usage: signing | KeyUsage::KEY_ENCIPHERMENT,
            extended_key_usage: vec![oid::SERVER_AUTH],
            ..relying
        },
        Purpose::EndEntity(ProfileName::Person) => Shape {
            key_usage: signing | KeyUsage::NON_REPUDIATION | KeyUsage::KEY_ENCIPHERMENT,
            extended_key_usage: vec![oid::CLIENT_AUTH, oid::EMAIL_PROTECTION],
            ..relying
        },
    })
}
