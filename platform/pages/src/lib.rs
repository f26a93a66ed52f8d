#![forbid(unsafe_code)]
//! Pages for browsers: layout, assets, forms, cookies, languages.
//!
//! A handler takes a [`BrowserRequest`], reads its form by
//! [`BrowserRequest::csrf_checked_form`], and answers with a [`Page`].

mod asset;
pub mod assets;
mod branding;
mod browser_request;
pub mod cookie;
mod form;
mod language;
mod layout;
mod markup;
mod message;
mod page;
mod texts;
mod times;
mod unknown_address;

pub use branding::{Branding, LogoError};
pub use browser_request::{BrowserRequest, caller};
pub use form::{FormError, read_form, read_form_leniently};
pub use language::Locale;
pub use layout::Layout;
pub use message::{Failure, Link};
pub use page::{Page, see_other};
pub use texts::{Argument, Texts};
pub use unknown_address::unknown_address;
