//! What every template needs: texts, assets, the way to the other language.

use std::borrow::Cow;

use crate::{Argument, Texts, assets};

/// The layout of one page, named `l` in templates, which extend `base.html`.
#[derive(Debug)]
pub struct Layout {
    texts: Texts,
    /// Address of the same page in the other language, if a GET can show it.
    pub other_language: Option<String>,
}

impl Layout {
    pub(crate) fn new(texts: Texts, other_language: Option<String>) -> Self {
        Self {
            texts,
            other_language,
        }
    }

    /// A text in the reader's language.
    pub fn tr(&self, id: &str) -> Cow<'static, str> {
        self.texts.tr(id)
    }

    /// A text with one argument.
    pub fn tr_with(&self, id: &str, name: &str, value: &str) -> String {
        let argument: Argument<'_> = (name, value.into());
        self.texts.tr_with(id, &[argument])
    }

    /// A text with one number.
    pub fn tr_number(&self, id: &str, name: &str, value: usize) -> String {
        let argument: Argument<'_> = (name, value.into());
        self.texts.tr_with(id, &[argument])
    }

    /// The `lang` of the document.
    pub fn lang(&self) -> &'static str {
        self.texts.locale().tag()
    }

    /// The tag of the other language.
    pub fn other_lang(&self) -> &'static str {
        self.texts.locale().other().tag()
    }

    /// Address of the style sheet.
    pub fn css(&self) -> &'static str {
        assets::css_path()
    }

    /// Address of the mark.
    pub fn mark(&self) -> &'static str {
        assets::mark_path()
    }
}
