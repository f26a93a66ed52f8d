//! A CA as an issuer.

use std::sync::Arc;

use crate::{
    BasicConstraints, Certificate, Error, KeyIdentifier, KeyUsage, Name, PublicKey, Result,
};

/// A CA as the issuer of certificates and CRLs: its name, key and limits. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Issuer(Arc<IssuerParts>);

#[derive(Debug)]
struct IssuerParts {
    name: Name,
    public_key: PublicKey,
    key_identifier: KeyIdentifier,
    /// None until the issuer has signed its own certificate.
    certificate: Option<Certificate>,
}

impl Issuer {
    /// The issuer that a CA certificate names.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the certificate is no CA's, may not sign
    /// certificates, or has no subjectKeyIdentifier of 20 octets.
    pub fn from_certificate(certificate: &Certificate) -> Result<Self> {
        if certificate.basic_constraints() == BasicConstraints::EndEntity {
            return Err(Error::invalid("basicConstraints", "not a CA certificate"));
        }
        if !certificate
            .key_usage()
            .is_some_and(|usage| usage.contains(KeyUsage::KEY_CERT_SIGN))
        {
            return Err(Error::invalid("keyUsage", "no keyCertSign"));
        }
        let key_identifier = certificate
            .subject_key_identifier()
            .and_then(|identifier| identifier.try_into().ok())
            .ok_or_else(|| Error::invalid("subjectKeyIdentifier", "not of 20 octets"))?;
        Ok(Self(Arc::new(IssuerParts {
            name: certificate.subject().clone(),
            public_key: certificate.public_key().clone(),
            key_identifier,
            certificate: Some(certificate.clone()),
        })))
    }

    /// A root that is about to issue its own certificate.
    pub fn root(name: Name, public_key: PublicKey) -> Self {
        Self(Arc::new(IssuerParts {
            key_identifier: public_key.key_identifier(),
            name,
            public_key,
            certificate: None,
        }))
    }

    /// The `issuer` of its certificates.
    pub fn name(&self) -> &Name {
        &self.0.name
    }

    /// The key that signs.
    pub fn public_key(&self) -> &PublicKey {
        &self.0.public_key
    }

    /// The authorityKeyIdentifier of its certificates.
    pub fn key_identifier(&self) -> &KeyIdentifier {
        &self.0.key_identifier
    }

    /// Its own certificate; none for a root that has not issued it yet.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.0.certificate.as_ref()
    }
}
