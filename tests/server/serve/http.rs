//! What HTTP itself asks of a server, by curl and by hand.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use testkit::{Options, Server, Xinshu};

use crate::XINSHU;

/// The head of the answer to a request that is sent as it is.
fn raw(server: &Server, request: &str) -> String {
    let address = server.http.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn http_1_1_names_one_host() {
    let xinshu = Xinshu::init(XINSHU, Options::default());
    let server = xinshu.serve();
    let get = "GET /nothing HTTP/1.1\r\nConnection: close\r\n";
    for (hosts, status) in [
        ("", "400"),
        ("Host: a\r\nHost: a\r\n", "400"),
        ("Host: a\r\nHost: b\r\n", "400"),
        ("Host: a\r\n", "404"),
        ("host: a\r\n", "404"),
        ("Host:\r\n", "404"),
        ("Host: a:8443\r\n", "404"),
        ("Host: [::1]:8443\r\n", "404"),
        ("Host: a b\r\n", "400"),
        ("Host: a, b\r\n", "400"),
        ("Host: a/b\r\n", "400"),
        ("Host: a@b\r\n", "400"),
    ] {
        let head = raw(&server, &format!("{get}{hosts}\r\n"));
        assert!(head.contains(status), "{hosts:?}: {head}");
    }
    let head = raw(&server, "GET /nothing HTTP/1.0\r\n\r\n");
    assert!(head.contains("404"), "{head}");
    let head = raw(
        &server,
        "GET /nothing HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n",
    );
    assert!(head.contains("400"), "{head}");
}

/// curl 7.88 fails if a stream is reset while it sends, even after a whole answer.
#[test]
fn an_early_answer_is_read_by_those_who_still_send() {
    let xinshu = Xinshu::init(XINSHU, Options::default());
    let server = xinshu.serve();
    let body = xinshu.file("body");
    for (length, version) in [
        (100_000, "--http2"),
        (2_000_000, "--http2"),
        (8_000_000, "--http2"),
        (100_000, "--http1.1"),
        (2_000_000, "--http1.1"),
        (8_000_000, "--http1.1"),
    ] {
        std::fs::write(&body, vec![b'x'; length]).unwrap();
        let body = format!("@{}", body.display());
        for (path, media_type, status) in [
            ("/api/v1/certificates", "application/json", "401"),
            ("/oauth2/token", "text/plain", "415"),
            ("/nothing", "text/plain", "404"),
        ] {
            let media_type = format!("Content-Type: {media_type}");
            let answer = server.curl(
                [
                    version,
                    "-w",
                    "%{http_code} %{http_version}",
                    "-H",
                    &media_type,
                    // No wait for "100 Continue".
                    "-H",
                    "Expect:",
                    "--data-binary",
                    &body,
                ],
                path,
            );
            let answer = answer.success().text();
            let expected = format!("{status} {}", version.trim_start_matches("--http"));
            assert!(
                answer.ends_with(&expected),
                "{length} {version} {path}: {answer}"
            );
        }
    }
}

/// A refused request is in the log under its id; unknown clients are in the audit log.
#[test]
fn refusals_leave_a_trace() {
    let xinshu = Xinshu::init(XINSHU, Options::default());
    let server = xinshu.serve();
    let order = serde_json::json!({ "profile": "none", "csr": "" }).to_string();
    let outcome = server.local(
        ["-i", "-H", "Content-Type: application/json", "-d", &order],
        "/api/v1/certificates",
    );
    let head = outcome.text();
    let id = head
        .lines()
        .find_map(|line| line.strip_prefix("x-request-id: "))
        .unwrap()
        .trim()
        .to_owned();
    testkit::wait_until("a line about the refusal", || {
        let log = server.log();
        log.lines()
            .any(|line| line.contains(&id) && line.contains("a request was refused"))
    });
    let name = "x".repeat(100);
    server
        .ask(
            [
                "-u",
                &format!("{name}:secret"),
                "-d",
                "grant_type=client_credentials",
            ],
            "/oauth2/token",
        )
        .expect(401);
    let list = [
        "audit",
        "list",
        "--action",
        "idp.client.authenticate",
        "--json",
    ];
    let entries = xinshu.xinshu(list).success().json();
    assert_eq!(entries[0]["cause"], "unknown client");
    assert_eq!(entries[0]["subject"], format!("client:{}", "x".repeat(64)));
}

#[test]
fn media_types_are_compared_without_case_and_parameters() {
    let xinshu = Xinshu::init(XINSHU, Options::default());
    let server = xinshu.serve();
    for (base, path, media_type) in [
        (&server.http, "/tsa", "Application/Timestamp-Query; x=y"),
        (
            &server.http,
            "/ocsp",
            "APPLICATION/OCSP-REQUEST;charset=utf-8",
        ),
    ] {
        let (url, media_type) = (
            format!("{base}{path}"),
            format!("Content-Type: {media_type}"),
        );
        let answer = server.ask(["-H", &media_type, "--data-binary", "0"], &url);
        // The content is wrong, and was read.
        answer.expect(200);
    }
}

#[test]
fn a_refusal_names_the_error_of_the_token() {
    let xinshu = Xinshu::init(XINSHU, Options::default());
    let server = xinshu.serve();
    let challenge = |arguments: &[&str]| {
        let answer = server.ask(arguments.iter().copied(), "/api/v1/users");
        assert_eq!(answer.header("cache-control"), "no-store");
        format!("{} {}", answer.status, answer.header("www-authenticate"))
    };
    assert_eq!(challenge(&[]), "401 Bearer");
    assert_eq!(
        challenge(&["-H", "Authorization: Bearer nonsense"]),
        r#"401 Bearer error="invalid_token""#
    );
    let robot = xinshu.robot("certificate", &["ca.certificate.read"]);
    assert_eq!(
        challenge(&["-H", &robot.bearer(&server)]),
        r#"403 Bearer error="insufficient_scope""#
    );
    let robot = xinshu.robot("user", &["idp.user.read"]);
    assert_eq!(challenge(&["-H", &robot.bearer(&server)]), "200 ");
}
