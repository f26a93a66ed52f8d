//! The audit log catches every edit of its entries, on both databases.
#![allow(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use crypto::{KeyAlgorithm, PublicKey, SignatureAlgorithm};
use hsm_adapters::{Key, KeyError, Keyring, KeyringSettings, Sm2Settings};
use platform_access::Caller;
use platform_log::{
    AuditSink as _, Comparison, Entry, Fact, FactSink, ListQuery, Progress, RecordCheck,
    RecordEntry as _, RecordedEntry, Report, Sequencer, Subject,
    checkpoint::{Checkpoint, VerifierKey},
};
use platform_runtime::{Clock as _, clock::ManualClock};
use platform_store::{Backend, Snapshot, Store, StoreError, params};
use testkit::Postgres;

const ORIGIN: &str = "log.example/xinshu";

struct Log {
    store: Store,
    sequencer: Sequencer,
    verifier: VerifierKey,
    caller: Caller,
    clock: Arc<ManualClock>,
    key: Arc<dyn Key>,
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
    fn pass(&self) {
        self.clock
            .set(self.clock.now() + jiff::SignedDuration::from_mins(2));
    }

    /// An act a moment after the last.
    fn entry(&self, subject: Subject) -> Entry {
        let now = self.clock.now() + jiff::SignedDuration::from_micros(1);
        self.clock.set(now);
        Entry::new("idp.sign_in", &self.caller, subject, now)
    }

    /// Writes `count` entries and signs the head.
    async fn write(&self, count: usize) -> Checkpoint {
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
    async fn edit(&self, sql: &'static str) {
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
    async fn cut(&self, size: i64) {
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
    async fn list(&self, limit: i64) -> Vec<RecordedEntry> {
        let query = ListQuery::default();
        let listed = platform_log::list(&self.store, &query, limit).await;
        listed
            .unwrap()
            .into_iter()
            .map(|(_, entry)| entry)
            .collect()
    }

    async fn verify(&self, given: Option<&Checkpoint>) -> Report {
        platform_log::verify(&self.store, &self.verifier, given, &[], &mut |_| {})
            .await
            .unwrap()
    }
}

/// Runs `story` on a fresh log in each database.
async fn on_both<F: AsyncFn(Log)>(story: F) {
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

#[tokio::test(flavor = "multi_thread")]
async fn an_untouched_log_holds_and_grows() {
    on_both(async |log| {
        let first = log.write(5).await;
        let second = log.write(8).await;
        assert_eq!((first.size, second.size), (5, 13));
        let report = log.verify(Some(&first)).await;
        assert!(report.holds(), "{report:?}");
        assert_eq!((report.size, report.waiting), (13, 0));
        assert_eq!(report.root, hex::encode(second.root));
    })
    .await;
}

/// Every kind of edit that somebody with the database's password could make.
#[tokio::test(flavor = "multi_thread")]
async fn every_edit_is_caught() {
    let edits = [
        "UPDATE audit_entry SET body = replace(body, 'success', 'refused') WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 3)",
        "UPDATE audit_entry SET action = 'idp.sign_out' WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 3)",
        "UPDATE audit_entry SET personal = replace(personal, 'user:3', 'user:4') WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 3)",
        "DELETE FROM audit_entry WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 3)",
        "DELETE FROM audit_entry WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 9)",
        "UPDATE audit_entry SET id = id + 1000 WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 3)",
        "UPDATE audit_entry SET id = id + 5 * 1099511627776 WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 3)",
        "INSERT INTO audit_entry (id, written_at, action, body) SELECT id + 1000000, written_at, action, body FROM audit_entry WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 3)",
        "INSERT INTO audit_entry (id, written_at, action, body) SELECT 7, written_at, action, body FROM audit_entry WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 3)",
        "UPDATE audit_batch SET entries = entries - 1",
        "UPDATE audit_batch SET entry_id = entry_id + 1000000",
        "DELETE FROM audit_batch",
        "UPDATE audit_stream SET next_id = next_id - 1",
        "DELETE FROM audit_stream",
        "UPDATE audit_checkpoint SET root = (SELECT frontier FROM audit_tree) WHERE tree_size = 10",
        // As if the step was claimed, which the schema asks for.
        "UPDATE audit_tree SET claim_from = size, claim_size = 1; \
         UPDATE audit_tree SET frontier = (SELECT root FROM audit_checkpoint), size = 1, claim_from = -1",
        "DELETE FROM audit_tree",
        "DELETE FROM audit_checkpoint",
    ];
    for edit in edits {
        on_both(async |log| {
            log.write(10).await;
            log.edit(edit).await;
            let report = log.verify(None).await;
            assert!(!report.holds(), "not caught: {edit}");
        })
        .await;
    }
}

/// The end cut off, its checkpoint with it, and the stored state left as it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_cut_short_contradicts_its_own_state() {
    on_both(async |log| {
        log.write(4).await;
        // Or the earlier checkpoint would be thinned out.
        log.pass();
        log.write(4).await;
        log.cut(4).await;
        let report = log.verify(None).await;
        let findings = report.findings.join("; ");
        assert!(findings.contains("cut off"), "{report:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn swapped_entries_are_caught() {
    on_both(async |log| {
        log.write(10).await;
        for edit in [
            "UPDATE audit_entry SET id = 1 WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 3)",
            "UPDATE audit_entry SET id = (SELECT b.entry_id + 3 - b.leaf_index FROM audit_batch b WHERE b.leaf_index <= 3 ORDER BY b.leaf_index DESC LIMIT 1) WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 4)",
            "UPDATE audit_entry SET id = (SELECT b.entry_id + 4 - b.leaf_index FROM audit_batch b WHERE b.leaf_index <= 4 ORDER BY b.leaf_index DESC LIMIT 1) WHERE id = 1",
        ] {
            log.edit(edit).await;
        }
        let report = log.verify(None).await;
        assert!(report.findings[0].contains("reordered"), "{report:?}");
    })
    .await;
}

/// An attacker who cuts the log's end off, head included, is caught by a checkpoint kept elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_below_a_given_checkpoint_is_caught() {
    on_both(async |log| {
        let state = "SELECT size, frontier FROM audit_tree";
        log.write(4).await;
        let before = log
            .store
            .fetch_optional(state, vec![])
            .await
            .unwrap()
            .unwrap();
        let frontier: Vec<u8> = before.get("frontier").unwrap();
        // Or the earlier checkpoint would be thinned out.
        log.pass();
        let kept = log.write(4).await;
        log.cut(4).await;
        // As if the step was claimed, which the schema asks for.
        log.edit("UPDATE audit_tree SET claim_from = size, claim_size = 4")
            .await;
        log.store
            .transact(async move |tx| {
                let sql = "UPDATE audit_tree SET size = 4, frontier = $1, claim_from = -1";
                tx.execute(sql, params![frontier.clone()]).await
            })
            .await
            .unwrap();
        assert!(log.verify(None).await.holds());
        let report = log.verify(Some(&kept)).await;
        assert!(report.findings[0].contains("rolled back"), "{report:?}");
    })
    .await;
}

/// Names can be erased (the right to be forgotten) and the tree still holds.
#[tokio::test(flavor = "multi_thread")]
async fn erased_names_do_not_break_the_tree() {
    on_both(async |log| {
        log.write(3).await;
        let before = log.list(10).await;
        assert_eq!(before[0].subject, "user:2");
        log.edit("UPDATE audit_entry SET personal = NULL").await;
        assert!(log.verify(None).await.holds());
        let after = log.list(10).await;
        assert!(after[0].subject.starts_with('~'), "{after:?}");
    })
    .await;
}

/// A row that a hand put where a writer goes on: it takes another stream.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_taken_stops_nobody() {
    on_both(async |log| {
        log.write(6).await;
        log.edit(
            "INSERT INTO audit_entry (id, written_at, action, body)
             SELECT MAX(id) + 1, 0, 'forged', '{}' FROM audit_entry GROUP BY id / 1099511627776",
        )
        .await;
        // Every lane meets it.
        let head = log.write(6).await;
        assert!(head.size >= 12);
        assert!(!log.verify(None).await.holds());
    })
    .await;
}

/// Nobody gets a changed state signed by taking the head away.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_gone_is_not_signed_again() {
    on_both(async |log| {
        log.write(3).await;
        log.edit("DELETE FROM audit_checkpoint").await;
        let refused = log.sequencer.catch_up().await.unwrap_err();
        assert!(
            refused.to_string().contains("head is not there"),
            "{refused}"
        );
    })
    .await;
}

/// Nor by putting another head in its place.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_another_trees_is_not_built_upon() {
    on_both(async |log| {
        assert_eq!(log.write(3).await.size, 3);
        // Or the earlier checkpoint would be thinned out.
        log.pass();
        assert_eq!(log.write(1).await.size, 4);
        for (edit, told) in [
            (
                "UPDATE audit_checkpoint SET note =
                 (SELECT note FROM audit_checkpoint WHERE tree_size = 3) WHERE tree_size = 4",
                "another tree's",
            ),
            (
                "UPDATE audit_checkpoint SET note = REPLACE(note, '\u{2014}', '-')",
                "not signed by the log's key",
            ),
        ] {
            log.edit(edit).await;
            let entry = log.entry(Subject::thing("thing"));
            log.store.record(entry).await.unwrap();
            let refused = log.sequencer.catch_up().await.unwrap_err();
            assert!(refused.to_string().contains(told), "{refused}");
        }
    })
    .await;
}

/// What was removed before it had its place is never passed over in silence.
#[tokio::test(flavor = "multi_thread")]
async fn an_entry_removed_while_it_waits_is_missed() {
    on_both(async |log| {
        log.write(1).await;
        for n in 0..6 {
            let subject = Subject::thing(format!("thing:{n}"));
            let entry = log.entry(subject);
            log.store.record(entry).await.unwrap();
        }
        let first = "DELETE FROM audit_entry WHERE id = (SELECT MIN(id) FROM audit_waiting)";
        log.edit(first).await;
        log.sequencer.catch_up().await.unwrap();
        let report = log.verify(None).await;
        assert!(!report.holds() && report.waiting > 0, "{report:?}");
    })
    .await;
}

/// Acts that reach the writer later than others which were done after them.
#[tokio::test(flavor = "multi_thread")]
async fn entries_keep_the_order_of_their_stream_whatever_their_time_is() {
    on_both(async |log| {
        let now = log.clock.now();
        for second in [5, 3, 4, 1] {
            let at = now + jiff::SignedDuration::from_secs(second);
            let subject = Subject::thing(format!("thing:{second}"));
            let entry = Entry::new("idp.sign_in", &log.caller, subject, at);
            // By the one lane for units of work.
            log.store
                .transact(async move |tx| {
                    tx.audit(entry.clone());
                    Ok::<_, StoreError>(())
                })
                .await
                .unwrap();
        }
        log.sequencer.catch_up().await.unwrap();
        let listed = log.list(10).await;
        let subjects: Vec<&str> = listed.iter().map(|entry| entry.subject.as_str()).collect();
        assert_eq!(subjects, ["thing:1", "thing:4", "thing:3", "thing:5"]);
        assert!(listed.iter().all(|entry| entry.index.is_some()));
        let report = log.verify(None).await;
        assert!(report.holds(), "{report:?}");
    })
    .await;
}

/// What one has seen done before acting comes first, whichever connections wrote it.
#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_followed_another_comes_after_it() {
    on_both(async |log| {
        log.write(40).await;
        let listed = log.list(40).await;
        let subjects: Vec<&str> = listed
            .iter()
            .rev()
            .map(|entry| entry.subject.as_str())
            .collect();
        let expected: Vec<String> = (0..40).map(|n| format!("user:{n}")).collect();
        assert_eq!(subjects, expected);
    })
    .await;
}

/// Two nodes sequence one log: no index twice, none left out.
#[tokio::test(flavor = "multi_thread")]
async fn two_sequencers_share_one_log() {
    on_both(async |log| {
        let rival = log.sequencer.clone();
        let racing = tokio::spawn(async move {
            for _ in 0..50 {
                // A lost race is not an error.
                rival.catch_up().await.unwrap();
            }
        });
        for _ in 0..20 {
            log.write(5).await;
        }
        racing.await.unwrap();
        let report = log.verify(None).await;
        assert!(report.holds(), "{report:?}");
        assert_eq!(report.size, 100);
    })
    .await;
}

/// A log key that notes what it signs, slowly, and fails when it is told to.
#[derive(Debug)]
struct NotingKey {
    key: Arc<dyn Key>,
    signed: Mutex<Vec<String>>,
    fails: AtomicBool,
}

#[async_trait::async_trait]
impl Key for NotingKey {
    fn uri(&self) -> &str {
        self.key.uri()
    }

    fn algorithm(&self) -> KeyAlgorithm {
        self.key.algorithm()
    }

    fn public_key(&self) -> &PublicKey {
        self.key.public_key()
    }

    async fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        let text = String::from_utf8(message.to_vec()).unwrap();
        self.signed.lock().unwrap().push(text);
        tokio::time::sleep(std::time::Duration::from_millis(3)).await;
        if self.fails.load(Ordering::SeqCst) {
            return Err(KeyError::Busy {
                store: "test".to_owned(),
                limit: 1,
            });
        }
        self.key.sign(algorithm, message).await
    }
}

impl NotingKey {
    fn new(log: &Log) -> Arc<Self> {
        Arc::new(Self {
            key: Arc::clone(&log.key),
            signed: Mutex::default(),
            fails: AtomicBool::new(false),
        })
    }

    fn node(self: &Arc<Self>, log: &Log) -> Sequencer {
        Sequencer::new(log.store.clone(), Arc::clone(self) as _, log.clock.clone())
    }

    /// The root that was signed for each size.
    fn roots(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut roots = BTreeMap::<_, BTreeSet<_>>::new();
        for text in self.signed.lock().unwrap().iter() {
            let mut lines = text.lines().skip(1).map(str::to_owned);
            let (size, root) = (lines.next().unwrap(), lines.next().unwrap());
            roots.entry(size).or_default().insert(root);
        }
        roots
    }
}

/// Two nodes, each with its own handle of the log's key, never sign different heads of
/// one size: the step is claimed before it is signed.
#[tokio::test(flavor = "multi_thread")]
async fn no_two_heads_of_one_size_are_signed() {
    on_both(async |log| {
        let key = NotingKey::new(&log);
        let nodes = [key.node(&log), key.node(&log)].map(|node| {
            tokio::spawn(async move {
                for _ in 0..30 {
                    node.catch_up().await.unwrap();
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
            })
        });
        for n in 0..150 {
            let entry = log.entry(Subject::thing(format!("thing:{n}")));
            log.store.record(entry).await.unwrap();
        }
        for node in nodes {
            node.await.unwrap();
        }
        log.sequencer.catch_up().await.unwrap();
        let roots = key.roots();
        assert!(roots.len() > 1, "{roots:?}");
        assert!(roots.values().all(|roots| roots.len() == 1), "{roots:?}");
        let report = log.verify(None).await;
        assert!(report.holds() && report.size == 150, "{report:?}");
    })
    .await;
}

/// A node that dies after its claim: another completes the very step, whatever was
/// written meanwhile, and then goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_completed_as_it_was_made() {
    on_both(async |log| {
        log.write(3).await;
        let key = NotingKey::new(&log);
        key.fails.store(true, Ordering::SeqCst);
        let record = async |n: usize| {
            let entry = log.entry(Subject::thing(format!("thing:{n}")));
            log.store.record(entry).await.unwrap();
        };
        record(1).await;
        key.node(&log).catch_up().await.unwrap_err();
        record(2).await;
        key.fails.store(false, Ordering::SeqCst);
        let other = key.node(&log);
        other.catch_up().await.unwrap();
        let roots = key.roots();
        let sizes: Vec<&str> = roots.keys().map(String::as_str).collect();
        assert_eq!(sizes, ["4", "5"]);
        assert!(roots.values().all(|roots| roots.len() == 1), "{roots:?}");
        assert!(log.verify(None).await.holds());
    })
    .await;
}

/// A node of 0.1.0 that still runs beside a migrated PostgreSQL: it names its connections so.
#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_0_1_0_is_not_written_any_more() {
    on_both(async |log| {
        if log.store.backend() == Backend::Sqlite {
            return;
        }
        log.write(1).await;
        let write_as = async |name: &'static str| {
            let written: Result<(), StoreError> = log
                .store
                .transact(async move |tx| {
                    let sql = "SELECT set_config('application_name', $1, true)";
                    tx.fetch_optional(sql, params![name]).await?;
                    tx.execute(
                        "INSERT INTO audit_entry (id, written_at, action, body)
                         SELECT 7, written_at, action, body FROM audit_entry",
                        vec![],
                    )
                    .await
                    .map(|_| ())
                })
                .await;
            written.map_err(|error| error.to_string())
        };
        let error = write_as("xinshu").await.unwrap_err();
        assert!(error.contains("migrated by a newer xinshu"), "{error}");
        write_as("xinshu-write").await.unwrap();
    })
    .await;
}

/// How a node of 0.1.0 that still runs commits its steps: it knows no claims.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_without_a_claim_is_refused() {
    on_both(async |log| {
        let unclaimed = async |size: i64| {
            let refused = log
                .store
                .transact(async move |tx| {
                    let sql = "UPDATE audit_tree SET size = $1, frontier = frontier WHERE id = 1";
                    tx.execute(sql, params![size]).await
                })
                .await;
            let error: StoreError = refused.unwrap_err();
            assert!(
                error.to_string().contains("migrated by a newer xinshu"),
                "{error}"
            );
        };
        log.write(3).await;
        unclaimed(4).await;
        // A node that dies after its claim of the fourth leaf.
        let key = NotingKey::new(&log);
        key.fails.store(true, Ordering::SeqCst);
        let entry = log.entry(Subject::thing("thing"));
        log.store.record(entry).await.unwrap();
        let node = key.node(&log);
        node.catch_up().await.unwrap_err();
        // Of the very size that was claimed, and of another.
        unclaimed(4).await;
        unclaimed(5).await;
        key.fails.store(false, Ordering::SeqCst);
        node.catch_up().await.unwrap();
        let report = log.verify(None).await;
        assert!(report.holds() && report.size == 4, "{report:?}");
    })
    .await;
}

/// What was claimed and may have been signed is not signed again in another form.
#[tokio::test(flavor = "multi_thread")]
async fn entries_that_change_after_the_claim_are_not_signed() {
    on_both(async |log| {
        let key = NotingKey::new(&log);
        key.fails.store(true, Ordering::SeqCst);
        let entry = log.entry(Subject::thing("thing"));
        log.store.record(entry).await.unwrap();
        let node = key.node(&log);
        node.catch_up().await.unwrap_err();
        key.fails.store(false, Ordering::SeqCst);
        log.edit("UPDATE audit_entry SET body = replace(body, 'success', 'refused')")
            .await;
        let refused = node.catch_up().await.unwrap_err();
        assert!(refused.to_string().contains("have changed"), "{refused}");
    })
    .await;
}

/// Page by page, with any size of pages, the list is the same, whatever of it waits.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_the_same_page_by_page() {
    on_both(async |log| {
        log.write(7).await;
        for n in 7..12 {
            let entry = log.entry(Subject::thing(format!("thing:{n}")));
            log.store.record(entry).await.unwrap();
        }
        let all = log.list(100).await;
        assert_eq!(all.len(), 12);
        for limit in 1..6 {
            let mut query = ListQuery::default();
            let mut read = Vec::new();
            loop {
                let page = platform_log::list(&log.store, &query, limit).await.unwrap();
                let Some((last, _)) = page.last() else { break };
                query.after = Some(last.to_string().parse().unwrap());
                read.extend(page.into_iter().map(|(_, entry)| entry.subject));
            }
            assert!(
                read.iter().eq(all.iter().map(|entry| &entry.subject)),
                "{read:?}"
            );
        }
        let query = ListQuery {
            before: Some(3),
            ..ListQuery::default()
        };
        let earlier = platform_log::list(&log.store, &query, 10).await.unwrap();
        assert_eq!(earlier.len(), 3);
        assert_eq!(
            platform_log::newest(&log.store)
                .await
                .unwrap()
                .unwrap()
                .subject,
            "thing:11"
        );
    })
    .await;
}

/// Entries of 0.1.0 stay readable: an actor is a text there, and there are no units.
#[tokio::test(flavor = "multi_thread")]
async fn entries_of_version_1_are_read_beside_those_of_version_2() {
    on_both(async |log| {
        log.write(2).await;
        log.edit(
            "UPDATE audit_entry SET body = '{\"v\":1,\"at\":1,\"action\":\"idp.sign_in\",\"actor\":\"client:c1\",\"subject\":\"token:1\",\"outcome\":\"success\",\"request\":\"r\",\"details\":{\"sha256\":\"00\"}}', personal = NULL
             WHERE id = (SELECT MIN(id) FROM audit_entry)",
        )
        .await;
        let entries = log.list(10).await;
        let old = entries.iter().find(|entry| entry.request == "r").unwrap();
        assert_eq!(old.actor.to_string(), "client:c1");
        assert_eq!(old.actor.id.as_deref(), Some("c1"));
        assert_eq!((old.unit.as_str(), old.text("sha256")), ("root", Some("00")));
        let new = entries.iter().find(|entry| entry.request != "r").unwrap();
        assert_eq!(new.actor.to_string(), "local:root");
    })
    .await;
}

/// Rows of `job` that entries about `job:NAME` account for.
struct JobCheck;

#[async_trait::async_trait]
impl RecordCheck for JobCheck {
    fn facts_of(&self, entry: &RecordedEntry) -> Vec<Fact> {
        let name = entry.subject.strip_prefix("job:");
        name.map(|name| match entry.text("holder") {
            Some(holder) => Fact::new("job", name, holder),
            None => Fact::removed("job", name),
        })
        .into_iter()
        .collect()
    }

    async fn read_rows(
        &self,
        snapshot: &mut Snapshot,
        facts: &mut FactSink<'_>,
    ) -> Result<(), StoreError> {
        let mut rows = snapshot
            .stream("SELECT name, holder FROM job", vec![])
            .await?;
        while let Some(row) = rows.next().await? {
            let name: String = row.get("name")?;
            facts.add(Fact::new("job", name, row.get::<String>("holder")?))?;
        }
        Ok(())
    }

    fn compare(&self, record: &Comparison<'_>) -> Option<String> {
        let Comparison {
            key,
            logged,
            stored,
            ..
        } = record;
        (logged != stored).then(|| format!("{key}: {logged:?} {stored:?}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_the_log_does_not_account_for_are_found() {
    on_both(async |log| {
        for (name, holder) in [
            ("kept", Some("h")),
            ("altered", Some("h")),
            ("deleted", Some("h")),
            ("missing", Some("h")),
            ("deleted", None),
        ] {
            let entry = log.entry(Subject::thing(format!("job:{name}")));
            let entry = match holder {
                Some(holder) => entry.with("holder", holder),
                None => entry,
            };
            log.store.record(entry).await.unwrap();
        }
        log.edit(
            "INSERT INTO job (name, holder, lease_until, last_run)
             VALUES ('kept', 'h', 0, 0), ('altered', 'x', 0, 0), ('slipped in', 'h', 0, 0)",
        )
        .await;
        log.sequencer.catch_up().await.unwrap();
        let checks: Vec<Box<dyn RecordCheck>> = vec![Box::new(JobCheck)];
        let mut rows = 0;
        let mut progress = |step| rows += u32::from(matches!(step, Progress::Comparing));
        let report =
            platform_log::verify(&log.store, &log.verifier, None, &checks, &mut progress).await;
        let report = report.unwrap();
        assert!(report.findings.is_empty() && !report.holds(), "{report:?}");
        assert_eq!(
            report.records,
            [
                "altered: Some(\"h\") Some(\"x\")",
                "missing: Some(\"h\") None",
                "slipped in: None Some(\"h\")",
            ]
        );
        assert_eq!(rows, 1);
    })
    .await;
}
