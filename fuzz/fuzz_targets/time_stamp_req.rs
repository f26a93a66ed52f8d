//! Time-stamp requests, from anyone, over plain HTTP.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pki::tsp::{TimeStampReq, rejection};

fuzz_target!(|data: &[u8]| {
    match TimeStampReq::parse(data) {
        Ok(request) => assert_eq!(request.hashed_message().len(), request.digest().len()),
        // Whatever is refused can be told in the protocol's own terms.
        Err(refusal) => assert!(!rejection(&refusal).is_empty()),
    }
});
