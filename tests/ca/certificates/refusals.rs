//! Requests that are no good, each answered with its status and a problem that says why.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::support::{Ca, Csr};

const ORDERS: &str = "/api/v1/certificates";

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    format!(
        "-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n",
        lines.join("\n")
    )
}

fn der(csr: &Csr) -> Vec<u8> {
    let text = std::fs::read_to_string(&csr.file).unwrap();
    let body: String = text
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    STANDARD.decode(body).unwrap()
}

#[test]
fn the_request_itself() {
    let ca = Ca::start("p256");
    let refused = |what: &str, csr: &str| -> String {
        let answer = ca.post(ORDERS, &json!({ "profile": "tls-server", "csr": csr }));
        assert_eq!(answer.status, 422, "{what}: {}", answer.text());
        answer.problem(422)
    };
    let good = der(&ca.web("www.example.org"));
    let nothing_issued = || {
        ca.get(&format!("{ORDERS}?subject=CN%3Dwww.example.org"))
            .expect(200)
            .json()["items"]
            == json!([])
    };

    let told = refused("oversized", &pem(&vec![0x30; 40_000]));
    assert!(told.contains("bytes"), "{told}");
    for length in [0, 1, 2, 10, good.len() / 2, good.len() - 1] {
        refused(&format!("truncated to {length}"), &pem(&good[..length]));
    }
    let mut trailing = good.clone();
    trailing.push(0);
    refused("with a byte too many", &pem(&trailing));
    // BER: an indefinite length that does not end (X.690 §8.1.3.6).
    let octets = good[1] & 0x7f;
    assert!(
        good[0] == 0x30 && good[1] > 0x80 && octets <= 2,
        "another length than was expected"
    );
    let mut indefinite = vec![0x30, 0x80];
    indefinite.extend_from_slice(&good[2 + usize::from(octets)..]);
    refused("with an indefinite length without end", &pem(&indefinite));
    for place in [good.len() - 1, good.len() / 2] {
        let mut altered = good.clone();
        altered[place] ^= 1;
        refused(&format!("altered at {place}"), &pem(&altered));
    }
    let mut other_name = good.clone();
    let at = other_name
        .windows(3)
        .position(|window| window == b"www")
        .unwrap();
    other_name[at] = b'x';
    let told = refused("with another name than was signed", &pem(&other_name));
    assert!(told.contains("signature"), "{told}");
    refused("no PEM", "hello");
    refused("empty", "");
    let certificate = std::fs::read_to_string(ca.node.root()).unwrap();
    refused("a certificate", &certificate);
    refused("two requests", &(pem(&good) + &pem(&good)));
    refused("nested without end", &pem(&[0x30, 0x80].repeat(10_000)));
    assert!(nothing_issued());
    ca.post(
        ORDERS,
        &json!({ "profile": "tls-server", "csr": pem(&good) }),
    )
    .expect(201);
    assert!(!nothing_issued());
}

#[test]
fn its_key_and_signature() {
    let ca = Ca::start("p256");
    let names = ["subjectAltName=DNS:www.example.org"];
    let cases: [(&str, &[&str]); 8] = [
        ("RSA of 1024 bits", &["-newkey", "rsa:1024"]),
        ("RSA signed with SHA-1", &["-newkey", "rsa:2048", "-sha1"]),
        ("RSA signed with MD5", &["-newkey", "rsa:2048", "-md5"]),
        (
            "P-521",
            &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
        ),
        (
            "secp256k1",
            &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
        ),
        (
            "explicit parameters",
            &[
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-pkeyopt",
                "ec_param_enc:explicit",
            ],
        ),
        ("Ed448", &["-newkey", "ed448"]),
        (
            "RSA with exponent 3",
            &["-newkey", "rsa:2048", "-pkeyopt", "rsa_keygen_pubexp:3"],
        ),
    ];
    for (what, arguments) in cases {
        let csr = ca.csr_by(arguments, "/CN=www.example.org", &names);
        let told = ca.order("tls-server", &csr.file);
        assert_eq!(told.status, 422, "{what}: {}", told.text());
        assert!(!told.problem(422).is_empty());
    }
    for arguments in [
        ["-newkey", "rsa:2048"].as_slice(),
        &["-newkey", "rsa:4096"],
        &["-newkey", "ed25519"],
    ] {
        let csr = ca.csr_by(arguments, "/CN=www.example.org", &names);
        ca.issue("tls-server", &csr);
    }
}

#[test]
fn the_order_around_it() {
    let ca = Ca::start("p256");
    let csr = std::fs::read_to_string(ca.web("www.example.org").file).unwrap();
    let order = json!({ "profile": "tls-server", "csr": csr });
    let told = ca
        .post(ORDERS, &json!({ "profile": "emperor", "csr": csr }))
        .problem(422);
    assert!(
        told.contains("tls-server") && told.contains("person"),
        "{told}"
    );
    ca.post(
        ORDERS,
        &json!({ "profile": "tls-server", "csr": csr, "ca": "nobody" }),
    )
    .problem(404);
    let told = ca
        .post(
            ORDERS,
            &json!({ "profile": "tls-server", "csr": csr, "ca": "root" }),
        )
        .problem(422);
    assert!(told.contains("authorities only"), "{told}");
    let told = ca
        .post(
            ORDERS,
            &json!({ "profile": "tls-server", "csr": csr, "lifetime": 1 }),
        )
        .problem(400);
    assert!(told.contains("lifetime"), "{told}");
    ca.post(ORDERS, &json!({ "profile": "tls-server" }))
        .problem(400);
    ca.post(ORDERS, &json!([1, 2])).problem(400);
    ca.post_bytes(ORDERS, "application/json", "{").problem(400);
    ca.post_bytes(ORDERS, "application/json", [0xff, 0xfe])
        .problem(400);
    ca.post_bytes(ORDERS, "application/json", "[".repeat(100_000))
        .problem(400);
    ca.post_bytes(ORDERS, "application/json", "x".repeat(300 * 1024))
        .problem(413);
    for content_type in [
        "text/plain",
        "application/pkcs10",
        "application/x-www-form-urlencoded",
        "",
    ] {
        ca.post_bytes(ORDERS, content_type, order.to_string())
            .problem(415);
    }
    ca.post_bytes(ORDERS, "application/json; charset=utf-8", order.to_string())
        .expect(201);
}

#[test]
fn the_method_and_the_address() {
    let ca = Ca::start("p256");
    let refused = |method: &str, url: &str| {
        let answer = ca.server.ask(["-X", method], url);
        answer.problem(405);
        answer.header("allow").to_owned()
    };
    for method in ["PUT", "DELETE", "PATCH", "BREW"] {
        let allow = refused(method, ORDERS);
        assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
        let plain = &ca.server.http;
        assert!(refused(method, &format!("{plain}/crl/issuing.crl")).contains("GET"));
        assert!(refused(method, &format!("{plain}/ca/issuing.cer")).contains("GET"));
        assert!(refused(method, &format!("{plain}/ocsp")).contains("POST"));
    }
    for path in [
        "/api/v1/nothing",
        "/api/v2/certificates",
        "/nothing",
        "/%00",
        "/..%2f..%2fetc/passwd",
    ] {
        ca.server.ask(["--path-as-is"], path).problem(404);
        ca.server
            .ask(["--path-as-is"], &format!("{}{path}", ca.server.http))
            .problem(404);
    }
    for path in [
        "/crl/nobody.crl",
        "/ca/nobody.cer",
        "/ca/..%2f..%2fxinshu.toml",
    ] {
        ca.server
            .ask([], &format!("{}{path}", ca.server.http))
            .problem(404);
    }
}

#[test]
fn who_sends_it() {
    let ca = Ca::start("p256");
    let order = json!({ "profile": "tls-server", "csr": "x" }).to_string();
    let json = ["-H", "Content-Type: application/json", "-d", &order];
    let answer = ca.server.ask(json, ORDERS);
    answer.problem(401);
    assert!(
        answer.header("www-authenticate").starts_with("Bearer"),
        "{}",
        answer.header("www-authenticate")
    );
    for token in [
        "nonsense",
        "a.b.c",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
    ] {
        let header = format!("Authorization: Bearer {token}");
        ca.server
            .ask(json.into_iter().chain(["-H", header.as_str()]), ORDERS)
            .problem(401);
    }
    let bearer = ca
        .node
        .robot("nobody", &["tsa.unit.read"])
        .bearer(&ca.server);
    ca.server
        .ask(json.into_iter().chain(["-H", bearer.as_str()]), ORDERS)
        .problem(403);
    ca.server.ask(["-H", &bearer], ORDERS).problem(403);
    ca.server.ask(["-H", &bearer], "/api/v1/cas").problem(403);
    // A token ends with its time.
    let bearer = ca
        .node
        .robot("reader", &["ca.certificate.read"])
        .bearer(&ca.server);
    ca.server.ask(["-H", &bearer], ORDERS).expect(200);
    ca.server.advance(24 * 3600);
    ca.server.ask(["-H", &bearer], ORDERS).problem(401);
}
