//! Addresses that people open by mistake, and whose pages they see.

use testkit::{Browser, Options, Xinshu};

use crate::XINSHU;

const HTML: &str = "Accept: text/html,application/xhtml+xml,*/*;q=0.8";

/// On every listener that a browser can open; programs get the answer of their protocol.
#[test]
fn people_at_unknown_addresses_get_a_page_with_a_way_back() {
    let node = Xinshu::init(XINSHU, Options::default());
    let server = node.serve();
    for (base, home) in [
        (&server.https, "href=\"/account\""),
        (&server.http, "/account\""),
    ] {
        for (language, text) in [
            ("en", "nothing at this address"),
            ("zh-CN", "此地址没有内容"),
        ] {
            let language = format!("Accept-Language: {language}");
            for path in ["/no/such/page", "/Account", "/api/v1/nothing", "/?x"] {
                if path == "/?x" && base == &server.https {
                    continue;
                }
                let answer = server.ask(["-H", HTML, "-H", &language], &format!("{base}{path}"));
                let body = String::from_utf8(answer.body.clone()).unwrap();
                assert_eq!(answer.status, 404, "{base}{path}");
                assert!(body.contains(text) && body.contains(home), "{body}");
                assert!(body.contains("hreflang="), "{body}");
                let css = body.split_once("stylesheet\" href=\"").unwrap().1;
                let css = css.split_once('"').unwrap().0;
                assert_eq!(server.ask([], &format!("{base}{css}")).status, 200);
            }
        }
        let answer = server.ask([], &format!("{base}/no/such/page"));
        assert_eq!(answer.status, 404);
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    // An address that takes a form, opened or reloaded as a page.
    for path in ["/oauth2/consent", "/account/password"] {
        let answer = server.ask(["-H", HTML], &format!("{}{path}", server.https));
        assert_eq!(answer.status, 405, "{path}");
        assert!(String::from_utf8_lossy(&answer.body).contains("href=\"/account\""));
    }
}

#[test]
fn pages_show_the_organization_by_setting() {
    let mut node = Xinshu::init(XINSHU, Options::default());
    let logo = node.file("logo.svg");
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    std::fs::write(&logo, svg).unwrap();
    node.set("pages.organization=某某大学 <R&D>");
    node.set(format!("pages.logo={}", logo.display()));
    let server = node.serve();
    let page = Browser::new(&server).get(&format!("{}/sign-in", server.https));
    assert!(
        page.body.contains("某某大学 &#60;R&#38;D&#62;"),
        "{}",
        page.body
    );
    let logo = page.body.split_once("<img src=\"").unwrap().1;
    let logo = logo.split_once('"').unwrap().0;
    let picture = server.ask([], &format!("{}{logo}", server.https));
    assert_eq!(picture.body, svg.as_bytes());
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    let policy = picture.header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && policy.contains("sandbox"),
        "{policy}"
    );
    // A password that is the organization's name is none.
    let refused = node.xinshu_with(
        ["user", "add", "bob", "--password-stdin"],
        "某某大学 某某大学 某某大学 2026",
    );
    assert!(
        !refused.ok
            && refused
                .stderr
                .contains("name of the user or of the service")
    );
    drop(server);
    // What cannot be shown is refused at the start.
    node.unset("pages.logo");
    node.set("pages.logo=/no/such/logo.png");
    let refused = node.try_serve(&[]).unwrap_err();
    assert!(
        refused.contains("pages.logo: /no/such/logo.png"),
        "{refused}"
    );
}
