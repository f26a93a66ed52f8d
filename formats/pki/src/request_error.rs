//! What is wrong with a certification request, in the words of the person who made it.

use crypto::{KeyKind, SM2_DEFAULT_ID, Weakness};

/// Why a certification request cannot be used, and what to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The input is something else.
    #[error("this is {found}, not a certification request (PKCS #10)")]
    NotARequest {
        /// What it is, with its article, such as "a certificate".
        found: &'static str,
    },
    /// The input holds a private key and no request.
    #[error(
        "this file contains a private key and no certification request; a key that was sent to \
         another computer must not be used any more"
    )]
    PrivateKeyOnly,
    /// The input holds no request in any form that is known.
    #[error(
        "there is no certification request in this {input}; expected is PEM with a block \
         CERTIFICATE REQUEST, base64 or DER"
    )]
    NothingFound {
        /// "file", or "UTF-16 text".
        input: &'static str,
    },
    /// The input holds several requests.
    #[error("the file contains more than one certification request; send them one by one")]
    Several,
    /// A part of the request that does not follow its syntax.
    #[error("the request's {field}: {reason}")]
    Malformed {
        /// The part, such as `subject, organizationName`.
        field: String,
        /// What is wrong there.
        reason: String,
    },
    /// A key of a kind that is not certified here.
    #[error(
        "{key} keys are not supported; use a P-256, P-384, Ed25519, SM2 or RSA key (2048 bits or more)"
    )]
    UnsupportedKey {
        /// The kind, such as `P-521`.
        key: String,
    },
    /// A digest for which forged signatures can be made.
    #[error(
        "the request is signed with {digest}, which is no longer secure; sign it with SHA-256, \
         as `openssl req -new -sha256` does"
    )]
    WeakDigest {
        /// The digest, such as `SHA-1`.
        digest: &'static str,
    },
    /// A signature scheme that is not verified here.
    #[error("the request is signed with {scheme}, which is not supported; sign it with SHA-256")]
    UnsupportedSignature {
        /// The scheme, such as `sha224WithRSAEncryption`.
        scheme: String,
    },
    /// The signature's scheme is one of another kind of key.
    #[error("the request is signed with {scheme}, which does not fit its {key} key")]
    SchemeDoesNotFitKey {
        /// The scheme.
        scheme: &'static str,
        /// The key.
        key: KeyKind,
    },
    /// The signature does not prove that its sender holds the private key.
    #[error(
        "wrong signature: the request was signed by another key than the one it contains, or \
         changed afterwards"
    )]
    BadSignature,
    /// An SM2 signature that does not verify with the usual id.
    #[error(
        "wrong signature{}; the SM2 id that is expected is {SM2_DEFAULT_ID} (with OpenSSL: \
         -sigopt distid:{SM2_DEFAULT_ID})",
        if *.empty_id { ": the request is signed with an empty SM2 id" } else { "" }
    )]
    BadSm2Signature {
        /// Whether it verifies with an empty id.
        empty_id: bool,
    },
    /// A key whose private key anyone can compute.
    #[error("the RSA key is weak ({0}); generate a new one with other software")]
    WeakKey(Weakness),
}

impl RequestError {
    pub(crate) fn malformed(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Malformed {
            field: field.into(),
            reason: reason.into(),
        }
    }
}
