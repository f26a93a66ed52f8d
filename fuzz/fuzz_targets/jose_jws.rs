//! Any token: an error, never a panic, and never valid under a key that did not sign it.
#![no_main]

use std::sync::LazyLock;

use crypto::{PublicKey, SignatureAlgorithm};
use jose::{Jwk, Jws};
use libfuzzer_sys::fuzz_target;

static KEY: LazyLock<PublicKey> = LazyLock::new(|| {
    // A P-256 key whose private half nobody kept (RFC 7515 appendix A.3).
    let spki = hex::decode("3059301306072a8648ce3d020106082a8648ce3d030107034200047fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13bacf6e3c7bd15445c7f144cd1bbd9b7e872cdfedb9eeb9f4b3695d6ea90b24ad8a4623288588e5ad");
    PublicKey::from_der(&spki.unwrap()).unwrap()
});

fuzz_target!(|token: &str| {
    if let Ok(jws) = Jws::parse(token) {
        for algorithm in SignatureAlgorithm::all() {
            let _ = jws.verify::<serde_json::Value>(&KEY, algorithm);
        }
    }
    if let Ok(key) = PublicKey::from_der(token.as_bytes()) {
        let _ = Jwk::from_public_key(&key).map(|jwk| jwk.thumbprint());
    }
});
