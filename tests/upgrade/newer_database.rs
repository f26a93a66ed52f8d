//! A node beside a database that a newer version has migrated.

use testkit::{Options, Postgres, Xinshu, wait_until};

use crate::XINSHU;

/// As a newer binary's migration would leave it.
const MIGRATE: &str = "INSERT INTO _sqlx_migrations
    (version, description, success, checksum, execution_time)
    SELECT 9999, 'future', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1";

fn on_both(story: impl Fn(Xinshu)) {
    let postgres = format!("database.url={}", Postgres::shared().database());
    for settings in [vec![], vec![postgres]] {
        story(Xinshu::init(
            XINSHU,
            Options {
                settings,
                ..Options::default()
            },
        ));
    }
}

#[test]
fn a_running_node_stops_and_says_why() {
    on_both(|node| {
        let mut server = node.serve();
        node.sql(MIGRATE);
        wait_until("the node's end", || server.log().contains("migration 9999"));
        assert!(!server.stop_was_clean(), "{}", server.log());
        assert!(
            server.log().contains("run the newer xinshu"),
            "{}",
            server.log()
        );
    });
}

#[test]
fn a_node_does_not_start_and_says_why() {
    on_both(|node| {
        node.sql(MIGRATE);
        let entries = node.sql("SELECT COUNT(*) FROM audit_entry");
        let log = node.try_serve(&[]).map(drop).unwrap_err();
        assert!(log.contains("migration 9999"), "{log}");
        assert!(log.contains("run the newer xinshu"), "{log}");
        let verified = node.xinshu(["audit", "verify"]);
        assert!(
            verified.stderr.contains("migration 9999"),
            "{}",
            verified.stderr
        );
        assert_eq!(node.sql("SELECT COUNT(*) FROM audit_entry"), entries);
    });
}
