//! What an operator sees: health, readiness, metrics, logs, a graceful stop.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;
use testkit::{Options, Xinshu};

use crate::XINSHU;

#[test]
fn health_readiness_and_metrics_are_told() {
    let node = Xinshu::init(XINSHU, Options::default());
    let server = node.serve();
    server
        .ask([], &format!("{}/healthz", server.ops))
        .expect(200);
    let ready = server
        .ask([], &format!("{}/readyz", server.ops))
        .expect(200);
    assert_eq!(ready.json()["database"], "ok");
    server
        .ask([], "/.well-known/openid-configuration")
        .expect(200);
    let metrics = server
        .ask([], &format!("{}/metrics", server.ops))
        .expect(200)
        .text();
    let counted = metrics.lines().find(|line| {
        line.starts_with("xinshu_http_requests_total{") && line.contains("openid-configuration")
    });
    assert!(
        counted.is_some_and(|line| line.ends_with(" 1")),
        "{metrics}"
    );
}

#[test]
fn a_request_carries_one_id_through_answer_and_log() {
    let mut node = Xinshu::init(XINSHU, Options::default());
    // Each answer is told at this level.
    node.set("log.level=info,platform_web=debug");
    let server = node.serve();
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
        .trim();
    assert_eq!(id.len(), 16);
    testkit::wait_until("the answer in the log", || server.log().contains(id));
    // Every line of the log is one JSON object.
    let log: Vec<Value> = server
        .log()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    for line in &log {
        assert!(
            line["level"].is_string() && line["message"].is_string(),
            "{line}"
        );
    }
    let told = |line: &&Value| line["span"]["request_id"] == id && line["message"] == "answered";
    let line = log.iter().find(told).unwrap();
    assert_eq!(line["span"]["route"], "/api/v1/certificates");
    assert!(
        head.starts_with(&format!("HTTP/1.1 {} ", line["status"])),
        "{head} {line}"
    );
}

#[test]
fn the_local_socket_is_for_its_owner_alone_and_a_second_server_is_refused() {
    let node = Xinshu::init(XINSHU, Options::default());
    let server = node.serve();
    let socket = std::fs::metadata(node.data().join("xinshu.sock")).unwrap();
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);
    let mut again = Xinshu::prepare(XINSHU, Options::default());
    again.set("listen.https=127.0.0.1:0");
    again.set("listen.http=127.0.0.1:0");
    again.set("listen.mtls=127.0.0.1:0");
    let data = node.data().to_str().unwrap().to_owned();
    let refused = again.xinshu(["serve", "--data", &data]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused
            .stderr
            .contains("a server runs on this data folder already"),
        "{}",
        refused.stderr
    );
    drop(server);
}

#[test]
fn a_stop_finishes_what_was_accepted() {
    use std::{
        io::{Read as _, Write as _},
        net::TcpStream,
    };
    let node = Xinshu::init(XINSHU, Options::default());
    let mut server = node.serve();
    // A request whose body is still under way when the stop comes.
    let query = {
        let (document, file) = (node.file("document"), node.file("query"));
        std::fs::write(&document, "a document").unwrap();
        let made = testkit::run(
            std::process::Command::new("openssl")
                .args(["ts", "-query", "-sha256", "-data"])
                .arg(&document)
                .arg("-out")
                .arg(&file),
        );
        assert!(made.ok, "{}", made.stderr);
        std::fs::read(file).unwrap()
    };
    let address = server.http.replace("http://localhost", "127.0.0.1");
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(
            format!(
                "POST /tsa HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/timestamp-query\r\n\
                 Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
                query.len()
            )
            .as_bytes(),
        )
        .unwrap();
    // The server asks for the body: it has accepted the request.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert!(
        interim.starts_with(b"HTTP/1.1 100 "),
        "{}",
        String::from_utf8_lossy(&interim)
    );
    server.signal("TERM");
    testkit::wait_until("the stop to be noticed", || {
        server.log().contains("stopping")
    });
    stream.write_all(&query).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(server.stop_was_clean(), "{}", server.log());
    // Everything got its place in the log before the end.
    let report = node.xinshu(["audit", "verify", "--json"]).success().json();
    assert_eq!(report["waiting"], 0);
}

#[test]
fn a_stop_at_the_first_moment_is_as_graceful() {
    let node = Xinshu::init(XINSHU, Options::default());
    // Which of the two comes first is for the machine to say: a few tries.
    for _ in 0..8 {
        let mut server = node.serve();
        assert!(server.stop(), "{}", server.log());
    }
}
