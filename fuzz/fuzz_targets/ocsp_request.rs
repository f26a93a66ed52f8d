//! OCSP requests, from anyone, over plain HTTP.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pki::ocsp::{OcspRequest, build_request};

fuzz_target!(|data: &[u8]| {
    let Ok(request) = OcspRequest::parse(data) else {
        return;
    };
    let again = OcspRequest::parse(&build_request(request.cert_ids(), request.nonce()));
    let again = again.expect("what is built from it reads again");
    assert_eq!(again.cert_ids(), request.cert_ids());
    assert_eq!(again.nonce(), request.nonce());
});
