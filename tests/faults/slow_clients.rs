//! Clients that begin and do not go on.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use testkit::{Options, Server, Xinshu};

use crate::XINSHU;

fn connect(server: &Server) -> TcpStream {
    let address = server.http.replace("http://localhost", "127.0.0.1");
    let stream = TcpStream::connect(address).unwrap();
    // Longer than any limit of the server's: the test fails where it never answers.
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    stream
}

fn everything(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn a_slow_head_and_a_slow_body_are_cut_off() {
    let settings = vec![
        "listen.header_seconds=1".to_owned(),
        "listen.body_seconds=1".to_owned(),
    ];
    let node = Xinshu::init(
        XINSHU,
        Options {
            settings,
            ..Options::default()
        },
    );
    let server = node.serve();

    let mut silent = connect(&server);
    assert_eq!(everything(&mut silent), "");

    let mut half_a_head = connect(&server);
    half_a_head
        .write_all(b"GET /crl/issuing.crl HTTP/1.1\r\nHost: lo")
        .unwrap();
    let answer = everything(&mut half_a_head);
    assert!(!answer.contains(" 200 "), "{answer}");

    let mut half_a_body = connect(&server);
    half_a_body
        .write_all(
            b"POST /tsa HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
              Content-Type: application/timestamp-query\r\nContent-Length: 100\r\n\r\nhalf",
        )
        .unwrap();
    let answer = everything(&mut half_a_body);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");

    // Others are served as ever.
    assert!(
        server
            .curl(["-f"], &format!("{}/crl/issuing.crl", server.http))
            .ok
    );
}
