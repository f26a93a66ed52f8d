//! What runs by the clock, once among all nodes.
//!
//! A job's row in the database holds a lease with an end, and when it last ran:
//! of many nodes one gets the lease, and a run is due only a period after the last.

use std::{fmt::Display, time::Duration};

use futures_util::future::BoxFuture;

use crate::{SharedClock, Store, StoreError, params, random};

/// How long a run may take before another node may take over.
const LEASE: Duration = Duration::from_secs(120);

/// How soon a failed run is tried again.
const RETRY: Duration = Duration::from_secs(30);

/// One run of a job.
pub type Run = BoxFuture<'static, Result<(), Box<dyn Display + Send>>>;

/// One job of one service.
pub struct Job {
    /// Its name, the same on all nodes: `ca.publish_crl`.
    pub name: &'static str,
    /// How often it is due.
    pub period: Duration,
    /// What it does; an error is logged, and the run is tried again soon.
    pub run: Box<dyn Fn() -> Run + Send + Sync>,
}

impl Job {
    /// A job that runs `work` every `period`.
    pub fn new<F, Fut, E>(name: &'static str, period: Duration, work: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Display + Send + 'static,
    {
        Self {
            name,
            period,
            run: Box::new(move || {
                let work = work();
                Box::pin(async move {
                    work.await
                        .map_err(|error| Box::new(error) as Box<dyn Display + Send>)
                })
            }),
        }
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Job({} every {:?})", self.name, self.period)
    }
}

/// Runs `jobs` for ever, looking every `tick` whether one is due.
pub async fn run(jobs: Vec<Job>, store: Store, clock: SharedClock, tick: Duration) {
    let node = random::id();
    loop {
        tokio::time::sleep(tick).await;
        round(&jobs, &store, &clock, &node).await;
    }
}

/// Looks at each of `jobs` once and runs, as `node`, those that are due and that no
/// other node runs.
pub async fn round(jobs: &[Job], store: &Store, clock: &SharedClock, node: &str) {
    for job in jobs {
        match take(store, clock, job, node).await {
            Ok(true) => run_once(job, store, clock, node).await,
            Ok(false) => {}
            Err(error) => tracing::warn!(job = job.name, %error, "a job's lease was not taken"),
        }
    }
}

/// Runs a job whose lease this node holds, and gives the lease back.
async fn run_once(job: &Job, store: &Store, clock: &SharedClock, node: &str) {
    let started = clock.now().as_microsecond();
    let outcome = (job.run)().await;
    if let Err(error) = &outcome {
        tracing::error!(job = job.name, %error, "a job failed and is tried again soon");
    }
    let ended = match outcome {
        Ok(()) => (0, Some(started)),
        Err(_) => (clock.now().as_microsecond() + micros(RETRY), None),
    };
    if let Err(error) = release(store, job, node, ended).await {
        tracing::warn!(job = job.name, %error, "a job's lease was not given back");
    }
}

/// Takes the lease where the job is due and nobody holds it.
async fn take(
    store: &Store,
    clock: &SharedClock,
    job: &Job,
    node: &str,
) -> Result<bool, StoreError> {
    let now = clock.now().as_microsecond();
    let due = now - micros(job.period);
    let recent = store
        .fetch_optional(
            "SELECT 1 AS one FROM job WHERE name = $1 AND (last_run > $2 OR lease_until > $3)",
            params![job.name, due, now],
        )
        .await?;
    if recent.is_some() {
        return Ok(false);
    }
    let until = now + micros(LEASE);
    let name = job.name;
    let node = node.to_owned();
    store
        .transact(move |tx| {
            let values = params![name, &node, until, now, due];
            Box::pin(async move {
                tx.execute(
                    "INSERT INTO job (name, holder, lease_until, last_run) VALUES ($1, $2, $3, 0)
                     ON CONFLICT (name) DO UPDATE
                     SET holder = excluded.holder, lease_until = excluded.lease_until
                     WHERE job.lease_until <= $4 AND job.last_run <= $5",
                    values,
                )
                .await
                .map(|changed| changed > 0)
            })
        })
        .await
}

/// Gives a lease back: for good with the time of the run, or until a failed run is
/// tried again.
async fn release(
    store: &Store,
    job: &Job,
    node: &str,
    (until, ran): (i64, Option<i64>),
) -> Result<(), StoreError> {
    let name = job.name;
    let node = node.to_owned();
    store
        .transact(move |tx| {
            let values = params![name, &node, until, ran];
            Box::pin(async move {
                tx.execute(
                    "UPDATE job SET lease_until = $3, last_run = COALESCE($4, last_run)
                     WHERE name = $1 AND holder = $2",
                    values,
                )
                .await
                .map(|_| ())
            })
        })
        .await
}

/// Makes a job due now, whenever it last ran: what it should do could not be done
/// where it was wanted.
///
/// # Errors
/// Any [`StoreError`].
pub async fn make_due(store: &Store, name: &'static str) -> Result<(), StoreError> {
    store
        .transact(move |tx| {
            Box::pin(async move {
                tx.execute("UPDATE job SET last_run = 0 WHERE name = $1", params![name])
                    .await
                    .map(|_| ())
            })
        })
        .await
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX / 2)
}
