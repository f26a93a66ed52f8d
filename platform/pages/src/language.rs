//! The reader's language.

use axum::http::{HeaderMap, header};
use fluent_langneg::{NegotiationStrategy, accepted_languages, negotiate_languages};
use unic_langid::{LanguageIdentifier, langid};

/// The longest `Accept-Language` header that is read.
const MAX_HEADER: usize = 256;

/// The languages that pages are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locale {
    /// Simplified Chinese.
    Zh,
    /// English; also for readers who prefer any other language.
    #[default]
    En,
}

impl Locale {
    /// Every language, with the folder of its files in `locales/`.
    pub const ALL: [Self; 2] = [Self::En, Self::Zh];

    /// Chooses by the `Accept-Language` header (RFC 9110 §12.5.4).
    pub fn of_request(headers: &HeaderMap) -> Self {
        let header = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        Self::negotiate(header)
    }

    /// The language of a tag such as `zh-CN`, if pages are written in it.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let tag = tag.split('-').next().unwrap_or_default();
        match tag.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The tag for an `html` element's `lang` attribute; also the folder of its texts.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The other language.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }

    fn negotiate(header: &str) -> Self {
        let header = header.get(..MAX_HEADER).unwrap_or(header);
        // A tag such as zh-TW has readers of zh-CN too, so scripts and regions are ignored.
        let requested: Vec<LanguageIdentifier> = accepted_languages::parse(header)
            .into_iter()
            .map(|mut language| {
                language.script = None;
                language.region = None;
                language
            })
            .collect();
        let available = [langid!("en"), langid!("zh")];
        let default = langid!("en");
        let best = negotiate_languages(
            &requested,
            &available,
            Some(&default),
            NegotiationStrategy::Lookup,
        );
        match best.first() {
            Some(language) if language.language.as_str() == "zh" => Self::Zh,
            _ => Self::En,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_weight_wins() {
        for (header, expected) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Locale::Zh),
            ("en-GB,en;q=0.9,zh;q=0.8", Locale::En),
            ("fr,zh-TW;q=0.5", Locale::Zh),
            ("zh-Hans-CN", Locale::Zh),
            ("fr", Locale::En),
            ("en;q=0.1, zh", Locale::Zh),
            ("", Locale::En),
            ("*;q=;,,\u{e9}", Locale::En),
        ] {
            assert_eq!(Locale::negotiate(header), expected, "{header}");
        }
        assert_eq!(Locale::negotiate(&"zh,".repeat(10_000)), Locale::Zh);
    }
}
