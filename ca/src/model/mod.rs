//! The nouns: authorities, profiles, certificates, revocation reasons.

mod authority;
mod certificate;
mod profile;
mod reason;

pub use authority::{Authority, CaCertificateInfo, CaInfo};
pub(crate) use authority::{AuthorityCertificate, AuthorityRecord, IssuerTemplate};
pub use certificate::{CertificateInfo, CertificateStatus, StatusFilter};
pub use profile::{
    AlternativeNameRule, CertificateNames, CertificateProfile, DefaultAuthority, ExtensionRule,
    IssuedTo, NameOverride, PolicyRule, Profiles, SubjectRule,
};
pub use reason::parse_reason;

/// What the certificates of this installation point to and assert.
#[derive(Clone, Debug)]
pub struct PublicationUrls {
    /// `public.http_url`: base of the addresses of CRLs, OCSP and authorities' certificates.
    pub http_url: String,
    /// `ca.policy`: the arc under which each profile has its certificate policy.
    pub policy: pki::ObjectIdentifier,
}

#[cfg(test)]
pub(crate) mod test_keys {
    use pki::PublicKey;

    /// A P-384 key.
    pub(crate) fn p384() -> PublicKey {
        use aws_lc_rs::{
            encoding::AsDer as _,
            signature::{ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
        };
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).unwrap();
        PublicKey::from_der(pair.public_key().as_der().unwrap().as_ref()).unwrap()
    }
}
