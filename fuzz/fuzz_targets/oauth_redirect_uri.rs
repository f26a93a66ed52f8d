//! Any two addresses: what is registered matches itself, and nothing else that a browser
//! would send to another host.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth::{append_query, form_action_source, redirect_uri_matches, validate_redirect_uri};

fuzz_target!(|uris: (&str, &str)| {
    let (registered, asked) = uris;
    if validate_redirect_uri(registered).is_err() {
        return;
    }
    assert!(redirect_uri_matches(registered, registered, false));
    if redirect_uri_matches(registered, asked, true) {
        let (ours, theirs) = (url::Url::parse(registered), url::Url::parse(asked));
        assert_eq!(ours.unwrap().host_str(), theirs.unwrap().host_str());
    }
    let _ = form_action_source(asked);
    let answer = append_query(registered, &[("code", asked)]);
    assert!(answer.starts_with(registered));
});
