//! Certificate revocation lists, DER or PEM, with every entry.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pki::CertificateList;

fuzz_target!(|data: &[u8]| {
    let Ok(list) = CertificateList::from_pem_or_der(data) else {
        return;
    };
    let entries = list.entries().filter(Result::is_ok).count();
    let again = CertificateList::from_der(list.der()).expect("its own bytes read again");
    assert_eq!(again.entries().filter(Result::is_ok).count(), entries);
});
