//! The certificates of units as files.

use pki::Certificate;
use testkit::run;

use crate::support::Tsa;

#[test]
fn in_every_form_and_with_validators() {
    let tsa = Tsa::start("p256");
    let get = |path: &str, arguments: &[&str]| {
        let url = format!("{}{path}", tsa.server.http);
        tsa.server.ask(arguments.iter().copied(), &url)
    };
    let unit = tsa.unit();
    let der = get("/tsa/default.cer", &[]).expect(200);
    assert_eq!(der.header("content-type"), "application/pkix-cert");
    assert_eq!(der.body, unit.der());
    assert_eq!(get("/tsa/default.pem", &[]).text(), unit.to_pem());
    let chain = get("/tsa/default.chain.pem", &[]).expect(200);
    let chain = Certificate::bundle_from_pem(&chain.text()).unwrap();
    let root = Certificate::bundle_from_pem(&std::fs::read_to_string(tsa.node.root()).unwrap());
    assert_eq!((&chain[0], &chain[2]), (&unit, &root.unwrap()[0]));
    assert!(chain[0].is_issued_by(&chain[1]) && chain[1].is_issued_by(&chain[2]));
    let message = get("/tsa/default.p7c", &[]).expect(200);
    let file = tsa.written("unit.p7c", message.body);
    let read = run(std::process::Command::new("openssl")
        .args(["pkcs7", "-inform", "DER", "-print_certs", "-noout", "-in"])
        .arg(file));
    assert_eq!(read.success().text().matches("subject=").count(), 3);
    let etag = format!("If-None-Match: {}", der.header("etag"));
    get("/tsa/default.cer", &["-H", &etag]).expect(304);
    get("/tsa/nobody.cer", &[]).problem(404);
    for no_file in ["/tsa/default", "/tsa/default.exe"] {
        let answer = get(no_file, &[]);
        assert_eq!(answer.header("allow"), "POST");
        answer.problem(405);
    }
}

/// A private unit exists only for those who may stamp with it.
#[test]
fn of_a_private_unit_only_for_its_callers() {
    let tsa = Tsa::start("p256");
    tsa.node.sql("UPDATE tsa_unit SET is_public = 0");
    let url = format!("{}/tsa/default.cer", tsa.server.http);
    testkit::wait_until("the unit to be private", || {
        tsa.server.ask([], &url).status == 404
    });
    let robot = tsa.node.robot("robot", &["tsa.stamp"]);
    let bearer = robot.bearer(&tsa.server);
    tsa.server
        .ask(["-H", &bearer], "/tsa/default.cer")
        .expect(200);
}
