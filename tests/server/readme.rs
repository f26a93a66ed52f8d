//! The README's examples, pasted as they stand, against a real server.

use std::process::Command;

use testkit::{Options, Xinshu, run};

use crate::XINSHU;

/// The code blocks of a README's section.
fn blocks(readme: &str, section: &str) -> String {
    let start = readme
        .find(&format!("\n## {section}\n"))
        .unwrap_or_else(|| panic!("no section {section}"));
    let rest = &readme[start + 4..];
    let body = &rest[..rest.find("\n## ").unwrap_or(rest.len())];
    let code = body.split("```sh\n").skip(1);
    code.filter_map(|block| block.split("```").next()).collect()
}

#[test]
fn the_three_examples_work_as_they_stand() {
    let readme = include_str!("../../README.md");
    let node = Xinshu::init(XINSHU, Options::default());
    let server = node.serve();
    let folder = node.data().parent().unwrap().to_owned();
    std::os::unix::fs::symlink(XINSHU, folder.join("xinshu")).unwrap();
    let mut script = String::from("set -eu\n");
    for section in [
        "Issue a certificate",
        "Sign a person in",
        "Time-stamp a document",
    ] {
        script.push_str(&blocks(readme, section));
    }
    // The README's server is at the default ports, this one at free ones.
    let script = script
        .replace("https://localhost:8443", &server.https)
        .replace("http://localhost:8080", &server.http);
    let mut shell = node.command();
    let environment: Vec<_> = shell
        .get_envs()
        .map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned)))
        .collect();
    shell = Command::new("bash");
    for (name, value) in environment {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    let shown = run(shell.current_dir(&folder).args(["-c", &script]));
    let (text, log) = (shown.text(), &shown.stderr);
    assert!(shown.ok, "{text}\n{log}");
    for expected in [
        "www.pem: OK",
        "www.pem: good",
        "www.pem: revoked",
        "\"preferred_username\":\"alice\"",
        "\"serial\":",
        "the log holds",
    ] {
        assert!(text.contains(expected), "no {expected:?} in {text}\n{log}");
    }
    // OpenSSL gives its verdict on a time-stamp on either stream, by version.
    assert!(
        format!("{text}{log}").contains("Verification: OK"),
        "{text}\n{log}"
    );
}
