//! Any query: an error, or a request that survives storage.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth::{AuthorizationRequest, Params, Recipient};

fuzz_target!(|data: &[u8]| {
    let (params, fault) = Params::parse_leniently(data);
    assert_eq!(Params::parse(data).is_err(), fault.is_some());
    assert_eq!(Params::parse(params.to_query().as_bytes()), Ok(params.clone()));
    let Ok(recipient) = Recipient::parse(&params) else {
        return;
    };
    if let Ok(request) = AuthorizationRequest::parse(&params, fault.as_ref(), recipient) {
        let json = serde_json::to_string(&request).unwrap();
        let stored: AuthorizationRequest = serde_json::from_str(&json).unwrap();
        assert_eq!(stored, request);
    }
});
