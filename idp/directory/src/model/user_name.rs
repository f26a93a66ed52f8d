//! Names that people type to sign in.

use std::fmt;

use unicode_bidi::{BidiClass, bidi_class};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use unicode_script::{Script, UnicodeScript as _};
use unicode_security::{
    GeneralSecurityProfile as _, RestrictionLevel, RestrictionLevelDetection as _,
    general_security_profile::IdentifierType,
};

use crate::Error;

const MAX_NAME: usize = 64;
/// What a name may have besides letters and digits.
const PUNCTUATION: [char; 5] = ['.', '_', '-', '@', '+'];

/// A pattern that every name satisfies, for the description of the API. It is exact for ASCII;
/// of other characters it excludes blocks without letters, since which scripts may be mixed
/// cannot be said by a pattern. The characters stand for themselves, which every dialect of
/// regular expressions reads alike.
pub(crate) const PATTERN: &str = concat!(
    "^(?:[A-Za-z0-9]|[^\u{0}-\u{bf}\u{2000}-\u{206f}\u{2190}-\u{2bff}\u{3000}-\u{3004}\u{e000}-\u{f8ff}\u{feff}])",
    "(?:[A-Za-z0-9._@+-]|[^\u{0}-\u{bf}\u{2000}-\u{206f}\u{2190}-\u{2bff}\u{3000}-\u{3004}\u{e000}-\u{f8ff}\u{feff}])*$",
);

/// A user's name as it is typed at sign-in: letters in lower case and digits of one script, or
/// of scripts that are written together, and `.`, `_`, `-`, `@`, `+`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserName(String);

impl UserName {
    /// Parses a name as the profile UsernameCaseMapped says (RFC 8265 §3.3): full-width and
    /// half-width forms become ordinary ones, capital letters small ones, the text NFC.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is empty or too long, or has characters or a mixture of scripts
    /// that names must not have.
    pub fn parse(name: &str) -> Result<Self, Error> {
        let invalid = |reason: String| Err(Error::invalid("name", reason));
        let mapped = map(name);
        if name.chars().count().max(mapped.chars().count()) > MAX_NAME || mapped.is_empty() {
            return invalid(format!("1 to {MAX_NAME} letters, digits or . _ - @ +"));
        }
        if let Some(char) = mapped.chars().find(|char| !is_allowed(*char)) {
            let code = u32::from(char);
            return invalid(format!(
                "U+{code:04X} cannot be in a user name; use letters, digits or . _ - @ +"
            ));
        }
        if !mapped.starts_with(|char: char| char.is_alphanumeric()) {
            return invalid("the first character must be a letter or a digit".to_owned());
        }
        if !is_highly_restrictive(&mapped) || mixes_arabic_digits(&mapped) {
            return invalid(
                "letters or digits that look alike in different scripts: use one script, or \
                 Latin with Chinese, Japanese or Korean"
                    .to_owned(),
            );
        }
        if !satisfies_bidi_rule(&mapped) {
            return invalid(
                "a name written from right to left must begin with a letter, end with a letter \
                 or a digit, and have no letters that are written from left to right"
                    .to_owned(),
            );
        }
        Ok(Self(mapped))
    }

    /// What a name is counted under, whatever somebody typed: the name if it is one.
    pub fn fold(typed: &str) -> String {
        Self::parse(typed).map_or_else(|_| typed.trim().to_lowercase(), |name| name.0)
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name under which 0.1.0 stored what somebody typed, if it took that for a name. Its
/// users keep their names, which need not satisfy today's rules.
pub(crate) fn as_of_0_1_0(typed: &str) -> Option<String> {
    let name = typed.trim().to_lowercase();
    let fits = name.chars().count() <= MAX_NAME
        && name.starts_with(char::is_alphanumeric)
        && name
            .chars()
            .all(|char| char.is_alphanumeric() || PUNCTUATION.contains(&char));
    fits.then_some(name)
}

/// Width mapping, case mapping and normalization (RFC 8265 §3.3.2).
fn map(name: &str) -> String {
    let mut narrow = String::with_capacity(name.len());
    for char in name.chars() {
        match char {
            // Halfwidth and Fullwidth Forms: what decomposes by <wide> or <narrow>.
            '\u{ff01}'..='\u{ffee}' => narrow.extend(std::iter::once(char).nfkc()),
            char => narrow.push(char),
        }
    }
    narrow.to_lowercase().nfc().collect()
}

/// A letter, mark or digit that UTS #39 §3.1 allows in identifiers, or our punctuation. That
/// leaves out compatibility forms, obsolete scripts, and everything that is invisible or
/// controls direction; what is left is in the IdentifierClass of RFC 8264 §4.2 too.
fn is_allowed(char: char) -> bool {
    if char.is_ascii() {
        return char.is_ascii_alphanumeric() || PUNCTUATION.contains(&char);
    }
    (char.is_alphanumeric() || is_combining_mark(char))
        && (char.identifier_allowed() || is_rare_han(char))
}

/// A Han character that UTS #39 counts as uncommon, and restricts for that reason alone:
/// people's names have such characters, which GB 18030-2022 demands at its third level.
fn is_rare_han(char: char) -> bool {
    char.script() == Script::Han && char.identifier_type() == Some(IdentifierType::Uncommon_Use)
}

/// UTS #39 §5.2: one script, or Latin with those of Chinese, Japanese or Korean.
fn is_highly_restrictive(name: &str) -> bool {
    // `@` and `+` are common to all scripts and in no identifier profile.
    let letters: String = name
        .chars()
        .filter(|char| !matches!(char, '@' | '+'))
        .map(|char| if is_rare_han(char) { '人' } else { char })
        .collect();
    letters
        .as_str()
        .check_restriction_level(RestrictionLevel::HighlyRestrictive)
}

/// RFC 8264 §9.8 with RFC 5892 appendices A.8 and A.9: both have digits 4 to 6 that differ
/// little, and others that do not differ at all.
fn mixes_arabic_digits(name: &str) -> bool {
    let has = |digits: std::ops::RangeInclusive<char>| name.contains(|c| digits.contains(&c));
    has('\u{660}'..='\u{669}') && has('\u{6f0}'..='\u{6f9}')
}

/// RFC 5893 §2, which RFC 8265 §3.3.2 applies to names with right-to-left characters.
fn satisfies_bidi_rule(name: &str) -> bool {
    use BidiClass::{AL, AN, BN, CS, EN, ES, ET, L, NSM, ON, R};
    let classes: Vec<BidiClass> = name.chars().map(bidi_class).collect();
    let has = |class| classes.contains(&class);
    if !(has(R) || has(AL) || has(AN)) {
        return true;
    }
    let last = classes.iter().rev().find(|class| **class != NSM);
    let allowed = [R, AL, AN, EN, ES, CS, ET, ON, BN, NSM];
    // A name that begins with L and has right-to-left characters breaks condition 5.
    matches!(classes.first(), Some(R | AL))
        && !has(L)
        && classes.iter().all(|class| allowed.contains(class))
        && matches!(last, Some(R | AL | EN | AN))
        && !(has(EN) && has(AN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str) -> Result<String, String> {
        UserName::parse(name)
            .map(|name| name.0)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn names_of_many_scripts_are_mapped_and_accepted() {
        for (typed, name) in [
            ("Alice", "alice"),
            ("alice@example.org", "alice@example.org"),
            ("a.b_c-d+e9", "a.b_c-d+e9"),
            ("7", "7"),
            ("王小明", "王小明"),
            ("王Lei", "王lei"),
            // Rare characters of names; the third and fourth are newer than the tables of RFC 8264.
            ("䶮\u{36c3}", "䶮\u{36c3}"),
            ("王\u{2b5af}", "王\u{2b5af}"),
            ("\u{2c029}伟", "\u{2c029}伟"),
            ("\u{2ba3a}Lei", "\u{2ba3a}lei"),
            ("Ａｌｉｃｅ９", "alice9"),
            ("ｱﾘｽ", "アリス"),
            ("Jose\u{301}", "jos\u{e9}"),
            ("STRASSE", "strasse"),
            ("Straße", "straße"),
            ("Дмитрий", "дмитрий"),
            ("Νίκος", "νίκος"),
            ("山田たろうABC", "山田たろうabc"),
            ("김철수", "김철수"),
            ("राम", "राम"),
            ("བཀྲཤིས", "བཀྲཤིས"),
            // Uyghur, in both alphabets, and other right-to-left names.
            ("ئابدۇقادىر", "ئابدۇقادىر"),
            ("مەمتىمىن7", "مەمتىمىن7"),
            ("گۈلنار.ئابلىز", "گۈلنار.ئابلىز"),
            ("Abduqadir", "abduqadir"),
            ("Memtimïn", "memtimïn"),
            ("שרה", "שרה"),
        ] {
            assert_eq!(parse(typed), Ok(name.to_owned()));
            assert_eq!(parse(name), Ok(name.to_owned()), "not stable");
        }
    }

    #[test]
    fn what_deceives_or_hides_is_rejected() {
        for (bad, part) in [
            ("", "1 to 64"),
            (&"x".repeat(65), "1 to 64"),
            (&"e\u{301}".repeat(40), "1 to 64"),
            ("a b", "U+0020"),
            (" alice", "U+0020"),
            ("a/b", "U+002F"),
            ("a\u{0}b", "U+0000"),
            ("-x", "first character"),
            ("\u{301}x", "first character"),
            // Invisible: zero-width space, joiners, soft hyphen, variation selector, tag, Hangul filler.
            ("a\u{200b}b", "U+200B"),
            ("a\u{200c}b", "U+200C"),
            ("ن\u{200d}ن", "U+200D"),
            ("a\u{ad}b", "U+00AD"),
            ("a\u{fe0f}b", "U+FE0F"),
            ("a\u{e0041}", "U+E0041"),
            ("a\u{feff}b", "U+FEFF"),
            ("\u{3164}", "U+3164"),
            ("\u{115f}", "U+115F"),
            // Controls of direction: marks, embeddings, overrides, isolates.
            ("a\u{200e}", "U+200E"),
            ("a\u{200f}", "U+200F"),
            ("a\u{61c}b", "U+061C"),
            ("a\u{202e}b", "U+202E"),
            ("a\u{2066}b", "U+2066"),
            // No letters or digits, and compatibility forms.
            ("a·b", "U+00B7"),
            ("a’b", "U+2019"),
            ("😀", "U+1F600"),
            ("x²", "U+00B2"),
            ("ﬁ", "U+FB01"),
            ("①", "U+2460"),
            ("ᎠᎡ", "U+AB70"),
            // Scripts whose letters look alike.
            ("p\u{430}ypal", "look alike"),
            ("α1pha", "look alike"),
            ("王Дмитрий", "look alike"),
            ("aليلى", "look alike"),
            ("राمm", "look alike"),
            ("\u{661}\u{6f1}", "look alike"),
            // RFC 5893 §2.
            ("7مەمتىمىن", "right to left"),
            ("ئابدۇ.", "right to left"),
            ("ئابدۇ-", "right to left"),
            ("ئا1ب\u{661}", "right to left"),
        ] {
            let error = parse(bad).expect_err(bad);
            assert!(error.contains(part), "{bad:?}: {error}");
        }
    }

    /// The description of the API agrees with the server: for ASCII in every single case, and
    /// everywhere else it excludes no name that the server accepts.
    #[test]
    fn the_pattern_agrees() {
        let pattern = regex::Regex::new(PATTERN).unwrap();
        let ascii = || (0..=0x7f_u8).map(char::from);
        for name in ascii()
            .map(String::from)
            .chain(ascii().flat_map(|first| ascii().map(move |second| format!("{first}{second}"))))
        {
            assert_eq!(pattern.is_match(&name), parse(&name).is_ok(), "{name:?}");
        }
        for char in (0x80..=0x10_ffff).filter_map(char::from_u32) {
            for name in [char.to_string(), format!("王{char}"), format!("a{char}")] {
                assert!(pattern.is_match(&name) || parse(&name).is_err(), "{name:?}");
            }
        }
        // Characters that hide or turn the text are excluded by the pattern too.
        for hidden in [
            "\u{200b}", "\u{200f}", "\u{202e}", "\u{2066}", "\u{ad}", "\u{feff}",
        ] {
            assert!(!pattern.is_match(&format!("a{hidden}b")), "{hidden:?}");
        }
    }

    proptest::proptest! {
        /// Whatever is typed: a name that is accepted stays what it is and fits the pattern.
        #[test]
        fn accepted_names_are_stable(
            name in "([a-zA-Z0-9._@+-]|[\u{c0}-\u{6ff}]|[\u{900}-\u{11ff}]|[\u{3005}-\u{9fff}]|[\u{ac00}-\u{d7a3}]|[\u{ff00}-\u{ffef}]|\\PC){0,12}",
        ) {
            if let Ok(parsed) = UserName::parse(&name) {
                let again = UserName::parse(parsed.as_str()).map(|again| again.0);
                proptest::prop_assert_eq!(again.ok(), Some(parsed.0.clone()));
                let pattern = regex::Regex::new(PATTERN).unwrap();
                proptest::prop_assert!(pattern.is_match(&name) && pattern.is_match(&parsed.0));
                proptest::prop_assert_eq!(UserName::fold(&name), parsed.0);
            }
        }
    }

    /// What 0.1.0 stored is found and counted under the same name.
    #[test]
    fn names_of_0_1_0_stay() {
        let old = as_of_0_1_0(" p\u{430}Ypal ");
        assert_eq!(old.as_deref(), Some("p\u{430}ypal"));
        assert_eq!(as_of_0_1_0("a\u{0}b"), None);
        assert_eq!(UserName::fold(" p\u{430}Ypal "), "p\u{430}ypal");
        assert_eq!(UserName::fold("ＡＬＩＣＥ"), UserName::fold("alice"));
    }
}
