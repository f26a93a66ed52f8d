//! The REST API is what its description says: schemathesis tries to prove otherwise.

use std::process::Command;

use testkit::{Options, Xinshu, cache, run};

use crate::XINSHU;

const SIGNING_KEYS: &str = "/api/v1/signing-keys";

#[test]
fn schemathesis_finds_no_5xx_and_no_undeclared_status() {
    // Under load a connection may rest for long before it is used again.
    let settings = vec!["listen.header_seconds=120".to_owned()];
    let node = Xinshu::init(
        XINSHU,
        Options {
            settings,
            ..Options::default()
        },
    );
    let server = node.serve();
    let bearer = node.robot("tester", &["*"]).bearer(&server);
    // It takes ids from answers: left alone, it would find its own client's and
    // disable that.
    let other = node.robot("other", &[]).id;
    let config = node.file("schemathesis.toml");
    let fixed = ["", "/secret"].map(|verb| {
        format!(
            "[[operations]]\ninclude-path = \"/api/v1/clients/{{client_id}}{verb}\"\n\
             parameters = {{ client_id = \"{other}\" }}\n"
        )
    });
    std::fs::write(&config, fixed.concat()).unwrap();
    let run = |only: [&str; 2]| {
        let schemathesis = cache().join("python/bin/schemathesis");
        let outcome = run(Command::new(schemathesis)
            .env("NO_COLOR", "1")
            .current_dir(node.data().parent().unwrap())
            .arg("--config-file")
            .arg(&config)
            .arg("run")
            .arg(format!("{}/api/v1/openapi.json", server.https))
            .args(["--header", &bearer, "--tls-verify"])
            .arg(server.root())
            .args(only)
            .args(["--phases", "examples,coverage,fuzzing", "--max-examples", "25", "--seed", "20261124"])
            .args(["--generation-database", "none"])
            .args([
                "--checks",
                "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
            ]));
        assert!(outcome.ok, "{}\n{}", outcome.text(), outcome.stderr);
        outcome.text()
    };
    let report = run(["--exclude-path", SIGNING_KEYS]);
    assert!(!report.contains("Authentication failed"), "{report}");
    // Last: a rotation at once refuses the very token that asked for it from then on.
    run(["--include-path", SIGNING_KEYS]);
    // Some operations must have been tried at all.
    let described = server.curl([], "/api/v1/openapi.json").json();
    assert!(
        described["paths"].as_object().unwrap().len() >= 10,
        "{described}"
    );
}

#[test]
fn the_command_line_prints_the_same_description() {
    let node = Xinshu::init(XINSHU, Options::default());
    let here = node.xinshu(["openapi"]).success().json();
    let server = node.serve();
    let served = server.curl([], "/api/v1/openapi.json").json();
    assert_eq!(here, served);
}
