//! The files that a certificate can be downloaded as.

use crate::{Certificate, cms::certs_only};

/// The form of a file with a certificate or its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateFile {
    /// The certificate in DER (RFC 2585 §3).
    Der,
    /// The certificate as PEM.
    Pem,
    /// The certificate and those above it as PEM, leaf first (RFC 8555 §9.1).
    PemChain,
    /// The certificate and those above it as a certs-only message (RFC 5280 §4.2.2.1).
    P7c,
}

impl CertificateFile {
    /// The endings of file names. A longer one must precede its own suffix.
    const ENDINGS: [(&'static str, Self); 6] = [
        (".chain.pem", Self::PemChain),
        (".pem", Self::Pem),
        (".p7c", Self::P7c),
        (".cer", Self::Der),
        (".crt", Self::Der),
        (".der", Self::Der),
    ];

    /// Splits a file's name, such as `root.p7c`, into the name of the holder and the form.
    pub fn split(file: &str) -> Option<(&str, Self)> {
        let mut endings = Self::ENDINGS.into_iter();
        endings.find_map(|(ending, form)| Some((file.strip_suffix(ending)?, form)))
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Der => "application/pkix-cert",
            Self::Pem => "application/x-pem-file",
            Self::PemChain => "application/pem-certificate-chain",
            Self::P7c => "application/pkcs7-mime; smime-type=certs-only",
        }
    }

    /// The file of the first certificate of `chain`, which ends with the root's.
    pub fn encode(self, chain: &[Certificate]) -> Vec<u8> {
        match (self, chain) {
            (_, []) => Vec::new(),
            (Self::Der, [first, ..]) => first.der().to_vec(),
            (Self::Pem, [first, ..]) => first.to_pem().into_bytes(),
            (Self::PemChain, chain) => Certificate::bundle_to_pem(chain).into_bytes(),
            (Self::P7c, chain) => certs_only(chain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_is_the_form() {
        for (file, expected) in [
            ("root.cer", Some(("root", CertificateFile::Der))),
            ("root.crt", Some(("root", CertificateFile::Der))),
            ("root.pem", Some(("root", CertificateFile::Pem))),
            ("root.chain.pem", Some(("root", CertificateFile::PemChain))),
            ("tls.root.p7c", Some(("tls.root", CertificateFile::P7c))),
            ("root", None),
            ("root.crl", None),
        ] {
            assert_eq!(CertificateFile::split(file), expected, "{file}");
        }
    }
}
