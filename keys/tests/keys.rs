//! The administration of keys, in process.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::{os::unix::fs::PermissionsExt as _, sync::Arc};

use async_trait::async_trait;
use axum::{
    Extension, Router,
    body::Body,
    http::{Request, StatusCode},
};
use crypto::KeyAlgorithm;
use hsm_adapters::{KeyError, KeySpec, KeyUsage, Keyring, KeyringSettings};
use http_body_util::BodyExt as _;
use keys::{
    Error, KeyReference, KeyReferences, NewKey, Service, destroy::destroy, generate::generate,
};
use parking_lot::Mutex;
use platform_access::{Access, Actor, Caller, Permissions};
use platform_log::{ListQuery, Outcome, RecordedEntry};
use platform_runtime::{SharedClock, clock::SystemClock};
use platform_store::{Store, StoreError};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

#[derive(Debug, Default)]
struct References(Mutex<Vec<KeyReference>>);

#[async_trait]
impl KeyReferences for References {
    async fn key_references(&self) -> Result<Vec<KeyReference>, StoreError> {
        Ok(self.0.lock().clone())
    }
}

struct Fixture {
    keys: Service,
    store: Store,
    references: Arc<References>,
    folder: TempDir,
}

impl Fixture {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let passphrase = Some("a passphrase".to_owned().into());
        let settings = KeyringSettings::software(folder.path().join("keys"), passphrase);
        let keyring = Arc::new(Keyring::open(settings).await.unwrap());
        let url = format!("sqlite:{}", folder.path().join("x.db").display());
        let store = Store::open(&url, migrations::schema()).await.unwrap();
        let clock: SharedClock = Arc::new(SystemClock::default());
        let access = Access::by_permissions(store.clone(), Arc::clone(&clock));
        let references = Arc::new(References::default());
        let hook = Arc::clone(&references) as Arc<dyn KeyReferences>;
        Self {
            keys: Service::new(keyring, access, store.clone(), clock, hook),
            store,
            references,
            folder,
        }
    }

    /// Action, outcome and cause of every entry, the oldest first.
    async fn entries(&self) -> Vec<(String, Outcome, Option<String>)> {
        let listed = platform_log::list(&self.store, &ListQuery::default(), 100).await;
        let entry = |(_, entry): (_, RecordedEntry)| (entry.action, entry.outcome, entry.cause);
        listed.unwrap().into_iter().rev().map(entry).collect()
    }

    async fn ask(
        &self,
        caller: Caller,
        method: &str,
        path: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        let (router, _) = self.keys.api().split_for_parts();
        let router: Router = router.layer(Extension(caller));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }
}

fn administrator() -> Caller {
    Caller::local("admin")
}

fn user(permissions: &str) -> Caller {
    let mut caller = Caller::local("someone");
    caller.actor = Actor::User {
        id: "u-1".to_owned(),
        name: "alice".to_owned(),
        permissions: Permissions::parse(permissions),
    };
    caller
}

fn new_key(name: &str) -> NewKey {
    NewKey {
        name: name.to_owned(),
        spec: KeySpec::signing(KeyAlgorithm::P256),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intent_is_logged_before_and_the_outcome_after() {
    let fixture = Fixture::new().await;
    let key = generate(&fixture.keys, &administrator(), new_key("archive"))
        .await
        .unwrap();
    assert_eq!(key.uri(), "software:archive");
    let taken = generate(&fixture.keys, &administrator(), new_key("archive")).await;
    assert!(matches!(taken, Err(Error::Key(KeyError::KeyExists { .. }))));
    destroy(&fixture.keys, &administrator(), key.uri())
        .await
        .unwrap();
    let entries = fixture.entries().await;
    let seen: Vec<_> = entries
        .iter()
        .map(|(action, outcome, _)| (action.as_str(), *outcome))
        .collect();
    assert_eq!(
        seen,
        [
            ("hsm.key.generate.intent", Outcome::Success),
            ("hsm.key.generate", Outcome::Success),
            ("hsm.key.generate.intent", Outcome::Success),
            ("hsm.key.generate", Outcome::Failed),
            ("hsm.key.destroy.intent", Outcome::Success),
            ("hsm.key.destroy", Outcome::Success),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_is_generated_whose_intent_cannot_be_recorded() {
    let fixture = Fixture::new().await;
    fixture
        .store
        .transact(async |tx| {
            tx.execute("ALTER TABLE audit_entry RENAME TO gone", vec![])
                .await
        })
        .await
        .unwrap();
    let refused = generate(&fixture.keys, &administrator(), new_key("archive")).await;
    assert!(matches!(refused, Err(Error::Store(_))), "{refused:?}");
    let files = std::fs::read_dir(fixture.folder.path().join("keys")).unwrap();
    assert_eq!(files.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outcome_is_recorded_if_the_caller_goes_away() {
    let fixture = Fixture::new().await;
    let caller = administrator();
    let generation = generate(&fixture.keys, &caller, new_key("archive"));
    // Long enough for the intent, too short for the encryption of the key.
    let _ = tokio::time::timeout(std::time::Duration::from_millis(10), generation).await;
    for _ in 0..200 {
        let entries = fixture.entries().await;
        // Without an intent there is nothing to wait for.
        if entries.is_empty()
            || entries
                .iter()
                .any(|(action, ..)| action == "hsm.key.generate")
        {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("an intent without an outcome");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_use_is_not_destroyed_whatever_it_is_called() {
    let fixture = Fixture::new().await;
    generate(&fixture.keys, &administrator(), new_key("issuing"))
        .await
        .unwrap();
    fixture.references.0.lock().push(KeyReference {
        uri: "software:issuing".to_owned(),
        used_by: "authority issuing".to_owned(),
    });
    let refused = destroy(&fixture.keys, &administrator(), "software:issuing").await;
    let Err(Error::InUse { used_by, .. }) = &refused else {
        panic!("{refused:?}");
    };
    assert_eq!(used_by, &["authority issuing"]);
    let entries = fixture.entries().await;
    let (action, outcome, cause) = entries.last().unwrap();
    assert_eq!(
        (action.as_str(), *outcome),
        ("hsm.key.destroy", Outcome::Refused)
    );
    assert!(cause.as_ref().unwrap().contains("authority issuing"));
    let (status, problem) = fixture
        .ask(
            administrator(),
            "DELETE",
            "/api/v1/keys/software%3Aissuing",
            json!(null),
        )
        .await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    fixture.references.0.lock().clear();
    destroy(&fixture.keys, &administrator(), "software:issuing")
        .await
        .unwrap();
}

/// The key that cannot be read might be the very one.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_destroyed_while_a_reference_cannot_be_resolved() {
    let fixture = Fixture::new().await;
    generate(&fixture.keys, &administrator(), new_key("archive"))
        .await
        .unwrap();
    let damaged = fixture.folder.path().join("keys/damaged.pem");
    std::fs::write(&damaged, "not a key").unwrap();
    std::fs::set_permissions(&damaged, std::fs::Permissions::from_mode(0o600)).unwrap();
    fixture.references.0.lock().push(KeyReference {
        uri: "software:damaged".to_owned(),
        used_by: "authority issuing".to_owned(),
    });
    let outcome = destroy(&fixture.keys, &administrator(), "software:archive").await;
    assert!(
        matches!(&outcome, Err(Error::Key(error)) if !matches!(error, KeyError::NoSuchKey { .. })),
        "{outcome:?}"
    );
    let gone_or_elsewhere = ["software:gone", "pkcs11:token=elsewhere;object=issuing"];
    *fixture.references.0.lock() = gone_or_elsewhere
        .map(|uri| KeyReference {
            uri: uri.to_owned(),
            used_by: "authority issuing".to_owned(),
        })
        .into();
    destroy(&fixture.keys, &administrator(), "software:archive")
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_verb_needs_its_permission() {
    let fixture = Fixture::new().await;
    let body = json!({ "name": "archive", "algorithm": "p384", "usage": ["sign", "agree"] });
    let reader = || user("hsm.key.read");
    for (caller, method, path) in [
        (reader(), "POST", "/api/v1/keys"),
        (reader(), "DELETE", "/api/v1/keys/software%3Aarchive"),
        (user("hsm.key.generate"), "GET", "/api/v1/keys"),
        (user("hsm.key.generate"), "GET", "/api/v1/key-stores"),
    ] {
        let (status, _) = fixture.ask(caller, method, path, body.clone()).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}");
    }
    let refused = fixture.entries().await;
    assert_eq!(refused.len(), 4);
    assert!(
        refused
            .iter()
            .all(|(_, outcome, _)| *outcome == Outcome::Refused)
    );

    let (status, key) = fixture
        .ask(user("hsm.key.generate"), "POST", "/api/v1/keys", body)
        .await;
    assert_eq!(status, StatusCode::CREATED, "{key}");
    let expected = json!({
        "uri": "software:archive", "algorithm": "p384", "strength_bits": 192,
        "usage": ["sign", "agree"], "exportable": false,
    });
    assert_eq!(key, expected);
    let (_, shown) = fixture
        .ask(
            reader(),
            "GET",
            "/api/v1/keys/software%3Aarchive",
            json!(null),
        )
        .await;
    assert_eq!(shown, expected);
    let (_, stores) = fixture
        .ask(reader(), "GET", "/api/v1/key-stores", json!(null))
        .await;
    assert_eq!(stores["items"][0]["state"], "ready");
    assert_eq!(stores["items"][0]["default"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_listed_page_by_page() {
    let fixture = Fixture::new().await;
    for name in ["a", "b", "c"] {
        generate(&fixture.keys, &administrator(), new_key(name))
            .await
            .unwrap();
    }
    let mut path = "/api/v1/keys?limit=2".to_owned();
    let mut uris = Vec::new();
    loop {
        let (status, page) = fixture
            .ask(administrator(), "GET", &path, json!(null))
            .await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        uris.extend(
            items
                .iter()
                .map(|key| key["uri"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/api/v1/keys?limit=2&cursor={next}");
    }
    assert_eq!(uris, ["software:a", "software:b", "software:c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn impossible_keys_are_refused_with_the_reason_and_without_an_intent() {
    let fixture = Fixture::new().await;
    for (body, reason) in [
        (json!({ "name": "a", "algorithm": "p521" }), "p521"),
        (
            json!({ "name": "a", "algorithm": "p256", "usage": ["fly"] }),
            "fly",
        ),
        (
            json!({ "name": "a", "algorithm": "ed25519", "usage": ["wrap"] }),
            "wrap",
        ),
        (json!({ "name": "../a", "algorithm": "p256" }), "label"),
        (
            json!({ "name": "pkcs11:token=b;object=a", "algorithm": "p256" }),
            "keys.store",
        ),
    ] {
        let (status, problem) = fixture
            .ask(administrator(), "POST", "/api/v1/keys", body.clone())
            .await;
        assert_eq!(
            status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{body}: {problem}"
        );
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(reason), "{body}: {detail}");
    }
    let unknown = json!({ "name": "a", "algorithm": "p256", "exported": true });
    let (status, _) = fixture
        .ask(administrator(), "POST", "/api/v1/keys", unknown)
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(fixture.entries().await, []);
    let usage = KeyUsage::possible(KeyAlgorithm::P256);
    assert_eq!(usage.to_string(), "sign,agree");
}
