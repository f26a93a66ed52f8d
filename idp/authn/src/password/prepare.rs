//! Bringing a password to the one form in which it is hashed.

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// A password as the OpaqueString profile prepares it (RFC 8265 §4.2.2): every space is
/// U+0020, and the text is in NFC, so that the same password typed on another keyboard is the
/// same. Case and width are kept. Characters that the profile excludes are kept too: they
/// harm nobody here, and a person whose keyboard makes them could not sign in.
pub(crate) fn prepare(typed: &str) -> Zeroizing<String> {
    let spaces = typed.chars().map(|char| match char {
        // General category Zs besides U+0020.
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            ' '
        }
        char => char,
    });
    Zeroizing::new(spaces.nfc().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_the_same_is_the_same() {
        // RFC 8265 §4.3, and the same letters from keyboards that compose them or do not.
        for (typed, prepared) in [
            (
                "correct horse battery staple",
                "correct horse battery staple",
            ),
            (
                "Correct Horse Battery Staple",
                "Correct Horse Battery Staple",
            ),
            ("πßå", "πßå"),
            ("Jack of \u{2666}s", "Jack of \u{2666}s"),
            ("foo\u{1680}bar", "foo bar"),
            ("密码\u{3000}密码", "密码 密码"),
            ("cafe\u{301}", "caf\u{e9}"),
            ("\u{1100}\u{1161}", "\u{ac00}"),
            ("ＡＢＣ", "ＡＢＣ"),
        ] {
            assert_eq!(*prepare(typed), prepared);
            assert_eq!(*prepare(prepared), prepared);
        }
    }
}
