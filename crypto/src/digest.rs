//! Hash functions.

use const_oid::ObjectIdentifier;

/// A hash function that a signature algorithm or a message imprint uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Digest {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// SM3 (GB/T 32905).
    Sm3,
}

impl Digest {
    /// Every digest.
    pub const ALL: [Self; 4] = [Self::Sha256, Self::Sha384, Self::Sha512, Self::Sm3];

    /// The digest's OID.
    pub fn oid(self) -> ObjectIdentifier {
        // Constants, so that the text is parsed at compile time.
        const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
        const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
        const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
        const SM3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.401");
        match self {
            Self::Sha256 => SHA256,
            Self::Sha384 => SHA384,
            Self::Sha512 => SHA512,
            Self::Sm3 => SM3,
        }
    }

    /// The digest with this OID, if the table has it.
    pub fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|digest| digest.oid() == oid)
    }

    /// Length of its value in bytes.
    pub fn len(self) -> usize {
        match self {
            Self::Sha256 | Self::Sm3 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Always false; a digest has a length.
    pub fn is_empty(self) -> bool {
        false
    }

    /// The value over `message`.
    pub fn hash(self, message: &[u8]) -> Vec<u8> {
        use aws_lc_rs::digest;
        let sha = match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
            Self::Sm3 => {
                use sm3::Digest as _;
                return sm3::Sm3::digest(message).to_vec();
            }
        };
        digest::digest(sha, message).as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_have_their_declared_length() {
        for digest in Digest::ALL {
            assert_eq!(digest.hash(b"abc").len(), digest.len());
            assert_eq!(Digest::from_oid(digest.oid()), Some(digest));
        }
    }
}
