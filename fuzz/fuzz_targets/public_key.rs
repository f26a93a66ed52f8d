//! SubjectPublicKeyInfo, and the signatures that such keys verify.
#![no_main]

use crypto::{PublicKey, SignatureAlgorithm, ecdsa_der_to_raw, ecdsa_raw_to_der};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(key) = PublicKey::from_der(bytes) {
        assert_eq!(PublicKey::from_der(key.der()).as_ref(), Ok(&key));
        assert!(key.der().ends_with(key.subject_public_key()));
        for algorithm in SignatureAlgorithm::all() {
            assert!(key.verify(algorithm, b"message", bytes).is_err());
        }
    }
    if let Ok(raw) = ecdsa_der_to_raw(bytes, 48) {
        // DER has one form.
        assert_eq!(ecdsa_raw_to_der(&raw).as_deref(), Ok(bytes));
    }
});
