//! OCSP answers, as a client of ours reads them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pki::ocsp::BasicResponse;

fuzz_target!(|data: &[u8]| {
    let Ok(response) = BasicResponse::from_der(data) else {
        return;
    };
    let _ = (
        response.answers().len(),
        response.nonce(),
        response.produced_at(),
    );
});
