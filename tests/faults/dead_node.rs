//! A node that dies between a revocation's commit and the CRL that tells of it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

use testkit::{Postgres, run_with, wait_until};

use crate::{assert_log_holds, issue, order, serial, two_nodes::two_nodes};

#[test]
fn the_other_publishes_it() {
    let nodes = two_nodes();
    let order = order(&nodes.first);
    let mut doomed = nodes.first.serve();
    let survivor = nodes.second.serve();
    let (status, answer) = issue(&survivor, &order);
    assert_eq!(status, 201, "{answer}");
    let serial = serial(&answer);
    let sql = |sql: &str| Postgres::shared().sql(&nodes.database, sql);
    // The run that is due at the start would publish it anyway.
    wait_until("the first run of the job", || {
        let ran =
            "SELECT 1 FROM job WHERE name = 'ca.publish_crl' AND lease_until = 0 AND last_run > 0";
        !sql(ran).is_empty()
    });

    // No CRL number is given out while this session lives.
    let mut session = Command::new("psql")
        .args(["-qAtX", "-v", "ON_ERROR_STOP=1", "-d", &nodes.database])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut commands = session.stdin.take().unwrap();
    commands
        .write_all(b"BEGIN; LOCK TABLE ca_crl_number; SELECT 'locked';\n")
        .unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(session.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "locked");

    std::thread::scope(|scope| {
        // It has no answer to give: it is killed.
        scope.spawn(|| nodes.first.xinshu(["cert", "revoke", &serial]));
        wait_until("the revocation to stand", || {
            !sql("SELECT 1 FROM ca_revocation").is_empty()
        });
        doomed.kill();
    });
    drop(commands);
    session.wait().unwrap();
    // The dead node may have held the job's lease.
    survivor.advance(15);
    wait_until("the survivor's CRL to tell of it", || {
        let crl = survivor.curl(["-f"], &format!("{}/crl/issuing.crl", survivor.http));
        let mut read = Command::new("openssl");
        let text = run_with(
            read.args(["crl", "-inform", "DER", "-noout", "-text"]),
            &crl.stdout,
        );
        text.text().contains(&serial.to_uppercase())
    });
    assert_log_holds(&nodes.first);
}
