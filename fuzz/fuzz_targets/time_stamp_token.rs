//! Time-stamp answers and tokens: TimeStampResp, ContentInfo, SignedData, TSTInfo.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pki::{
    cms::SignedData,
    tsp::{TimeStampResp, TimeStampToken},
};

fuzz_target!(|data: &[u8]| {
    if let Ok(response) = TimeStampResp::from_der(data) {
        let _ = response.into_token();
    }
    if let Ok(signed) = SignedData::from_der(data) {
        for certificate in signed.certificates() {
            let _ = signed.verify(certificate);
        }
    }
    if let Ok(token) = TimeStampToken::from_der(data) {
        let again = TimeStampToken::from_der(token.der()).expect("its own bytes read again");
        assert_eq!(again.der(), token.der());
    }
});
