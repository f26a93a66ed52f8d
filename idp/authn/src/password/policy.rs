//! Which passwords may be chosen (NIST SP 800-63B-4 §3.1.1.2).

use super::{MAX_LENGTH, common};
use crate::WeakPassword;

/// What a password must have besides a name must be worth guessing by itself.
const MIN_BESIDES_NAME: usize = 8;
/// Bytes of a name that are looked for in passwords; shorter ones occur in any text.
const MIN_NAME: usize = 4;

/// What an installation asks of passwords.
#[derive(Clone, Debug)]
pub struct PasswordPolicy {
    /// The fewest characters.
    pub min_characters: usize,
    /// Whether an existing password with fewer must be changed at the next sign-in.
    pub short_must_change: bool,
    /// What this service is called, besides Xinshu: names of the organization and the host.
    pub service_names: Vec<String>,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            min_characters: 15,
            short_must_change: true,
            service_names: Vec::new(),
        }
    }
}

impl PasswordPolicy {
    /// Whether somebody called `names` may choose a prepared password.
    pub(crate) fn check(&self, password: &str, names: &[&str]) -> Result<(), WeakPassword> {
        if self.is_short(password) {
            return Err(WeakPassword::TooShort {
                min: self.min_characters,
            });
        }
        if password.len() > MAX_LENGTH {
            return Err(WeakPassword::TooLong { max: MAX_LENGTH });
        }
        let lower = password.to_lowercase();
        if is_repetitive(&lower) {
            Err(WeakPassword::Repetitive)
        } else if common::contains(&lower) {
            Err(WeakPassword::TooCommon)
        } else if self.is_mostly_a_name(&lower, names) {
            Err(WeakPassword::Name)
        } else {
            Ok(())
        }
    }

    /// Whether a prepared password has too few characters: code points, as §3.1.1.2 counts.
    pub(crate) fn is_short(&self, password: &str) -> bool {
        password.chars().count() < self.min_characters
    }

    /// Whether too little is left of a password without the names of its user and of the
    /// service.
    fn is_mostly_a_name(&self, lower: &str, names: &[&str]) -> bool {
        let service = self.service_names.iter().map(String::as_str);
        let mut parts: Vec<String> = names
            .iter()
            .copied()
            .chain(service)
            .chain(["xinshu", "信枢"])
            .flat_map(parts)
            .collect();
        parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
        let without = parts
            .iter()
            .fold(lower.to_owned(), |rest, part| rest.replace(part, ""));
        let rest: String = without
            .chars()
            .filter(|char| char.is_alphanumeric())
            .collect();
        without.len() < lower.len()
            && (rest.chars().count() < MIN_BESIDES_NAME || common::contains(&rest))
    }
}

/// A name in lower case, and what it is made of, such as the local part of an address.
fn parts(name: &str) -> Vec<String> {
    let name = name.to_lowercase();
    let pieces = name.split(|char: char| !char.is_alphanumeric());
    pieces
        .chain([name.as_str()])
        .filter(|part| part.len() >= MIN_NAME)
        .map(str::to_owned)
        .collect()
}

/// Whether a password is a short text over and over, or one run such as `abcdef…` or `987654…`.
fn is_repetitive(password: &str) -> bool {
    let chars: Vec<u32> = password.chars().map(u32::from).collect();
    let repeats = (1..=chars.len() / 2).any(|period| {
        chars
            .iter()
            .zip(chars.iter().skip(period))
            .all(|(one, other)| one == other)
    });
    let runs = |step: i64| {
        chars.windows(2).all(|pair| {
            let [one, next] = [pair[0], pair[1]].map(i64::from);
            // 0 follows 9, as on a keyboard.
            next - one == step || next - one == -9 * step && [one, next].contains(&0x30)
        })
    };
    repeats || runs(1) || runs(-1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<(), WeakPassword> {
        let policy = PasswordPolicy {
            service_names: vec!["某某大学".to_owned(), "id.example.org".to_owned()],
            ..PasswordPolicy::default()
        };
        let names = ["alice.wang", "王小明", "alice@example.org"];
        policy.check(password, &names)
    }

    #[test]
    fn what_attackers_try_first_is_rejected() {
        for (bad, why) in [
            ("fourteen chars", WeakPassword::TooShort { min: 15 }),
            (
                "密码密码密码密码密码密码密码",
                WeakPassword::TooShort { min: 15 },
            ),
            (&"xy".repeat(128)[1..], WeakPassword::Repetitive),
            (&format!("{:0>257}", 1), WeakPassword::TooLong { max: 256 }),
            ("zzzzzzzzzzzzzzz", WeakPassword::Repetitive),
            ("AbcabcabcAbcabcab", WeakPassword::Repetitive),
            ("abcdefghijklmnopq", WeakPassword::Repetitive),
            ("98765432109876543", WeakPassword::Repetitive),
            ("1234567890123456", WeakPassword::Repetitive),
            ("QwertyuiopAsdfghjkl", WeakPassword::TooCommon),
            ("CorrectHorseBatteryStaple", WeakPassword::TooCommon),
            ("alice.wang.alice", WeakPassword::Name),
            ("Alice.Wang-2026-1", WeakPassword::Name),
            ("Xinshu123456789", WeakPassword::Name),
            ("信枢信枢 password 信枢", WeakPassword::Name),
            ("某某大学 王小明 12345678", WeakPassword::Name),
            ("id.example.org 2026", WeakPassword::Name),
        ] {
            assert_eq!(check(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn sentences_are_good() {
        for good in [
            "correct horse battery staple",
            "correct horse alice",
            "a new and longer sentence",
            "床前明月光疑是地上霜举头望明月",
            "kQ7vZp2mXr9TnB4",
            "alice likes her tea without sugar",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        let eight = PasswordPolicy {
            min_characters: 8,
            ..PasswordPolicy::default()
        };
        assert_eq!(eight.check("kQ7vZp2m", &[]), Ok(()));
        assert_eq!(eight.check("sunshine", &[]), Err(WeakPassword::TooCommon));
    }
}
