//! Distinguished names, RFC 4514 text and DER, and alternative names as people write them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pki::{GeneralName, Name};

fuzz_target!(|data: &[u8]| {
    if let Ok(name) = Name::from_der(data) {
        round_trip(&name);
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(name) = text.parse::<Name>()
    {
        round_trip(&name);
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(name) = text.parse::<GeneralName>()
        && let Ok(again) = name.to_string().parse::<GeneralName>()
    {
        assert!(again.is_same_as(&name), "{text}");
    }
});

fn round_trip(name: &Name) {
    let text = name.to_string();
    // A name read from DER may hold types and lengths that we do not write; one
    // that reads back from text must be stable from then on.
    if let Ok(again) = text.parse::<Name>() {
        assert_eq!(again.to_string(), text);
    }
}
