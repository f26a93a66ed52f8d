//! PostgreSQL goes away and comes back.

use pki::tsp::FailureInfo;
use testkit::{Options, Postgres, wait_until};

use crate::support::{QUERY, Tsa, query, refusal};

#[test]
fn without_a_restart() {
    let mut postgres = Postgres::start();
    let tsa = Tsa::with(Options {
        settings: vec![format!("database.url={}", postgres.database())],
        ..Options::default()
    });
    let pid = tsa.server.pid();
    let before = tsa.token(&query(1));
    postgres.stop();
    for byte in 2..4 {
        let answer = tsa.post_to("/tsa", QUERY, &query(byte)).expect(503);
        assert!(
            answer
                .header("retry-after")
                .parse::<u32>()
                .is_ok_and(|seconds| seconds > 0)
        );
        let (failure, text) = refusal(&answer.body);
        assert_eq!(failure, FailureInfo::SystemFailure);
        assert!(
            !text.contains("postgres"),
            "a stranger is told too much: {text}"
        );
    }
    postgres.resume();
    wait_until("a time-stamp", || {
        tsa.post_to("/tsa", QUERY, &query(4)).status == 200
    });
    let after = tsa.token(&query(5));
    assert!(after.info().gen_time > before.info().gen_time);
    assert_eq!(tsa.server.pid(), pid);
    // What was refused left nothing behind, and what was given is all there.
    wait_until("every entry's place in the log", || {
        tsa.node.sql("SELECT COUNT(*) FROM audit_waiting").trim() == "0"
    });
    let tokens = tsa.node.sql("SELECT COUNT(*) FROM tsa_token");
    assert_eq!(
        tokens,
        tsa.node
            .sql("SELECT COUNT(*) FROM audit_entry WHERE action = 'tsa.stamp'")
    );
    tsa.node.xinshu(["audit", "verify"]).success();
}
