#![forbid(unsafe_code)]
//! What every page shares: the reader's language.

mod i18n;

pub use i18n::{Locale, locale};
