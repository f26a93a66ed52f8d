//! Ten thousand connections that say nothing.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use testkit::{Options, Xinshu};

use crate::{XINSHU, issue, order};

const CROWD: &str = "
import resource, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (12000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
crowd = [socket.create_connection(('127.0.0.1', int(sys.argv[1]))) for _ in range(10000)]
print(len(crowd), flush=True)
sys.stdin.read()
";

#[test]
fn ten_thousand_idle_connections_keep_nobody_waiting() {
    let settings = vec!["listen.header_seconds=120".to_owned()];
    let node = Xinshu::init(
        XINSHU,
        Options {
            settings,
            ..Options::default()
        },
    );
    let order = order(&node);
    let server = node.serve();
    let port = server.http.rsplit(':').next().unwrap();
    let mut crowd = Command::new("python3")
        .args(["-c", CROWD, port])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(crowd.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line.trim(), "10000");
    for _ in 0..5 {
        let fetched = server.curl(["-f"], &format!("{}/crl/issuing.crl", server.http));
        assert!(fetched.ok, "{}", fetched.stderr);
        let discovered = server.curl(["-f"], "/.well-known/openid-configuration");
        assert!(discovered.ok, "{}", discovered.stderr);
        let (status, answer) = issue(&server, &order);
        assert_eq!(status, 201, "{answer}");
    }
    drop(crowd.stdin.take());
    crowd.wait().unwrap();
}
