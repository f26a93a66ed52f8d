//! Query parameters that an operation does not have are refused, on every operation.

use serde_json::Value;
use testkit::{Options, Xinshu};

use crate::XINSHU;

#[test]
fn every_operation_refuses_a_parameter_that_it_does_not_describe() {
    let node = Xinshu::init(XINSHU, Options::default());
    let server = node.serve();
    let bearer = node.robot("tester", &["*"]).bearer(&server);
    let description = server.curl([], "/api/v1/openapi.json").json();
    let mut tried = 0;
    for (path, item) in description["paths"].as_object().unwrap() {
        // The parameter is refused before anybody asks what the path names.
        let place = path
            .split('/')
            .map(|part| if part.starts_with('{') { "1" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        for (method, operation) in item.as_object().unwrap() {
            let arguments = ["-X", &method.to_uppercase(), "-H", &bearer];
            let json = ["-H", "Content-Type: application/json", "-d", "{}"];
            let arguments = arguments.into_iter().chain(json);
            let answer = server.ask(arguments, &format!("{place}?statsu=revoked"));
            let told = answer.problem(400);
            assert!(told.contains("statsu"), "{method} {path}: {told}");
            for known in query_parameters(operation) {
                assert!(told.contains(&known), "{method} {path}: {known}: {told}");
            }
            tried += 1;
        }
    }
    assert!(tried > 30, "{tried} operations");
}

#[test]
fn what_is_described_is_accepted_and_the_caller_comes_first() {
    let node = Xinshu::init(XINSHU, Options::default());
    let server = node.serve();
    let bearer = node.robot("tester", &["*"]).bearer(&server);
    let get = |path: &str| server.ask(["-H", &bearer], path);
    for path in ["/api/v1/cas", "/api/v1/profiles", "/api/v1/tsa/units"] {
        let first = get(&format!("{path}?limit=1&cursor=")).expect(200).json();
        assert_eq!(first["items"].as_array().unwrap().len(), 1);
    }
    let first = get("/api/v1/cas?limit=1").json();
    let next = first["next"].as_str().unwrap();
    let second = get(&format!("/api/v1/cas?limit=1&cursor={next}")).json();
    assert_eq!(first["items"][0]["name"], "issuing");
    assert_eq!(second["items"][0]["name"], "root");
    assert_eq!(second["next"], Value::Null);
    get("/api/v1/cas?").expect(200);
    // Anonymous callers learn nothing about parameters.
    server.ask([], "/api/v1/cas?statsu=revoked").problem(401);
    let told = server
        .local([], "/api/v1/certificates?statsu=revoked")
        .text();
    assert!(
        told.contains("there are subject, ca, profile, status"),
        "{told}"
    );
}

fn query_parameters(operation: &Value) -> Vec<String> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters
        .filter(|parameter| parameter["in"] == "query")
        .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
        .collect()
}
