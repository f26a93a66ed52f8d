//! C2SP verifier keys and signed notes: a key's line, then a checkpoint.
#![no_main]

use libfuzzer_sys::fuzz_target;
use platform_log::checkpoint::{Checkpoint, VerifierKey};

fuzz_target!(|data: &str| {
    let Some((key, note)) = data.split_once('\n') else {
        return;
    };
    let Ok(verifier) = VerifierKey::decode(key) else {
        return;
    };
    assert_eq!(
        VerifierKey::decode(&verifier.encode()).expect("its own line reads again"),
        verifier
    );
    let _ = Checkpoint::open(note, &verifier);
});
