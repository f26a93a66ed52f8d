//! Names that the issuer decides instead of the request: printers, appliances.

use serde_json::json;

use crate::support::{Ca, shown};

#[test]
fn by_the_command_line() {
    let ca = Ca::start("p256");
    let csr = ca.csr(
        "/CN=appliance",
        &["subjectAltName=otherName:1.3.6.1.4.1.311.20.2.3;UTF8:a@example.org"],
    );
    let file = csr.file.to_str().unwrap();
    let refused = ca.order("tls-server", &csr.file).problem(422);
    assert!(refused.contains("userPrincipalName"), "{refused}");
    let issued = ca.node.xinshu([
        "cert",
        "issue",
        "--profile",
        "tls-server",
        "--csr",
        file,
        "--name",
        "dns:printer.example.org",
        "--name",
        "ip:192.0.2.7",
        "--subject",
        "CN=printer.example.org",
        "--days",
        "30",
    ]);
    let issued = issued.success();
    assert!(
        issued.stderr.contains("leaves out commonName appliance"),
        "{}",
        issued.stderr
    );
    let chain = ca.written("chain.pem", issued.text());
    let text = shown(&chain);
    assert!(
        text.contains("DNS:printer.example.org, IP Address:192.0.2.7")
            && text.contains("Subject: CN = printer.example.org"),
        "{text}"
    );
    let entry = &ca.entries("ca.certificate.issue")[0]["details"];
    assert_eq!(entry["requested_subject"], "CN=appliance");
    assert_eq!(
        entry["issued_names"],
        "dns:printer.example.org, ip:192.0.2.7"
    );
    for (arguments, expected) in [
        (["--name", "printer.example.org"], "write its kind first"),
        (["--name", "ip:printer"], "not an IPv4 or IPv6 address"),
        (
            ["--name", "dns:a_b.example.org"],
            "letters, digits and hyphens",
        ),
        (["--days", "91"], "1 to 90 days"),
        (["--subject", "O=Office"], "not organizationName"),
    ] {
        let order = [
            "cert",
            "issue",
            "--profile",
            "tls-server",
            "--csr",
            file,
            "--name",
            "dns:a.example.org",
        ];
        let refused = ca.node.xinshu(order.into_iter().chain(arguments));
        assert_eq!(refused.code, Some(1));
        assert!(refused.stderr.contains(expected), "{}", refused.stderr);
    }
    ca.node.xinshu(["audit", "verify"]).success();
}

#[test]
fn over_rest_with_its_own_permission() {
    let ca = Ca::start("p256");
    let csr = std::fs::read_to_string(ca.web("www.example.org").file).unwrap();
    let order = json!({
        "profile": "tls-server", "csr": csr, "names": ["dns:other.example.org"],
    });
    let refused = ca.post("/api/v1/certificates", &order).problem(403);
    assert!(
        refused.contains("ca.certificate.override_names"),
        "{refused}"
    );
    let officer = ca.node.robot("officer", &["ca.certificate.*"]);
    let body = format!("@{}", ca.written("order.json", order.to_string()).display());
    let bearer = officer.bearer(&ca.server);
    let arguments = [
        "-H",
        &bearer,
        "-H",
        "Content-Type: application/json",
        "-d",
        &body,
    ];
    let issued = ca.server.ask(arguments, "/api/v1/certificates").expect(201);
    let issued = issued.json();
    assert_eq!(
        issued["ignored"],
        json!([
            "commonName www.example.org",
            "subjectAltName dns:www.example.org"
        ])
    );
    for wrong in [
        json!({ "names": [] }),
        json!({ "names": "dns:a.org" }),
        json!({ "days": -1 }),
    ] {
        let mut order = json!({ "profile": "tls-server", "csr": csr });
        for (name, value) in wrong.as_object().unwrap() {
            order[name] = value.clone();
        }
        let status = ca.post("/api/v1/certificates", &order).status;
        assert!([400, 403, 422].contains(&status), "{wrong}: {status}");
    }
}
