//! Serial numbers of certificates.

use std::{fmt, str::FromStr};

use aws_lc_rs::rand::SecureRandom;

use crate::{Error, Result};

/// A certificate's serial number: positive, at most 20 octets (RFC 5280 §4.1.2.2).
///
/// Kept as its magnitude, big-endian, without leading zeros; shown in lower-case hex.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SerialNumber(Vec<u8>);

impl SerialNumber {
    /// A new serial: 16 random bytes with the top bits `01`, so always positive,
    /// always 16 octets in DER, with 126 random bits.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the source of randomness fails.
    pub fn random(random: &dyn SecureRandom) -> Result<Self> {
        let mut bytes = [0; 16];
        random
            .fill(&mut bytes)
            .map_err(|_| Error::invalid("serialNumber", "the source of randomness failed"))?;
        bytes[0] = (bytes[0] & 0x3f) | 0x40;
        Ok(Self(bytes.to_vec()))
    }

    /// A serial from its big-endian magnitude, leading zeros allowed.
    ///
    /// # Errors
    /// [`Error::Invalid`] for zero or more than 20 octets of DER.
    pub fn from_bytes(magnitude: &[u8]) -> Result<Self> {
        let zeros = magnitude.iter().take_while(|byte| **byte == 0).count();
        let magnitude = &magnitude[zeros..];
        let Some(first) = magnitude.first() else {
            return Err(Error::invalid("serialNumber", "zero"));
        };
        if magnitude.len() + usize::from(*first >= 0x80) > 20 {
            return Err(Error::invalid("serialNumber", "longer than 20 octets"));
        }
        Ok(Self(magnitude.to_vec()))
    }

    /// The magnitude, big-endian, without leading zeros.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Bits from the first one bit on.
    pub fn bits(&self) -> usize {
        self.0.len() * 8 - self.0[0].leading_zeros() as usize
    }
}

impl FromStr for SerialNumber {
    type Err = Error;

    /// Hex digits in either case, with or without colons and leading zeros.
    fn from_str(text: &str) -> Result<Self> {
        let mut digits: String = text.chars().filter(|c| *c != ':').collect();
        if digits.len() > 64 {
            return Err(Error::invalid("serialNumber", "longer than 20 octets"));
        }
        if digits.len() % 2 == 1 {
            digits.insert(0, '0');
        }
        let bytes = hex::decode(&digits)
            .map_err(|_| Error::invalid("serialNumber", "not a hexadecimal number"))?;
        Self::from_bytes(&bytes)
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SerialNumber({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn random_serials_are_long_and_differ() {
        let random = aws_lc_rs::rand::SystemRandom::new();
        let serials: std::collections::HashSet<_> = (0..1000)
            .map(|_| SerialNumber::random(&random).unwrap())
            .collect();
        assert_eq!(serials.len(), 1000);
        assert!(serials.iter().all(|serial| serial.bits() == 127));
    }

    #[test]
    fn zero_and_too_long_are_refused() {
        assert!(SerialNumber::from_bytes(&[0, 0]).is_err());
        assert!(SerialNumber::from_bytes(&[1; 20]).is_ok());
        assert!(SerialNumber::from_bytes(&[0x80; 20]).is_err());
        assert!("".parse::<SerialNumber>().is_err());
        assert!("xyz".parse::<SerialNumber>().is_err());
        assert_eq!("0A:bc".parse::<SerialNumber>().unwrap().to_string(), "0abc");
    }

    proptest! {
        #[test]
        fn text_round_trips(bytes in proptest::collection::vec(any::<u8>(), 1..19)) {
            prop_assume!(bytes.iter().any(|byte| *byte != 0));
            let serial = SerialNumber::from_bytes(&bytes).unwrap();
            prop_assert_eq!(serial.to_string().parse::<SerialNumber>().unwrap(), serial);
        }
    }
}
