//! A database server that goes away and comes back.

use testkit::{Options, Postgres, Xinshu, wait_until};

use crate::{XINSHU, assert_log_holds, issue, order, serial, status_of};

#[test]
fn a_lost_database_is_told_to_clients_and_comes_back_without_a_restart() {
    let mut cluster = Postgres::start();
    let settings = vec![format!("database.url={}", cluster.database())];
    let node = Xinshu::init(
        XINSHU,
        Options {
            settings,
            ..Options::default()
        },
    );
    let order = order(&node);
    let server = node.serve();
    let (status, answer) = issue(&server, &order);
    assert_eq!(status, 201, "{answer}");
    let first = serial(&answer);

    cluster.stop();
    let (status, answer) = issue(&server, &order);
    assert_eq!(status, 503, "{answer}");
    assert!(answer.to_lowercase().contains("retry-after:"), "{answer}");
    let readiness = server.curl(["-i"], &format!("{}/readyz", server.ops));
    assert_eq!(status_of(&readiness).0, 503, "{readiness:?}");

    cluster.resume();
    let mut second = None;
    wait_until("the database to be used again", || {
        let (status, answer) = issue(&server, &order);
        second = (status == 201).then(|| serial(&answer));
        second.is_some()
    });
    assert_ne!(Some(&first), second.as_ref());
    assert!(
        server
            .local(["-f"], &format!("/api/v1/certificates/{first}"))
            .ok
    );
    wait_until("readiness", || {
        server.curl(["-f"], &format!("{}/readyz", server.ops)).ok
    });
    assert_log_holds(&node);
}

#[test]
fn a_database_locked_by_another_process_is_told_and_waited_for() {
    let node = Xinshu::init(XINSHU, Options::default());
    let order = order(&node);
    let server = node.serve();
    // Another program holds the write lock until its input ends.
    let script = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1],isolation_level=None); \
                  c.execute('BEGIN EXCLUSIVE'); print('locked',flush=True); sys.stdin.read()";
    let mut holder = std::process::Command::new("python3")
        .args(["-c", script])
        .arg(node.data().join("xinshu.db"))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let output = holder.stdout.take().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).unwrap();
    assert_eq!(line, "locked\n");
    let (status, answer) = issue(&server, &order);
    assert_eq!(status, 503, "{answer}");
    assert!(answer.to_lowercase().contains("retry-after:"), "{answer}");
    assert!(server.log().contains("locked"), "{}", server.log());

    drop(holder.stdin.take());
    holder.wait().unwrap();
    let (status, answer) = issue(&server, &order);
    assert_eq!(status, 201, "{answer}");
    assert_log_holds(&node);
}

/// A server that hangs takes connections and answers nothing.
#[test]
fn a_database_that_hangs_is_told_before_clients_lose_patience() {
    let cluster = Postgres::start();
    let settings = vec![format!("database.url={}", cluster.database())];
    let node = Xinshu::init(
        XINSHU,
        Options {
            settings,
            ..Options::default()
        },
    );
    let order = order(&node);
    let server = node.serve();
    assert_eq!(issue(&server, &order).0, 201);
    cluster.freeze();
    let (status, answer) = issue(&server, &order);
    cluster.thaw();
    assert_eq!(status, 503, "{answer}");
    assert!(answer.to_lowercase().contains("retry-after:"), "{answer}");
    wait_until("the database to be used again", || {
        issue(&server, &order).0 == 201
    });
    assert_log_holds(&node);
}
