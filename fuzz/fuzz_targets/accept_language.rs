//! `Accept-Language`, from any browser.
#![no_main]

use libfuzzer_sys::fuzz_target;
use platform::i18n::Locale;

fuzz_target!(|data: &str| {
    let _ = Locale::from_accept_language(data).tag();
});
