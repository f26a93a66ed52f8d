//! A node beside a database that a newer release has migrated writes nothing more.

use testkit::{Options, Xinshu};

use crate::XINSHU;

/// What the migrator of a newer release records.
const NEWER: &str = "INSERT INTO _sqlx_migrations
    (version, description, installed_on, success, checksum, execution_time)
    VALUES (9999, 'newer', '2036-01-01 00:00:00', TRUE, '', 0)";

#[test]
fn a_running_node_stops_with_a_clear_message_and_does_not_start_again() {
    let node = Xinshu::init(XINSHU, Options::default());
    let mut server = node.serve();
    node.sql(NEWER);
    assert!(!server.stop_was_clean(), "{}", server.log());
    let log = server.log();
    assert!(log.contains("newer"), "{log}");
    let refused = node.try_serve(&[]).unwrap_err();
    assert!(refused.contains("newer"), "{refused}");
}
