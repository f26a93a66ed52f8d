//! `Accept-Language`, from any browser.
#![no_main]

use libfuzzer_sys::fuzz_target;
use platform_pages::Locale;

fuzz_target!(|data: &str| {
    let _ = Locale::from_accept_language(data).tag();
});
