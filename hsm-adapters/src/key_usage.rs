//! What a private key may do.

use std::{
    fmt,
    ops::{BitAnd, BitOr},
    str::FromStr,
};

use crypto::KeyAlgorithm;

/// A set of uses of a private key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyUsage(u8);

impl KeyUsage {
    /// No use at all.
    pub const NONE: Self = Self(0);
    /// Makes signatures.
    pub const SIGN: Self = Self(1);
    /// Decrypts messages encrypted to its public half.
    pub const DECRYPT: Self = Self(2);
    /// Agrees on a secret with another key pair.
    pub const AGREE: Self = Self(4);
    /// Unwraps keys that were wrapped for its public half.
    pub const WRAP: Self = Self(8);

    const NAMES: [(Self, &'static str); 4] = [
        (Self::SIGN, "sign"),
        (Self::DECRYPT, "decrypt"),
        (Self::AGREE, "agree"),
        (Self::WRAP, "wrap"),
    ];

    /// Every usage that keys of this algorithm can have.
    pub fn possible(algorithm: KeyAlgorithm) -> Self {
        let mut usage = Self::SIGN;
        if !algorithm.encryptions().is_empty() {
            usage = usage | Self::DECRYPT;
        }
        if algorithm.can_agree() {
            usage = usage | Self::AGREE;
        }
        if algorithm.is_rsa() {
            usage = usage | Self::WRAP;
        }
        usage
    }

    /// True if every use in `other` is in this set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The names of the uses, such as `sign`.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .into_iter()
            .filter(move |(usage, _)| self.contains(*usage))
            .map(|(_, name)| name)
    }
}

impl BitOr for KeyUsage {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for KeyUsage {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl fmt::Display for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.names().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{name}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyUsage({self})")
    }
}

/// A name that is no usage.
#[derive(Debug, thiserror::Error)]
#[error("unknown key usage {0:?}; known are sign, decrypt, agree, wrap")]
pub struct UnknownUsage(String);

impl FromStr for KeyUsage {
    type Err = UnknownUsage;

    /// Parses names separated by commas, such as `sign,agree`.
    fn from_str(text: &str) -> Result<Self, UnknownUsage> {
        text.split(',').try_fold(Self::NONE, |usage, name| {
            let known = Self::NAMES.iter().find(|(_, known)| *known == name.trim());
            known
                .map(|(one, _)| usage | *one)
                .ok_or_else(|| UnknownUsage(name.trim().to_owned()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usages_are_written_and_parsed_by_name() {
        let usage: KeyUsage = "sign, agree".parse().unwrap();
        assert_eq!(usage, KeyUsage::AGREE | KeyUsage::SIGN);
        assert_eq!(usage.to_string(), "sign,agree");
        for wrong in ["", "signs", "sign,,agree"] {
            assert!(wrong.parse::<KeyUsage>().is_err(), "{wrong:?}");
        }
    }
}
