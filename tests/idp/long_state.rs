//! Applications that keep everything in `state` (8 KiB), over HTTP/1.1 and HTTP/2.

use testkit::{Options, Xinshu};

use crate::XINSHU;

const CALLBACK: &str = "https://app.example.org/callback";

#[test]
fn a_state_of_8_kib_comes_back_over_both_versions_of_http() {
    let node = Xinshu::init(XINSHU, Options::default());
    let add = ["client", "add", "app", "--json", "--redirect-uri", CALLBACK];
    let client = node.xinshu(add).success().json();
    let server = node.serve();
    // Each byte is escaped, so that this is the longest form that there is.
    let state = "%3D".repeat(8192);
    let url = format!(
        "/oauth2/authorize?response_type=code&prompt=none&scope=openid&client_id={}\
         &redirect_uri={CALLBACK}&state={state}",
        client["client_id"].as_str().unwrap()
    );
    for version in ["--http1.1", "--http2"] {
        let answer = server.ask([version], &url).expect(303);
        let location = answer.header("location");
        assert!(location.contains("error=login_required"), "{version}");
        assert!(location.contains(&format!("state={state}&")), "{version}");
    }
}
