//! Certificates, DER or PEM: client certificates arrive with any TLS handshake.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pki::Certificate;

fuzz_target!(|data: &[u8]| {
    let Ok(certificate) = Certificate::from_pem_or_der(data) else {
        return;
    };
    let again = Certificate::from_pem_or_der(certificate.to_pem().as_bytes())
        .expect("its own PEM reads again");
    assert!(again == certificate);
    // Text for people, and a signature check against whatever key is in it.
    let _ = (
        certificate.subject().to_string(),
        certificate.issuer().to_string(),
        certificate.serial().to_string(),
    );
    let _ = certificate.verify(certificate.public_key());
});
