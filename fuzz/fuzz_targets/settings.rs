//! Settings, as `--set` gives them: a line each.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use platform_runtime::settings::Settings;

fuzz_target!(|data: &str| {
    let flags: Vec<String> = data.lines().take(8).map(str::to_owned).collect();
    let outcome = Settings::load(Path::new("/nonexistent"), [], &flags);
    if let Err(wrong) = outcome {
        assert!(!wrong.0.is_empty(), "an error says what is wrong");
    }
});
