//! Two nodes on one PostgreSQL.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use testkit::{Browser, Options, Postgres, Server, SetAtEnd, Xinshu, wait_until};

use crate::{
    XINSHU, assert_log_holds,
    in_flight::{Asks, Done, InFlight, distinct, entries, redeem},
    order,
};

pub(crate) const CALLBACK: &str = "https://app.example.org/callback";
// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
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

/// Where a browser that is signed in at this node gets a code for `client`.
pub(crate) fn address_of_a_code(server: &Server, client: &str) -> String {
    format!(
        "{}/oauth2/authorize?response_type=code&client_id={client}&scope=openid&state=s&nonce=n\
         &redirect_uri={CALLBACK}&code_challenge={CHALLENGE}&code_challenge_method=S256",
        server.https
    )
}

/// A code for `client`, by the session in `browser`, from this node.
fn code(browser: &Browser, server: &Server, client: &str) -> String {
    let page = browser.get(&address_of_a_code(server, client));
    page.parameter("code")
        .unwrap_or_else(|| panic!("no code: {page:?}"))
}

/// The id of a new public client.
fn public_client(node: &Xinshu) -> String {
    let arguments = [
        "client",
        "add",
        "app",
        "--public",
        "--redirect-uri",
        CALLBACK,
        "--json",
    ];
    let client = node.xinshu(arguments).success().json();
    client["client_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_code_of_one_node_is_redeemed_once_at_any() {
    let nodes = two_nodes();
    let user = nodes.first.user("alice");
    let client = &public_client(&nodes.first);
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
                    if redeem(server, client, code).is_some() {
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
    let asks = Asks {
        order: &order(&nodes.first),
        robot: &nodes.first.robot("robot", &["ca.certificate.read"]),
        client: &public_client(&nodes.first),
    };
    let user = nodes.first.user("alice");
    let doomed = nodes.first.serve();
    let survivor = nodes.second.serve();
    let last_run = || {
        let sql = "SELECT COALESCE(MAX(last_run), 0) FROM job WHERE name = 'ca.publish_crl' AND lease_until = 0";
        let answer = Postgres::shared().sql(&nodes.database, sql);
        answer.trim().parse::<i64>().unwrap()
    };
    wait_until("the first run of the job", || last_run() > 0);
    let stop = AtomicBool::new(false);
    let of_doomed = InFlight::new(&doomed, &user, &stop);
    let of_survivor = InFlight::new(&survivor, &user, &stop);
    std::thread::scope(|scope| {
        let _stop = SetAtEnd(&stop);
        let enough = |in_flight: &InFlight<'_>, more: [usize; 4]| {
            let counts = in_flight.done().counts();
            counts.iter().zip(more).all(|(count, more)| *count >= more)
        };
        of_doomed.run(scope, &asks);
        of_survivor.run(scope, &asks);
        wait_until("work of every kind by both", || {
            enough(&of_doomed, [10; 4]) && enough(&of_survivor, [10; 4])
        });
        doomed.signal("KILL");
        let more = of_survivor.done().counts().map(|count| count + 10);
        wait_until("the survivor to go on", || enough(&of_survivor, more));
    });
    let mut done = Done::default();
    let mut codes_acknowledged = 0;
    for in_flight in [&of_doomed, &of_survivor] {
        let acknowledged = std::mem::take(&mut *in_flight.done());
        codes_acknowledged += acknowledged.spent.len() + acknowledged.kept.len();
        // No code is good twice; one whose answer was lost may have been used, or not.
        for (code, token) in acknowledged.spent {
            let again = redeem(&survivor, asks.client, &code);
            assert!(token.is_none() || again.is_none(), "a code was good twice");
            done.tokens.extend(token.or(again));
        }
        // A code that was acknowledged is good, whoever gave it; the newest are
        // still within their minute.
        for code in acknowledged.kept.iter().rev().take(5) {
            let token = redeem(&survivor, asks.client, code);
            done.tokens
                .push(token.expect("an acknowledged code is good"));
        }
        done.certificates.extend(acknowledged.certificates);
        done.tokens.extend(acknowledged.tokens);
    }
    for serial in &done.certificates {
        assert!(
            survivor
                .local(["-f"], &format!("/api/v1/certificates/{serial}"))
                .ok,
            "{serial} is lost"
        );
    }
    // The survivor sequences what the dead node wrote: no index twice, none left out.
    wait_until("every entry to have its place", || {
        let sql = "SELECT COUNT(*) FROM audit_waiting";
        Postgres::shared().sql(&nodes.database, sql).trim() == "0"
    });
    assert_log_holds(&nodes.first);

    // Everything that was acknowledged is in the log, and nothing is there twice.
    let log = &nodes.second;
    let certificates = entries(log, "ca.certificate.issue");
    let subjects = distinct(&certificates, "/subject");
    for serial in &done.certificates {
        let subject = format!("certificate:{serial}");
        assert!(subjects.contains(&subject), "{serial} is not in the log");
    }
    let tokens = entries(log, "idp.token.issue");
    let jtis = distinct(&tokens, "/details/jti");
    for jti in &done.tokens {
        assert!(jtis.contains(jti), "the token {jti} is not in the log");
    }
    let codes = entries(log, "idp.code.issue");
    let issued = distinct(&codes, "/details/grant");
    // One grant for each code: a second one would be a code that was redeemed twice.
    let redeemed = distinct(&tokens, "/details/grant");
    assert!(redeemed.is_subset(&issued), "a token of no code");
    assert!(issued.len() >= codes_acknowledged);
    let all = [certificates, tokens, codes].concat();
    assert_eq!(distinct(&all, "/index").len(), all.len());

    // The starts have published; the job runs when it is due again, once for the two.
    let published = entries(log, "ca.crl.publish").len();
    let ran = last_run();
    assert_eq!(published, CRLS_OF_A_START * 2);
    survivor.advance(25 * 3600);
    wait_until("the next run", || last_run() > ran);
    assert_eq!(
        entries(log, "ca.crl.publish").len(),
        published + CRLS_OF_A_RUN
    );
}

/// One for each of the two authorities.
const CRLS_OF_A_START: usize = 2;
const CRLS_OF_A_RUN: usize = 2;

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
    // A day later, for both: one CRL for each of the two authorities. Exactly one
    // period: a run any further ahead would not count at a node whose clock is behind.
    for server in &servers {
        server.advance(24 * 3600);
    }
    wait_until("the next run", || last_run() > ran);
    // Each node looks at all jobs once more, from the first to the last.
    for server in &servers {
        let before = looks(server);
        wait_until("another look", || looks(server) >= before + 2);
    }
    assert_eq!(count(), published + 2);
    let numbers = "SELECT COUNT(*) - COUNT(DISTINCT (authority_id, crl_number)) FROM ca_crl";
    assert_eq!(Postgres::shared().sql(&nodes.database, numbers).trim(), "0");
}

/// How often a node has looked whether a job is due.
fn looks(server: &Server) -> u64 {
    let metrics = server.ask([], &format!("{}/metrics", server.ops)).text();
    let count = metrics
        .lines()
        .find_map(|line| line.strip_prefix("xinshu_jobs_looked_total "));
    count.map_or(0, |count| count.parse().unwrap())
}
