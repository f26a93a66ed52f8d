//! `xinshu init`, again and again.

use testkit::{Options, Xinshu};

use crate::XINSHU;

#[test]
fn init_twice_changes_nothing() {
    let node = Xinshu::init(XINSHU, Options::default());
    let root = std::fs::read(node.root()).unwrap();
    let again = node.initialize().success();
    assert!(
        again.text().contains("was set up already"),
        "{}",
        again.text()
    );
    assert_eq!(std::fs::read(node.root()).unwrap(), root);
    assert!(!again.text().contains("one-time"), "a second link was made");
}

#[test]
fn serve_without_init_says_what_to_run() {
    let node = Xinshu::prepare(XINSHU, Options::default());
    let refused = node.xinshu(["serve"]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("xinshu init --data"),
        "{}",
        refused.stderr
    );
}
