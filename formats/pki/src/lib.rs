#![forbid(unsafe_code)]
//! Bytes with meaning: names, keys, requests, certificates, CRLs, OCSP, CMS and
//! time-stamp tokens.
//!
//! Pure functions over bytes: no I/O, no clock. Signing goes through
//! [`hsm_adapters::Key`], which may be slow and asynchronous; everything else
//! returns at once.
//!
//! How a certificate is made:
//!
//! 1. [`Issuer`] is who issues; [`EncodedTemplate::new`] encodes what all its certificates
//!    of one kind have in common.
//! 2. [`EncodedTemplate::certificate`] puts a [`Subject`] into it: an [`Unsigned`].
//! 3. [`Unsigned::lint`] reads the bytes back, twice, and checks them against the profile: a [`Linted`].
//! 4. [`Linted::sign`] consumes the right to sign and returns a [`Certificate`].

mod algorithm;
mod certificate;
mod certificate_file;
pub mod cms;
pub mod crl;
pub mod csr;
mod error;
mod extension;
mod findings;
mod general_name;
mod issue;
mod issuer;
pub mod lint;
mod name;
pub mod ocsp;
pub mod oid;
mod oid_name;
pub mod pem;
pub mod request;
mod request_error;
mod serial;
mod signing;
pub mod tsp;

pub use algorithm::{decode_signature_algorithm, encode_signature_algorithm};
pub use certificate::{Certificate, Validity};
pub use certificate_file::CertificateFile;
pub use const_oid::ObjectIdentifier;
pub use crl::{CertificateList, CrlTemplate, Revocation, RevocationReason};
pub use crypto::{
    Digest, KeyAlgorithm, KeyIdentifier, KeyKind, PublicKey, SignatureAlgorithm, SignatureScheme,
    ecdsa_der_to_raw, ecdsa_raw_to_der,
};
pub use error::{Error, Result};
pub use extension::{BasicConstraints, Extension, ExtensionSet, KeyUsage, NameConstraints, Policy};
pub use general_name::GeneralName;
pub use hsm_adapters::{Key, KeyError};
pub use issue::{EncodedTemplate, Linted, Subject, Unsigned};
pub use issuer::Issuer;
pub use name::{Name, NameBuilder, attribute_name, attribute_type};
pub use oid_name::name_of;
pub use request::CertificationRequest;
pub use request_error::RequestError;
pub use serial::SerialNumber;
