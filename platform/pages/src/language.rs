//! The reader's language.

use axum::http::{HeaderMap, header};

/// The most ranges of an `Accept-Language` header that are read.
const MAX_RANGES: usize = 32;

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
        Self::from_accept_language(header)
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

    /// The highest weight wins, the first of equals. Our own few lines: `fluent-langneg`
    /// ignores weights.
    pub fn from_accept_language(header: &str) -> Self {
        let mut best = (0.0, Self::default());
        for range in header.split(',').take(MAX_RANGES) {
            let mut parts = range.trim().split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q=")?.parse::<f32>().ok())
                .filter(|weight| (0.0..=1.0).contains(weight))
                .unwrap_or(1.0);
            if let Some(locale) = Self::from_tag(tag)
                && weight > best.0
            {
                best = (weight, locale);
            }
        }
        best.1
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
            assert_eq!(Locale::from_accept_language(header), expected, "{header}");
        }
        assert_eq!(
            Locale::from_accept_language(&"zh,".repeat(10_000)),
            Locale::Zh
        );
    }
}
