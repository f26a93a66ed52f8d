//! Files that should contain a certification request: DER, PEM, base64, UTF-16.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pki::request::find_request;

fuzz_target!(|data: &[u8]| {
    if let Ok(found) = find_request(data)
        && let Ok(again) = find_request(&found.der)
    {
        assert_eq!(again.der, found.der);
    }
});
