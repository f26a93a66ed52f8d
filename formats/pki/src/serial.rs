//! Serial numbers of certificates.

use std::{fmt, str::FromStr};

use aws_lc_rs::rand::SecureRandom;
use jiff::Timestamp;

use crate::{Error, Result};

/// A certificate's serial number: positive, at most 20 octets (RFC 5280 §4.1.2.2).
///
/// Kept as its magnitude, big-endian, without leading zeros; shown in lower-case hex.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SerialNumber(Vec<u8>);

impl SerialNumber {
    /// A new serial of 20 octets: the time to 16 ms, then 120 random bits. Serials
    /// of one time are adjacent in an index, so that adding one to millions
    /// touches few pages of it; and they are as hard to guess as random ones.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the source of randomness fails.
    pub fn new(now: Timestamp, random: &dyn SecureRandom) -> Result<Self> {
        const TICK_MS: i64 = 16;
        // 39 bits, so that it is positive: until the year 2248.
        let ticks = (now.as_millisecond() / TICK_MS).clamp(1, (1 << 39) - 1);
        let mut bytes = [0; 20];
        let (time, rest) = bytes.split_at_mut(5);
        time.copy_from_slice(&ticks.to_be_bytes()[3..]);
        random
            .fill(rest)
            .map_err(|_| Error::invalid("serialNumber", "the source of randomness failed"))?;
        Self::from_bytes(&bytes)
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
    fn new_serials_differ_and_stand_together_by_time() {
        let random = aws_lc_rs::rand::SystemRandom::new();
        let at = |second| Timestamp::from_second(second).unwrap();
        let of = |second| SerialNumber::new(at(second), &random).unwrap();
        let (earlier, later): (Vec<_>, Vec<_>) = (0..1000)
            .map(|_| (of(1_800_000_000), of(1_800_000_001)))
            .unzip();
        assert!(earlier.iter().max() < later.iter().min());
        let all: std::collections::HashSet<_> = earlier.into_iter().chain(later).collect();
        assert_eq!(all.len(), 2000);
        // Positive, and 20 octets of which the last 15 are random.
        assert!(all.iter().all(|serial| serial.as_bytes().len() == 20));
        assert!(all.iter().all(|serial| serial.as_bytes()[0] < 0x80));
        // A clock that was never set yields one too.
        assert!(of(0).bits() >= 120);
    }

    #[test]
    fn each_of_120_bits_is_random() {
        let random = aws_lc_rs::rand::SystemRandom::new();
        let (mut ones, mut zeros) = ([0_u8; 15], [0_u8; 15]);
        // That any bit is the same in all of them is as likely as one of 2 to the 192nd.
        for _ in 0..200 {
            let serial = SerialNumber::new(Timestamp::UNIX_EPOCH, &random).unwrap();
            let bytes = serial.as_bytes();
            let rest = &bytes[bytes.len() - 15..];
            for (at, byte) in rest.iter().enumerate() {
                ones[at] |= byte;
                zeros[at] |= !byte;
            }
        }
        assert_eq!((ones, zeros), ([0xff; 15], [0xff; 15]));
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
