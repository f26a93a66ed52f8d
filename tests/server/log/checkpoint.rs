//! `/log/checkpoint`: the log's signed head.

use testkit::{Options, Server, Xinshu, wait_until};

use crate::XINSHU;

/// How many entries the signed head stands for.
fn size(server: &Server) -> u64 {
    let note = server.ask([], "/log/checkpoint").expect(200).text();
    // c2sp.org/tlog-checkpoint: the second line.
    note.lines().nth(1).unwrap().parse().unwrap()
}

#[test]
fn the_head_is_signed_again_and_again_while_entries_come() {
    let node = Xinshu::init(XINSHU, Options::default());
    let robot = node.robot("robot", &["ca.certificate.read"]);
    let server = node.serve();
    for _ in 0..3 {
        // Each token is an entry.
        robot.bearer(&server);
        let written = node.sql("SELECT COUNT(*) FROM audit_entry");
        let written: u64 = written.trim().parse().unwrap();
        wait_until("a head that covers them", || {
            robot.bearer(&server);
            size(&server) >= written
        });
    }
}
