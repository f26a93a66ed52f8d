//! What runs by the clock.
#![allow(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use platform::{
    Clock as _, SharedClock, Store,
    clock::ManualClock,
    jobs::{self, Job},
};

const HOUR: Duration = Duration::from_secs(3600);
const TICK: Duration = Duration::from_millis(5);

/// A job that counts its runs, and fails the first `failures` of them.
fn counting(runs: &Arc<AtomicU32>, failures: u32) -> Job {
    let runs = Arc::clone(runs);
    Job::new("test.count", HOUR, move || {
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

async fn until(runs: &AtomicU32, count: u32) {
    while runs.load(Ordering::SeqCst) < count {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_is_tried_again_long_before_its_period() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("x.db").display());
    let store = Store::open(&url).await.unwrap();
    let clock = Arc::new(ManualClock::new(
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(9),
    ));
    let runs = Arc::new(AtomicU32::new(0));
    let jobs = vec![counting(&runs, 1)];
    let shared: SharedClock = Arc::clone(&clock) as SharedClock;
    let node = tokio::spawn(jobs::run(jobs, store.clone(), shared, TICK));
    until(&runs, 1).await;
    // A minute later, not an hour. It is asked again until the lease was given back.
    while runs.load(Ordering::SeqCst) < 2 {
        clock.set(clock.now() + SignedDuration::from_secs(1));
        tokio::time::sleep(TICK).await;
        assert!(clock.now() < Timestamp::UNIX_EPOCH + SignedDuration::from_hours(10));
    }
    node.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_died_in_a_run_is_succeeded_by_another() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("x.db").display());
    let store = Store::open(&url).await.unwrap();
    let clock = Arc::new(ManualClock::new(
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(9),
    ));
    let started = Arc::new(AtomicU32::new(0));
    let begun = Arc::clone(&started);
    let endless = Job::new("test.count", HOUR, move || {
        begun.fetch_add(1, Ordering::SeqCst);
        std::future::pending::<Result<(), &str>>()
    });
    let shared: SharedClock = Arc::clone(&clock) as SharedClock;
    let doomed = tokio::spawn(jobs::run(
        vec![endless],
        store.clone(),
        Arc::clone(&shared),
        TICK,
    ));
    until(&started, 1).await;
    doomed.abort();
    let runs = Arc::new(AtomicU32::new(0));
    let survivor = tokio::spawn(jobs::run(vec![counting(&runs, 0)], store, shared, TICK));
    // The lease of the dead node ends first; then it is run at once.
    while runs.load(Ordering::SeqCst) < 1 {
        clock.set(clock.now() + SignedDuration::from_secs(1));
        tokio::time::sleep(TICK).await;
        assert!(clock.now() < Timestamp::UNIX_EPOCH + SignedDuration::from_hours(10));
    }
    assert!(
        clock.now()
            > Timestamp::UNIX_EPOCH + SignedDuration::from_hours(9) + SignedDuration::from_secs(60)
    );
    survivor.abort();
}
