#![forbid(unsafe_code)]
//! Pages for browsers: layout, assets, forms, cookies, languages.
//!
//! A handler takes a [`BrowserRequest`], reads its form by
//! [`BrowserRequest::csrf_checked_form`], and answers with a [`Page`].

pub mod assets;
mod browser_request;
pub mod cookie;
mod form;
mod language;
mod layout;
mod message;
mod page;
mod texts;

pub use browser_request::{BrowserRequest, caller};
pub use form::{FormError, read_form, read_form_leniently};
pub use language::Locale;
pub use layout::Layout;
pub use message::{Failure, Link};
pub use page::{Page, see_other};
pub use texts::{Argument, Texts};
