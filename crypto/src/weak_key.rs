//! RSA keys whose private key can be computed from the public one.

use std::sync::LazyLock;

use num_bigint::BigUint;

/// Why an RSA key is weak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// The primes have the form that Infineon's library gave them.
    #[error("ROCA, CVE-2017-15361: it was made by a chip whose keys can be factored")]
    Roca,
    /// The primes are so close that Fermat's method finds them.
    #[error("its two primes are too close to each other, so Fermat's method factors it")]
    ClosePrimes,
    /// A small prime divides the modulus.
    #[error("its modulus is divisible by {0}")]
    SmallFactor(u32),
}

/// The steps of Fermat's method that are tried, as Let's Encrypt does. With primes chosen at
/// random, even the first 2^100 steps find nothing.
const FERMAT_STEPS: u32 = 110;
/// Primes below this are tried as divisors.
const SMALL_PRIME_LIMIT: u32 = 4096;

/// The first weakness found in an RSA modulus, given as big-endian octets.
pub fn find_weakness(modulus: &[u8]) -> Option<Weakness> {
    let remainders = Remainders::of(modulus);
    if let Some(prime) = remainders.find(|_, remainder| remainder == 0) {
        return Some(Weakness::SmallFactor(prime));
    }
    if has_roca_fingerprint(&remainders) {
        return Some(Weakness::Roca);
    }
    has_close_primes(modulus).then_some(Weakness::ClosePrimes)
}

/// The fingerprint of Nemec et al., "The Return of Coppersmith's Attack" (2017), §4.1: the
/// library's primes are powers of 65537 modulo each of the first primes, and so is their
/// product. A random modulus has this property with probability 2^-27.
fn has_roca_fingerprint(remainders: &Remainders) -> bool {
    const LAST_PRIME: u32 = 167;
    remainders
        .find(|prime, remainder| {
            prime <= LAST_PRIME && prime > 2 && !is_power_of_65537(remainder, prime)
        })
        .is_none()
}

fn is_power_of_65537(value: u32, prime: u32) -> bool {
    let mut power = 1;
    loop {
        if power == value {
            return true;
        }
        power = power * (65_537 % prime) % prime;
        if power == 1 {
            return false;
        }
    }
}

/// Fermat's method: n = a² - b² = (a + b)(a - b), for a just above the root of n.
fn has_close_primes(modulus: &[u8]) -> bool {
    let n = BigUint::from_bytes_be(modulus);
    let mut a = n.sqrt();
    if &a * &a < n {
        a += 1_u32;
    }
    let mut b_squared = &a * &a - &n;
    for _ in 0..FERMAT_STEPS {
        if may_be_square(&b_squared) {
            let b = b_squared.sqrt();
            if &b * &b == b_squared {
                return true;
            }
        }
        b_squared += (&a << 1_u32) + 1_u32;
        a += 1_u32;
    }
    false
}

/// Rules out most numbers that are no squares by their last six bits.
fn may_be_square(number: &BigUint) -> bool {
    const SQUARES_MODULO_64: u64 = {
        let mut set = 0;
        let mut root = 0;
        while root < 64 {
            set |= 1 << (root * root % 64);
            root += 1;
        }
        set
    };
    let last = number.iter_u64_digits().next().unwrap_or(0);
    SQUARES_MODULO_64 >> (last % 64) & 1 == 1
}

/// A number modulo each small prime, computed modulo products of them.
struct Remainders(Vec<(&'static [u32], u64)>);

/// The small primes, grouped so that the product of each group has at most 32 bits.
static GROUPS: LazyLock<Vec<(Vec<u32>, u64)>> = LazyLock::new(|| {
    let mut groups: Vec<(Vec<u32>, u64)> = Vec::new();
    let is_prime = |number: &u32| {
        (2..*number)
            .take_while(|divisor| divisor * divisor <= *number)
            .all(|divisor| !number.is_multiple_of(divisor))
    };
    for prime in (2..SMALL_PRIME_LIMIT).filter(is_prime) {
        match groups.last_mut() {
            Some((primes, product)) if *product * u64::from(prime) < 1 << 32 => {
                primes.push(prime);
                *product *= u64::from(prime);
            }
            _ => groups.push((vec![prime], u64::from(prime))),
        }
    }
    groups
});

impl Remainders {
    fn of(number: &[u8]) -> Self {
        let mut words: Vec<u64> = number
            .rchunks(4)
            .map(|chunk| {
                chunk
                    .iter()
                    .fold(0, |word, octet| word << 8 | u64::from(*octet))
            })
            .collect();
        words.reverse();
        let modulo = |product: u64| {
            words
                .iter()
                .fold(0, |sum, word| (sum << 32 | word) % product)
        };
        Self(
            GROUPS
                .iter()
                .map(|(primes, product)| (primes.as_slice(), modulo(*product)))
                .collect(),
        )
    }

    /// The first small prime for which `test` holds, given the prime and the remainder.
    fn find(&self, test: impl Fn(u32, u32) -> bool) -> Option<u32> {
        self.0.iter().find_map(|(primes, remainder)| {
            let mut primes = primes.iter().copied();
            primes.find(|prime| test(*prime, (remainder % u64::from(*prime)) as u32))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2^1024 - 105 and 2^1023 + 1155 are primes; so is 2^1024 + 643.
    fn power(exponent: u32) -> BigUint {
        BigUint::from(1_u32) << exponent
    }

    #[test]
    fn close_primes_are_found() {
        for (low, high) in [(105_u32, 643_u32), (105, 105)] {
            let n = (power(1024) - low) * (power(1024) + high);
            assert_eq!(
                find_weakness(&n.to_bytes_be()).map(|found| match found {
                    Weakness::SmallFactor(_) => Weakness::ClosePrimes,
                    other => other,
                }),
                Some(Weakness::ClosePrimes)
            );
            assert!(has_close_primes(&n.to_bytes_be()));
        }
        let apart = (power(1024) - 105_u32) * (power(1023) + 1155_u32);
        assert!(!has_close_primes(&apart.to_bytes_be()));
    }

    #[test]
    fn small_factors_are_named() {
        let prime = power(1024) - 105_u32;
        for factor in [3_u32, 5, 751, 4093] {
            let n = &prime * factor;
            assert_eq!(
                find_weakness(&n.to_bytes_be()),
                Some(Weakness::SmallFactor(factor))
            );
        }
        assert_eq!(
            GROUPS.iter().map(|(primes, _)| primes.len()).sum::<usize>(),
            564
        );
    }

    #[test]
    fn powers_of_65537_have_the_fingerprint() {
        // 65537^121 has 1937 bits and is such a power modulo every prime.
        let n = BigUint::from(65_537_u32).pow(121);
        assert_eq!(find_weakness(&n.to_bytes_be()), Some(Weakness::Roca));
        let n = n + 2_u32;
        assert_ne!(find_weakness(&n.to_bytes_be()), Some(Weakness::Roca));
    }
}
