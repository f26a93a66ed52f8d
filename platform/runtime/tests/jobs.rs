//! What runs by the clock, on both databases.
#![allow(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use platform_runtime::{
    Clock as _, SharedClock,
    clock::ManualClock,
    jobs::{self, Job, Scheduled},
};
use platform_store::Store;
use testkit::Postgres;
use tokio::{sync::Notify, task::JoinHandle};

const HOUR: Duration = Duration::from_secs(3600);
const NAME: &str = "test.count";

/// One database, one clock, and how often the job ran.
struct World {
    store: Store,
    clock: Arc<ManualClock>,
    runs: Arc<AtomicU32>,
}

/// Runs `story` on a fresh SQLite file and on a fresh PostgreSQL database.
async fn on_both<F: AsyncFn(World)>(story: F) {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite:{}", folder.path().join("x.db").display());
    let postgres = tokio::task::spawn_blocking(|| Postgres::shared().database())
        .await
        .unwrap();
    for url in [sqlite, postgres] {
        story(World {
            store: Store::open(&url, migrations::schema()).await.unwrap(),
            clock: Arc::new(ManualClock::new(
                Timestamp::UNIX_EPOCH + SignedDuration::from_hours(9),
            )),
            runs: Arc::default(),
        })
        .await;
    }
}

impl World {
    /// A job that counts its runs, and fails the first `failures` of them.
    fn counting(&self, failures: u32) -> Job {
        let runs = Arc::clone(&self.runs);
        Job::new(NAME, HOUR, move || {
            let run = runs.fetch_add(1, Ordering::SeqCst);
            async move {
                if run < failures {
                    Err("not now")
                } else {
                    Ok(())
                }
            }
        })
    }

    /// One look of a node at a job; how often it ran so far.
    async fn round(&self, job: &Job, node: &str) -> u32 {
        let jobs = std::slice::from_ref(job);
        jobs::run_due(jobs, &self.store, &self.clock(), node).await;
        self.runs.load(Ordering::SeqCst)
    }

    /// A node whose run of the job has begun and never ends.
    async fn node_in_an_endless_run(&self) -> JoinHandle<()> {
        let started = Arc::new(Notify::new());
        let begun = Arc::clone(&started);
        let endless = Job::new(NAME, HOUR, move || {
            begun.notify_one();
            std::future::pending::<Result<(), &str>>()
        });
        let tick = Duration::from_millis(1);
        let (store, clock) = (self.store.clone(), self.clock());
        let node = tokio::spawn(jobs::run(vec![endless], store, clock, tick));
        started.notified().await;
        node
    }

    fn clock(&self) -> SharedClock {
        Arc::clone(&self.clock) as SharedClock
    }

    fn pass(&self, seconds: i64) {
        self.clock
            .set(self.clock.now() + SignedDuration::from_secs(seconds));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_runs_once_a_period_whoever_looks() {
    on_both(async |world| {
        let job = world.counting(0);
        assert_eq!(world.round(&job, "a").await, 1);
        assert_eq!(world.round(&job, "b").await, 1);
        world.pass(3599);
        assert_eq!(world.round(&job, "b").await, 1);
        world.pass(1);
        assert_eq!(world.round(&job, "b").await, 2);
        assert_eq!(world.round(&job, "a").await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_is_tried_again_long_before_its_period() {
    on_both(async |world| {
        let job = world.counting(1);
        assert_eq!(world.round(&job, "a").await, 1);
        world.pass(29);
        assert_eq!(world.round(&job, "a").await, 1);
        world.pass(1);
        assert_eq!(world.round(&job, "b").await, 2);
        // That one was well.
        world.pass(60);
        assert_eq!(world.round(&job, "a").await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_died_in_a_run_is_succeeded_by_another() {
    on_both(async |world| {
        let doomed = world.node_in_an_endless_run().await;
        doomed.abort();
        // The lease of the dead node ends first.
        let job = world.counting(0);
        world.pass(9);
        assert_eq!(world.round(&job, "survivor").await, 0);
        world.pass(1);
        assert_eq!(world.round(&job, "survivor").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_run_keeps_its_lease() {
    on_both(async |world| {
        let busy = world.node_in_an_endless_run().await;
        let lease_until = async || -> i64 {
            let sql = "SELECT lease_until FROM job";
            let row = world.store.fetch_optional(sql, vec![]).await.unwrap();
            row.unwrap().get("lease_until").unwrap()
        };
        let first = lease_until().await;
        world.pass(9);
        while lease_until().await == first {
            tokio::task::yield_now().await;
        }
        let job = world.counting(0);
        world.pass(9);
        assert_eq!(world.round(&job, "other").await, 0);
        busy.abort();
        assert!(busy.await.unwrap_err().is_cancelled());
        world.pass(10);
        assert_eq!(world.round(&job, "other").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_clock_that_was_ahead_noted_counts_for_nothing() {
    on_both(async |world| {
        let job = world.counting(0);
        let days = 30 * 24 * 3600;
        world.pass(days);
        assert_eq!(world.round(&job, "a").await, 1);
        // Set right: the last run lies in the future now.
        world.pass(-days);
        assert_eq!(world.round(&job, "b").await, 2);
        assert_eq!(world.round(&job, "a").await, 2);
        world.pass(3600);
        assert_eq!(world.round(&job, "a").await, 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_differ_a_little_run_nothing_twice() {
    on_both(async |world| {
        let job = world.counting(0);
        assert_eq!(world.round(&job, "a").await, 1);
        world.pass(-5);
        assert_eq!(world.round(&job, "b").await, 1);
    })
    .await;
}

/// Makes the job due, as an act does in its own transaction.
async fn made_due(world: &World) -> Scheduled {
    let made = world
        .store
        .transact(async |tx| jobs::schedule_now(tx, NAME).await);
    made.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_was_made_due_runs_at_the_next_look_and_keeps_its_period() {
    on_both(async |world| {
        let job = world.counting(0);
        let _ = made_due(&world).await;
        assert_eq!(world.round(&job, "a").await, 1);
        world.pass(60);
        let _ = (made_due(&world).await, made_due(&world).await);
        assert_eq!(world.round(&job, "b").await, 2);
        assert_eq!(world.round(&job, "a").await, 2);
        world.pass(3599);
        assert_eq!(world.round(&job, "a").await, 2);
        world.pass(1);
        assert_eq!(world.round(&job, "a").await, 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_was_made_due_while_it_ran_runs_again() {
    on_both(async |world| {
        let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (telling, waiting) = (Arc::clone(&begun), Arc::clone(&go_on));
        let held = Job::new(NAME, HOUR, move || {
            let (begun, go_on) = (Arc::clone(&telling), Arc::clone(&waiting));
            async move {
                begun.notify_one();
                go_on.notified().await;
                Ok::<_, &str>(())
            }
        });
        // It has been made due before, and is again.
        let _ = made_due(&world).await;
        let (store, clock) = (world.store.clone(), world.clock());
        let run = tokio::spawn(async move { jobs::run_due(&[held], &store, &clock, "a").await });
        begun.notified().await;
        let _ = made_due(&world).await;
        go_on.notify_one();
        run.await.unwrap();
        let job = world.counting(0);
        assert_eq!(world.round(&job, "b").await, 1);
        assert_eq!(world.round(&job, "b").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_otherwise_is_not_done_again_and_the_rest_is() {
    on_both(async |world| {
        let job = world.counting(0);
        assert_eq!(world.round(&job, "a").await, 1);
        world.pass(60);
        let due = made_due(&world).await;
        jobs::cancel_if_unchanged(&world.store, due).await.unwrap();
        assert_eq!(world.round(&job, "a").await, 1);
        // Of two, one was done: its node knows nothing of the other's.
        for first in [true, false] {
            let before = world.round(&job, "a").await;
            let both = [made_due(&world).await, made_due(&world).await];
            let done = if first { both[0] } else { both[1] };
            jobs::cancel_if_unchanged(&world.store, done).await.unwrap();
            assert_eq!(world.round(&job, "a").await, before + 1);
        }
        // Settled late: the run that was meanwhile stands.
        let due = made_due(&world).await;
        let ran = world.round(&job, "a").await;
        jobs::cancel_if_unchanged(&world.store, due).await.unwrap();
        assert_eq!(world.round(&job, "a").await, ran);
    })
    .await;
}
