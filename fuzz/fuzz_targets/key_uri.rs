//! Key URIs: `software:NAME` and RFC 7512 `pkcs11:…`.
#![no_main]

use hsm_adapters::KeyUri;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    let Ok(uri) = data.parse::<KeyUri>() else {
        return;
    };
    let again = uri
        .to_string()
        .parse::<KeyUri>()
        .expect("its own text reads again");
    assert_eq!(again, uri);
});
