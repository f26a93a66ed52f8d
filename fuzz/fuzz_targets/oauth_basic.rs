//! Any Authorization header: an error, or credentials.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth::BasicCredentials;

fuzz_target!(|header: &str| {
    let _ = BasicCredentials::parse(header);
});
