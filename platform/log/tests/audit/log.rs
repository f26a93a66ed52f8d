//! A log in a database of its own, and the edits that somebody could make to it.

use std::sync::Arc;

use crypto::KeyAlgorithm;
use hsm_adapters::{Key, Keyring, KeyringSettings, Sm2Settings};
use platform_access::Caller;
use platform_log::{
    Entry, ListQuery, RecordEntry as _, RecordedEntry, Report, Sequencer, Subject,
    checkpoint::{Checkpoint, VerifierKey},
};
use platform_runtime::{Clock as _, clock::ManualClock};
use platform_store::{Store, StoreError, params};
use testkit::Postgres;

const ORIGIN: &str = "log.example/xinshu";

pub(crate) struct Log {
    pub(crate) store: Store,
    pub(crate) sequencer: Sequencer,
    pub(crate) verifier: VerifierKey,
    pub(crate) caller: Caller,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) key: Arc<dyn Key>,
}

impl Log {
    async fn new(url: &str, key: Arc<dyn Key>) -> Self {
        let store = Store::open(url, migrations::schema()).await.unwrap();
        platform_log::create(&store, ORIGIN, key.uri())
            .await
            .unwrap();
        let clock = Arc::new(ManualClock::new("2026-03-01T08:00:00Z".parse().unwrap()));
        let sequencer = Sequencer::new(store.clone(), Arc::clone(&key), clock.clone());
        let verifier = sequencer.verifier(ORIGIN).unwrap();
        let caller = Caller::local("root");
        Self {
            store,
            sequencer,
            verifier,
            caller,
            clock,
            key,
        }
    }

    /// Lets two minutes go by: of the checkpoints of one minute, one is kept.
    pub(crate) fn pass(&self) {
        self.clock
            .set(self.clock.now() + jiff::SignedDuration::from_mins(2));
    }

    /// An act a moment after the last.
    pub(crate) fn entry(&self, subject: Subject) -> Entry {
        let now = self.clock.now() + jiff::SignedDuration::from_micros(1);
        self.clock.set(now);
        Entry::new("idp.sign_in", &self.caller, subject, now)
    }

    /// Writes `count` entries and signs the head.
    pub(crate) async fn write(&self, count: usize) -> Checkpoint {
        for n in 0..count {
            let subject = Subject::person(format!("user:{n}"));
            let entry = self.entry(subject).with("method", "pwd");
            self.store.record(entry).await.unwrap();
        }
        self.sequencer.catch_up().await.unwrap();
        let note = platform_log::latest_checkpoint(&self.store)
            .await
            .unwrap()
            .unwrap();
        Checkpoint::open(&note, &self.verifier).unwrap()
    }

    /// Executes statements with "; " between them.
    pub(crate) async fn edit(&self, sql: &'static str) {
        self.store
            .transact(async move |tx| {
                for statement in sql.split("; ") {
                    let changed = tx.execute(statement, vec![]).await?;
                    assert!(changed > 0, "nothing was changed by {statement}");
                }
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
    }

    /// Removes everything from the place `size` on, but the tree's own state.
    pub(crate) async fn cut(&self, size: i64) {
        self.store
            .transact(async move |tx| {
                for sql in [
                    "UPDATE audit_stream SET next_id = (SELECT MIN(id) FROM audit_placed
                             WHERE leaf_index >= $1 AND id / 1099511627776 = audit_stream.id)
                         WHERE EXISTS (SELECT 1 FROM audit_placed
                             WHERE leaf_index >= $1 AND id / 1099511627776 = audit_stream.id)",
                    "DELETE FROM audit_entry WHERE id IN
                             (SELECT id FROM audit_placed WHERE leaf_index >= $1)",
                    "DELETE FROM audit_batch WHERE leaf_index >= $1",
                    "UPDATE audit_batch SET entries = $1 - leaf_index
                         WHERE leaf_index + entries > $1",
                    "DELETE FROM audit_checkpoint WHERE tree_size > $1",
                ] {
                    tx.execute(sql, params![size]).await?;
                }
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
    }

    /// The newest entries.
    pub(crate) async fn list(&self, limit: i64) -> Vec<RecordedEntry> {
        let query = ListQuery::default();
        let listed = platform_log::list(&self.store, &query, limit).await;
        listed
            .unwrap()
            .into_iter()
            .map(|(_, entry)| entry)
            .collect()
    }

    pub(crate) async fn verify(&self, given: Option<&Checkpoint>) -> Report {
        platform_log::verify(&self.store, &self.verifier, given, &[], &mut |_| {})
            .await
            .unwrap()
    }
}

/// Runs `story` on a fresh log in each database.
pub(crate) async fn on_both<F: AsyncFn(Log)>(story: F) {
    let folder = tempfile::tempdir().unwrap();
    let keyring = Keyring::open(KeyringSettings {
        software_dir: folder.path().join("keys"),
        passphrase: Some("a passphrase".to_owned().into()),
        default_store: "software:".to_owned(),
        queue: 64,
        timeout: std::time::Duration::from_secs(10),
        sessions: 0,
        further_stores: Vec::new(),
        sm2: Sm2Settings::default(),
    })
    .await
    .unwrap();
    let key = keyring
        .generate("software:log", KeyAlgorithm::Ed25519)
        .await
        .unwrap();
    let sqlite = format!("sqlite:{}", folder.path().join("x.db").display());
    let postgres = tokio::task::spawn_blocking(|| Postgres::shared().database())
        .await
        .unwrap();
    for url in [sqlite, postgres] {
        story(Log::new(&url, Arc::clone(&key)).await).await;
    }
}
