//! Two nodes on one PostgreSQL.

use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use testkit::{Browser, Options, Postgres, Server, Xinshu, wait_until};

use crate::{XINSHU, assert_log_holds, issue, order, serial};

const CALLBACK: &str = "https://app.example.org/callback";
// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(crate) struct Nodes {
    pub(crate) first: Xinshu,
    pub(crate) second: Xinshu,
    pub(crate) database: String,
}

pub(crate) fn two_nodes() -> Nodes {
    let database = Postgres::shared().database();
    let settings = vec![format!("database.url={database}")];
    let first = Xinshu::init(
        XINSHU,
        Options {
            settings,
            ..Options::default()
        },
    );
    let second = first.second_node();
    Nodes {
        first,
        second,
        database,
    }
}

/// A code for `client`, by the session in `browser`, from this node.
fn code(browser: &Browser, server: &Server, client: &str) -> String {
    let page = browser.get(&format!(
        "{}/oauth2/authorize?response_type=code&client_id={client}&scope=openid&state=s&nonce=n\
         &redirect_uri={CALLBACK}&code_challenge={CHALLENGE}&code_challenge_method=S256",
        server.https
    ));
    page.parameter("code")
        .unwrap_or_else(|| panic!("no code: {page:?}"))
}

/// Redeems a code at a node: true where tokens came.
fn redeem(server: &Server, client: &str, code: &str) -> bool {
    let form = format!(
        "grant_type=authorization_code&client_id={client}&code={code}&redirect_uri={CALLBACK}&code_verifier={VERIFIER}"
    );
    server.curl(["-f", "-d", &form], "/oauth2/token").ok
}

#[test]
fn a_code_of_one_node_is_redeemed_once_at_any() {
    let nodes = two_nodes();
    let user = nodes.first.user("alice");
    let arguments = [
        "client",
        "add",
        "app",
        "--public",
        "--redirect-uri",
        CALLBACK,
        "--json",
    ];
    let client = nodes.first.xinshu(arguments).success().json();
    let client = client["client_id"].as_str().unwrap();
    let servers = [nodes.first.serve(), nodes.second.serve()];
    let browser = Browser::new(&servers[0]);
    let signed_in = browser.sign_in(&servers[0].https, &user);
    assert!((300..400).contains(&signed_in.status), "{signed_in:?}");

    for turn in 0..6 {
        // The session of the first node is known to the second, too.
        let code = code(&browser, &servers[turn % 2], client);
        let redeemed = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for attempt in 0..8 {
                let (server, code, redeemed) = (&servers[attempt % 2], &code, &redeemed);
                scope.spawn(move || {
                    if redeem(server, client, code) {
                        redeemed.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(redeemed.into_inner(), 1, "turn {turn}");
    }
    drop(servers);
    assert_log_holds(&nodes.first);
}

#[test]
fn one_node_is_killed_and_nothing_is_lost() {
    let nodes = two_nodes();
    let order = order(&nodes.first);
    let mut doomed = nodes.first.serve();
    let survivor = nodes.second.serve();
    let received = Mutex::new(Vec::new());
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for turn in 0..4 {
            let server = if turn % 2 == 0 { &doomed } else { &survivor };
            let (received, stop, order) = (&received, &stop, &order);
            scope.spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    let (status, answer) = issue(server, order);
                    match status {
                        201 => received.lock().unwrap().push(serial(&answer)),
                        // Killed.
                        _ => break,
                    }
                }
            });
        }
        wait_until("certificates by both", || {
            received.lock().unwrap().len() >= 40
        });
        doomed.signal("KILL");
        let before = received.lock().unwrap().len();
        wait_until("the survivor to go on", || {
            received.lock().unwrap().len() >= before + 20
        });
        stop.store(true, Ordering::SeqCst);
    });
    doomed.kill();
    let received = received.into_inner().unwrap();
    let serials: HashSet<&String> = received.iter().collect();
    assert_eq!(
        serials.len(),
        received.len(),
        "a serial number was given out twice"
    );
    for serial in serials {
        assert!(
            survivor
                .local(["-f"], &format!("/api/v1/certificates/{serial}"))
                .ok,
            "{serial} is lost"
        );
    }
    // The survivor sequences what the dead node wrote: no index twice, none left out.
    wait_until("every entry to have its place", || {
        let sql = "SELECT COUNT(*) FROM audit_entry WHERE leaf_index IS NULL";
        Postgres::shared().sql(&nodes.database, sql).trim() == "0"
    });
    let report = assert_log_holds(&nodes.first);
    assert!(report["size"].as_u64().unwrap() >= received.len() as u64);
}

#[test]
fn a_scheduled_job_runs_on_one_node_alone() {
    let nodes = two_nodes();
    let servers = [nodes.first.serve(), nodes.second.serve()];
    let count = || -> u32 {
        let sql = "SELECT COUNT(*) FROM audit_entry WHERE action = 'ca.crl.publish'";
        Postgres::shared()
            .sql(&nodes.database, sql)
            .trim()
            .parse()
            .unwrap()
    };
    let last_run = || -> i64 {
        let sql = "SELECT COALESCE(MAX(last_run), 0) FROM job WHERE name = 'ca.publish_crl' AND lease_until = 0";
        Postgres::shared()
            .sql(&nodes.database, sql)
            .trim()
            .parse()
            .unwrap()
    };
    // The first run of the job comes soon after the start.
    wait_until("the first run", || last_run() > 0);
    let (published, ran) = (count(), last_run());
    // A day later, for both: one CRL for each of the two authorities.
    for server in &servers {
        server.advance(25 * 3600);
    }
    wait_until("the next run", || last_run() > ran);
    // Both nodes have looked again by the time another entry of each is sequenced.
    let order = order(&nodes.first);
    for server in servers.iter().chain(&servers) {
        let (status, answer) = issue(server, &order);
        assert_eq!(status, 201, "{answer}");
    }
    wait_until("every entry to have its place", || {
        let sql = "SELECT COUNT(*) FROM audit_entry WHERE leaf_index IS NULL";
        Postgres::shared().sql(&nodes.database, sql).trim() == "0"
    });
    assert_eq!(count(), published + 2);
    let numbers = "SELECT COUNT(*) - COUNT(DISTINCT (issuer, crl_number)) FROM ca_crl";
    assert_eq!(Postgres::shared().sql(&nodes.database, numbers).trim(), "0");
}
