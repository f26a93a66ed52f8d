//! What every template needs: texts, assets, the way to the other language.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::{Argument, Branding, Texts, assets, markup, times};

/// The layout of one page, named `l` in templates, which extend `base.html`.
#[derive(Debug)]
pub struct Layout {
    texts: Texts,
    branding: Branding,
    /// Address of the same page in the other language.
    pub other_language: String,
}

impl Layout {
    pub(crate) fn new(texts: Texts, branding: Branding, other_language: String) -> Self {
        Self {
            texts,
            branding,
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

    /// A text with names in it, as HTML: what is named is bold, and its direction of writing
    /// does not affect the rest. Templates write it with `|safe`.
    pub fn html(&self, id: &str, names: &[(&str, &str)]) -> String {
        markup::with_names(self.texts, id, names)
    }

    /// How long ago something happened, as HTML with the time itself. Templates write it
    /// with `|safe`.
    pub fn ago(&self, time: &Timestamp, now: &Timestamp) -> String {
        times::ago(self.texts, *time, *now)
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

    /// Address of the product's mark.
    pub fn mark(&self) -> &'static str {
        assets::mark_path()
    }

    /// Address of the organization's logo, or else of the product's mark.
    pub fn logo(&self) -> &str {
        match self.branding.logo() {
            Some(logo) => logo.path(),
            None => assets::mark_path(),
        }
    }

    /// The organization's name.
    pub fn organization(&self) -> Option<&str> {
        self.branding.organization()
    }

    /// A text with the argument `service`.
    pub fn tr_service(&self, id: &str) -> String {
        self.tr_with(id, "service", &self.service())
    }

    /// What people call this service: the organization's name, or else the product's.
    pub fn service(&self) -> Cow<'_, str> {
        match self.branding.organization() {
            Some(organization) => Cow::Borrowed(organization),
            None => self.texts.tr("product-name"),
        }
    }
}
