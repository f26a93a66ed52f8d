//! Texts in the reader's language, from the Fluent files of `locales/`.

use std::{borrow::Cow, sync::LazyLock};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::langid;

use crate::Locale;

/// The texts of one language.
#[derive(Clone, Copy, Debug)]
pub struct Texts(Locale);

/// A value that a text contains, such as `{ $seconds }`: its name and the value.
pub type Argument<'a> = (&'a str, FluentValue<'a>);

impl Texts {
    /// The texts of `locale`.
    pub fn of(locale: Locale) -> Self {
        Self(locale)
    }

    /// The language.
    pub fn locale(self) -> Locale {
        self.0
    }

    /// The text with this identifier. An unknown identifier is its own text; a test
    /// finds every identifier that pages use in every language.
    pub fn tr(self, id: &str) -> Cow<'static, str> {
        self.format(id, None)
    }

    /// The text with this identifier and arguments.
    pub fn tr_with(self, id: &str, arguments: &[Argument<'_>]) -> String {
        let mut given = FluentArgs::new();
        for (name, value) in arguments {
            given.set(*name, value.clone());
        }
        self.format(id, Some(&given)).into_owned()
    }

    fn format(self, id: &str, arguments: Option<&FluentArgs<'_>>) -> Cow<'static, str> {
        let bundle = bundle(self.0);
        let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else {
            tracing::error!(id, "a page uses a text that does not exist");
            return Cow::Owned(id.to_owned());
        };
        let mut errors = Vec::new();
        Cow::Owned(
            bundle
                .format_pattern(pattern, arguments, &mut errors)
                .into_owned(),
        )
    }
}

type Bundle = FluentBundle<FluentResource>;

fn bundle(locale: Locale) -> &'static Bundle {
    static EN: LazyLock<Bundle> = LazyLock::new(|| load(Locale::En));
    static ZH: LazyLock<Bundle> = LazyLock::new(|| load(Locale::Zh));
    match locale {
        Locale::En => &EN,
        Locale::Zh => &ZH,
    }
}

macro_rules! files {
    ($($name:literal),+) => {
        /// Every file of texts: its name, and its content in English and in Chinese.
        const FILES: &[(&str, &str, &str)] = &[$((
            $name,
            include_str!(concat!("../../../locales/en/", $name)),
            include_str!(concat!("../../../locales/zh-CN/", $name)),
        )),+];
    };
}

files!("account.ftl", "common.ftl", "consent.ftl", "sign-in.ftl");

fn load(locale: Locale) -> Bundle {
    let mut bundle = FluentBundle::new_concurrent(vec![match locale {
        Locale::En => langid!("en"),
        Locale::Zh => langid!("zh-CN"),
    }]);
    // Marks around arguments are for mixed directions of writing, which we have none of.
    bundle.set_use_isolating(false);
    for (_, en, zh) in FILES {
        let source = match locale {
            Locale::En => en,
            Locale::Zh => zh,
        };
        // What a file has wrong, a test finds; the rest of it is usable.
        let resource =
            FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fluent_bundle::FluentResource;

    use super::*;

    fn ids(source: &str) -> BTreeSet<&str> {
        source
            .lines()
            .filter_map(|line| line.split_once(" = "))
            .map(|(id, _)| id)
            .collect()
    }

    #[test]
    fn both_languages_have_the_same_texts() {
        let mut all = BTreeSet::new();
        for (name, en, zh) in FILES {
            for (language, source) in [("en", en), ("zh-CN", zh)] {
                let read = FluentResource::try_new((*source).to_owned());
                assert!(read.is_ok(), "{language}/{name}: {:?}", read.err());
            }
            assert_eq!(ids(en), ids(zh), "{name}");
            for id in ids(en) {
                assert!(all.insert(id), "{id} is in two files");
            }
        }
    }

    #[test]
    fn every_file_of_the_folders_is_compiled_in() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../locales");
        let known: BTreeSet<_> = FILES.iter().map(|(name, ..)| (*name).to_owned()).collect();
        for locale in Locale::ALL {
            let folder = format!("{root}/{}", locale.tag());
            let found: BTreeSet<_> = std::fs::read_dir(folder)
                .unwrap()
                .map(|file| file.unwrap().file_name().into_string().unwrap())
                .collect();
            assert_eq!(found, known, "{}", locale.tag());
        }
    }

    #[test]
    fn every_text_has_the_same_arguments_in_both_languages() {
        for (name, en, zh) in FILES {
            let arguments = |source: &'static str| -> BTreeSet<&str> {
                source
                    .split("{ $")
                    .skip(1)
                    .filter_map(|rest| rest.split_once(' '))
                    .map(|(argument, _)| argument)
                    .collect()
            };
            assert_eq!(arguments(en), arguments(zh), "{name}");
        }
    }

    #[test]
    fn arguments_are_filled_in() {
        let text =
            |locale| Texts::of(locale).tr_with("sign-in-throttled", &[("seconds", 7.into())]);
        assert_eq!(
            text(Locale::En),
            "Too many attempts. Please try again in 7 s."
        );
        assert_eq!(text(Locale::Zh), "尝试次数过多，请在7秒后再试。");
        assert_eq!(Texts::of(Locale::En).tr("no-such-text"), "no-such-text");
    }
}
