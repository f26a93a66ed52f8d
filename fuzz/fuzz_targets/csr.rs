//! PKCS#10 requests, DER or PEM, by whoever wants a certificate.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pki::CertificationRequest;

fuzz_target!(|data: &[u8]| {
    let Ok(request) = CertificationRequest::from_pem_or_der(data) else {
        return;
    };
    // Without what was around it, it reads again as the same.
    let again = CertificationRequest::parse(request.der()).expect("its own bytes read again");
    assert_eq!(again.subject(), request.subject());
    assert_eq!(again.subject_alt_names(), request.subject_alt_names());
});
