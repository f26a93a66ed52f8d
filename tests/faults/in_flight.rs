//! Work of every kind at one node, and what the node acknowledged of it.

use std::{
    collections::HashSet,
    path::Path,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use testkit::{Browser, Robot, Server, User, Xinshu};

use crate::{
    issue, serial,
    two_nodes::{CALLBACK, VERIFIER, address_of_a_code},
};

/// What is asked of a node.
pub(crate) struct Asks<'a> {
    pub(crate) order: &'a Path,
    pub(crate) robot: &'a Robot,
    pub(crate) client: &'a str,
}

/// What one node acknowledged.
pub(crate) struct InFlight<'a> {
    pub(crate) server: &'a Server,
    stop: &'a AtomicBool,
    browsers: Vec<Browser>,
    done: Mutex<Done>,
}

#[derive(Default)]
pub(crate) struct Done {
    /// Serial numbers of certificates.
    pub(crate) certificates: Vec<String>,
    /// `jti` of tokens.
    pub(crate) tokens: Vec<String>,
    /// Codes that were sent to be redeemed, and the token where one came back.
    pub(crate) spent: Vec<(String, Option<String>)>,
    /// Codes that were kept.
    pub(crate) kept: Vec<String>,
}

impl Done {
    /// How much of each kind there is.
    pub(crate) fn counts(&self) -> [usize; 4] {
        [
            self.certificates.len(),
            self.tokens.len(),
            self.spent.len(),
            self.kept.len(),
        ]
    }
}

impl<'a> InFlight<'a> {
    /// Signs in, several times.
    pub(crate) fn new(server: &'a Server, user: &User, stop: &'a AtomicBool) -> Self {
        let browsers = (0..4).map(|_| {
            let browser = Browser::new(server);
            let page = browser.sign_in(&server.https, user);
            assert!((300..400).contains(&page.status), "{page:?}");
            browser
        });
        Self {
            server,
            stop,
            browsers: browsers.collect(),
            done: Mutex::default(),
        }
    }

    pub(crate) fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap()
    }

    /// Asks for everything in turn, several at a time and each at another turn, until it
    /// is told to stop or the node is gone.
    pub(crate) fn run<'s>(&'s self, scope: &'s std::thread::Scope<'s, '_>, asks: &'s Asks<'_>) {
        for (first, browser) in self.browsers.iter().enumerate() {
            scope.spawn(move || {
                for turn in first.. {
                    let done = match turn % 3 {
                        0 => self.certificate(asks),
                        1 => self.token(asks),
                        _ => self.codes(asks, browser),
                    };
                    if done.is_none() || self.stop.load(Ordering::SeqCst) {
                        break;
                    }
                }
            });
        }
    }

    fn certificate(&self, asks: &Asks<'_>) -> Option<()> {
        let (status, answer) = issue(self.server, asks.order);
        (status == 201).then(|| self.done().certificates.push(serial(&answer)))
    }

    fn token(&self, asks: &Asks<'_>) -> Option<()> {
        let user = format!("{}:{}", asks.robot.id, asks.robot.secret);
        let form = "grant_type=client_credentials&scope=api";
        let answer = self
            .server
            .curl(["-f", "-u", &user, "-d", form], "/oauth2/token");
        answer
            .ok
            .then(|| self.done().tokens.push(jti(&answer.json())))
    }

    /// Two codes: one is redeemed at once, one is kept.
    fn codes(&self, asks: &Asks<'_>, browser: &Browser) -> Option<()> {
        let code = || {
            let page = browser.try_get(&address_of_a_code(self.server, asks.client))?;
            page.parameter("code")
        };
        let spent = code()?;
        let token = redeem(self.server, asks.client, &spent);
        let gone = token.is_none();
        self.done().spent.push((spent, token));
        if gone {
            return None;
        }
        let kept = code()?;
        self.done().kept.push(kept);
        Some(())
    }
}

/// Redeems a code; the token's `jti`, where one came.
pub(crate) fn redeem(server: &Server, client: &str, code: &str) -> Option<String> {
    let form = format!(
        "grant_type=authorization_code&client_id={client}&code={code}&redirect_uri={CALLBACK}&code_verifier={VERIFIER}"
    );
    let answer = server.curl(["-f", "-d", &form], "/oauth2/token");
    answer.ok.then(|| jti(&answer.json()))
}

/// The `jti` in an answer's access token.
fn jti(answer: &Value) -> String {
    let token = answer["access_token"].as_str().unwrap();
    let payload = token.split('.').nth(1).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(payload).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["jti"].as_str().unwrap().to_owned()
}

/// All entries of one action that record a success.
pub(crate) fn entries(node: &Xinshu, action: &str) -> Vec<Value> {
    let list = [
        "audit", "list", "--action", action, "--limit", "1000", "--json",
    ];
    let Value::Array(entries) = node.xinshu(list).success().json() else {
        panic!("not a list");
    };
    assert!(entries.len() < 1000, "{action}: more than a page");
    let well = |entry: &Value| entry["outcome"] == "success";
    entries.into_iter().filter(well).collect()
}

/// A member of each entry, which none has in common with another.
#[track_caller]
pub(crate) fn distinct(entries: &[Value], pointer: &str) -> HashSet<String> {
    let members = entries.iter().filter_map(|entry| entry.pointer(pointer));
    let members: Vec<String> = members
        .map(|member| {
            member
                .as_str()
                .map_or_else(|| member.to_string(), str::to_owned)
        })
        .collect();
    let distinct: HashSet<String> = members.iter().cloned().collect();
    assert_eq!(distinct.len(), members.len(), "{pointer} comes twice");
    distinct
}
