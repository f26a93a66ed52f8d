//! The built-in list of common and breached passwords: a Golomb-coded set, whose form and
//! sources are described in `data/README.md`.

use crypto::Digest;

static FILTER: &[u8] = include_bytes!("../../data/common-passwords.bin");

/// `u32` numbers before the offsets.
const HEAD: usize = 3;

/// Whether `password`, prepared and in lower case, is on the list.
pub(super) fn contains(password: &str) -> bool {
    Filter(FILTER).contains(password).unwrap_or(false)
}

/// A filter's bytes. `None` from its methods means that they end early, which a test of the
/// compiled-in file rules out.
struct Filter(&'static [u8]);

impl Filter {
    fn contains(&self, password: &str) -> Option<bool> {
        let passwords = u64::from(self.number(0)?);
        let rice_bits = self.number(1)?;
        let bucket_span = u64::from(self.number(2)?) << rice_bits;
        let size = passwords << rice_bits;
        let wanted = scaled(password, size)?;
        let buckets = size.div_ceil(bucket_span);
        let bucket = wanted / bucket_span;
        let index = HEAD + usize::try_from(bucket).ok()?;
        let codes = HEAD + usize::try_from(buckets).ok()? + 1;
        let mut bits = Bits {
            bytes: self.0.get(4 * codes..)?,
            next: self.number(index)?,
        };
        let end = self.number(index + 1)?;
        let mut value = bucket * bucket_span;
        while bits.next < end && value <= wanted {
            value += bits.rice(rice_bits)?;
            if value == wanted {
                return Some(true);
            }
        }
        Some(false)
    }

    fn number(&self, index: usize) -> Option<u32> {
        let bytes = self.0.get(4 * index..4 * index + 4)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?))
    }
}

/// A password's value, below `size`.
fn scaled(password: &str, size: u64) -> Option<u64> {
    let hash = Digest::Sha256.hash(password.as_bytes());
    let first = u64::from_be_bytes(hash.get(..8)?.try_into().ok()?);
    u64::try_from((u128::from(first) * u128::from(size)) >> 64).ok()
}

/// Bits, the highest of each byte first.
struct Bits {
    bytes: &'static [u8],
    next: u32,
}

impl Bits {
    fn rice(&mut self, bits: u32) -> Option<u64> {
        let mut quotient = 0;
        while self.bit()? == 1 {
            quotient += 1;
        }
        (0..bits).try_fold(quotient, |value, _| Some(value << 1 | self.bit()?))
    }

    fn bit(&mut self) -> Option<u64> {
        let byte = *self.bytes.get(self.next as usize / 8)?;
        let bit = byte >> (7 - self.next % 8) & 1;
        self.next += 1;
        Some(bit.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_more_than_a_hundred_thousand_passwords() {
        let passwords = Filter(FILTER).number(0).unwrap();
        assert!(passwords >= 100_000, "{passwords}");
        let readme = include_str!("../../data/README.md");
        let described = readme
            .split_whitespace()
            .find_map(|word| word.replace(',', "").parse::<u32>().ok());
        assert_eq!(described, Some(passwords));
    }

    #[test]
    fn common_passwords_are_found() {
        for common in [
            "passwordpassword",
            "123456789012345",
            "1234567890123456",
            "qwertyuiopasdfghjkl",
            "correcthorsebatterystaple",
            // Shorter ones, for the time when a second factor allows them.
            "iloveyou",
            "sunshine",
            "password1",
            "1qaz2wsx",
        ] {
            assert!(contains(common), "{common}");
        }
    }

    /// Every place of the file can be read, and few other passwords are taken for common ones.
    #[test]
    fn others_are_seldom_found() {
        let filter = Filter(FILTER);
        let found = (0..50_000)
            .filter(|index| {
                let text = format!("not on any list {index}");
                filter.contains(&text).expect("a whole file")
            })
            .count();
        // One in 2^14 on average: three.
        assert!(found < 20, "{found} of 50000");
    }
}
