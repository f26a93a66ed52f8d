//! Texts that name something, as HTML.

use std::fmt::Write as _;

use crate::{Argument, Texts};

/// Around what is named, while the text is plain. Private-use characters, which are removed
/// from names first.
const BEGIN: char = '\u{e000}';
const END: char = '\u{e001}';

/// The text `id` with everything escaped and its names bold and isolated (HTML `bdi`).
pub(crate) fn with_names(texts: Texts, id: &str, names: &[(&str, &str)]) -> String {
    let marked: Vec<(&str, String)> = names
        .iter()
        .map(|(name, value)| {
            (
                *name,
                format!("{BEGIN}{}{END}", value.replace([BEGIN, END], "")),
            )
        })
        .collect();
    let arguments: Vec<Argument<'_>> = marked
        .iter()
        .map(|(name, value)| (*name, value.as_str().into()))
        .collect();
    let text = texts.tr_with(id, &arguments);
    let mut html = String::with_capacity(text.len() + 64);
    for char in text.chars() {
        match char {
            BEGIN => html.push_str("<b><bdi>"),
            END => html.push_str("</bdi></b>"),
            '<' | '>' | '&' | '"' | '\'' => {
                // Writing to a String cannot fail.
                let _ = write!(html, "&#{};", u32::from(char));
            }
            char => html.push(char),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Locale;

    #[test]
    fn names_are_escaped_and_isolated() {
        let html = with_names(
            Texts::of(Locale::Zh),
            "sign-in-to-client",
            &[("client", "<Po\u{e001}rtal> & Söhne")],
        );
        assert_eq!(
            html,
            "登录后继续前往<b><bdi>&#60;Portal&#62; &#38; Söhne</bdi></b>"
        );
    }
}
