//! What runs on a schedule, once among all nodes.
//!
//! A job's row in the database holds a lease with an end, and when the job last ran:
//! of many nodes one gets the lease, and a run is due only a period after the last.
//! An operation that leaves a job something to do schedules it in its own transaction
//! ([`schedule_now`]), so that the work is done even if its node dies right after.

use std::{fmt::Display, time::Duration};

use futures_util::future::BoxFuture;

use crypto::random;
use platform_store::{Store, StoreError, Tx, params};
use tokio::task::JoinSet;

use crate::SharedClock;

/// How long after a node's death another takes over; a node that lives renews its lease.
const LEASE: Duration = Duration::from_secs(10);
/// How often a lease is renewed.
const RENEW: Duration = Duration::from_secs(3);

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

/// Runs `jobs` until the process ends, checking every `tick` which of them are due.
pub async fn run(jobs: Vec<Job>, store: Store, clock: SharedClock, tick: Duration) {
    let node = random::id();
    loop {
        tokio::time::sleep(tick).await;
        run_due(&jobs, &store, &clock, &node).await;
    }
}

/// Checks each of `jobs` once and runs, as `node`, those that are due and that no
/// other node runs.
pub async fn run_due(jobs: &[Job], store: &Store, clock: &SharedClock, node: &str) {
    for job in jobs {
        match acquire(store, clock, job, node).await {
            Ok(Some(lease)) => run_once(job, store, clock, lease).await,
            Ok(None) => {}
            Err(error) => tracing::warn!(job = job.name, %error, "a job's lease was not acquired"),
        }
    }
    metrics::counter!("xinshu_jobs_looked_total").increment(1);
}

/// The right to run a job until the lease ends.
struct Lease {
    node: String,
    /// The job's token when the lease was acquired: what this run will have done.
    due_token: Option<i64>,
}

/// How a run ended.
struct RunResult {
    /// Until when no node may try again.
    lease_until: i64,
    /// When it ran; `None` if it failed and is still due.
    ran_at: Option<i64>,
}

async fn run_once(job: &Job, store: &Store, clock: &SharedClock, lease: Lease) {
    let started = clock.now().as_microsecond();
    let renewing = renew_while_held(job.name, store, clock, &lease);
    let outcome = (job.run)().await;
    drop(renewing);
    let result = match outcome {
        Ok(()) => RunResult {
            lease_until: 0,
            ran_at: Some(started),
        },
        Err(error) => {
            tracing::error!(job = job.name, %error, "a job failed and is retried soon");
            RunResult {
                lease_until: clock.now().as_microsecond() + micros(RETRY),
                ran_at: None,
            }
        }
    };
    if let Err(error) = release(store, job.name, lease, result).await {
        tracing::warn!(job = job.name, %error, "a job's lease was not released");
    }
}

/// Renews a lease until it is dropped, in a task of its own: a run may compute for long
/// without a pause.
fn renew_while_held(
    name: &'static str,
    store: &Store,
    clock: &SharedClock,
    lease: &Lease,
) -> JoinSet<()> {
    let (store, clock, node) = (store.clone(), clock.clone(), lease.node.clone());
    let mut renewing = JoinSet::new();
    renewing.spawn(async move {
        loop {
            tokio::time::sleep(RENEW).await;
            let until = clock.now().as_microsecond() + micros(LEASE);
            if let Err(error) = renew(&store, name, &node, until).await {
                tracing::warn!(job = name, %error, "a job's lease was not renewed");
            }
        }
    });
    renewing
}

async fn renew(
    store: &Store,
    name: &'static str,
    node: &str,
    until: i64,
) -> Result<(), StoreError> {
    let node = node.to_owned();
    store
        .transact(async move |tx| {
            // One that was released stays so.
            tx.execute(
                "UPDATE job SET lease_until = $3
                 WHERE name = $1 AND holder = $2 AND lease_until > 0",
                params![name, &node, until],
            )
            .await
            .map(|_| ())
        })
        .await
}

/// When a job is due, in microseconds. Times further in the future than a run or a
/// lease can reach were written by a clock that was ahead and are ignored, or the job
/// would not run until then.
struct Window {
    now: i64,
    /// A run before this was long enough ago.
    due: i64,
    /// No run is later than this.
    next: i64,
    /// No lease ends later than this.
    longest: i64,
}

impl Window {
    fn new(now: i64, period: i64) -> Self {
        Self {
            now,
            due: now - period,
            next: now + period,
            longest: now + micros(LEASE.max(RETRY)),
        }
    }
}

/// Acquires the lease if the job is due and no other node holds it.
async fn acquire(
    store: &Store,
    clock: &SharedClock,
    job: &Job,
    node: &str,
) -> Result<Option<Lease>, StoreError> {
    let window = Window::new(clock.now().as_microsecond(), micros(job.period));
    let resting = store
        .fetch_optional(
            "SELECT 1 AS one FROM job WHERE name = $1
             AND (due_token IS NULL AND last_run > $2 AND last_run <= $3
                  OR lease_until > $4 AND lease_until <= $5)",
            params![
                job.name,
                window.due,
                window.next,
                window.now,
                window.longest
            ],
        )
        .await?;
    if resting.is_some() {
        return Ok(None);
    }
    let (name, node) = (job.name, node.to_owned());
    store
        .transact(async move |tx| {
            let row = tx
                .execute_returning_optional(
                    "INSERT INTO job (name, holder, lease_until, last_run) VALUES ($1, $2, $3, 0)
                     ON CONFLICT (name) DO UPDATE
                     SET holder = excluded.holder, lease_until = excluded.lease_until
                     WHERE (job.due_token IS NOT NULL OR job.last_run <= $4 OR job.last_run > $5)
                     AND (job.lease_until <= $6 OR job.lease_until > $7)
                     RETURNING due_token",
                    params![
                        name,
                        &node,
                        window.now + micros(LEASE),
                        window.due,
                        window.next,
                        window.now,
                        window.longest
                    ],
                )
                .await?;
            let Some(row) = row else { return Ok(None) };
            Ok(Some(Lease {
                node: node.clone(),
                due_token: row.get("due_token")?,
            }))
        })
        .await
}

/// Releases a lease. A job that was scheduled while it ran stays due, since this run
/// may have looked too early.
async fn release(
    store: &Store,
    name: &'static str,
    lease: Lease,
    result: RunResult,
) -> Result<(), StoreError> {
    store
        .transact(async move |tx| {
            tx.execute(
                "UPDATE job SET lease_until = $3, last_run = COALESCE($4, last_run),
                 due_token = CASE WHEN $4 IS NOT NULL AND due_token = $5
                             THEN NULL ELSE due_token END
                 WHERE name = $1 AND holder = $2",
                params![
                    name,
                    &lease.node,
                    result.lease_until,
                    result.ran_at,
                    lease.due_token
                ],
            )
            .await
            .map(|_| ())
        })
        .await
}

/// That a job was scheduled, for [`cancel_if_unchanged`].
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Scheduled {
    name: &'static str,
    token: i64,
    previous: Option<i64>,
}

/// Makes a job due now, in the transaction of the operation that leaves it work to do.
///
/// # Errors
/// Any [`StoreError`].
pub async fn schedule_now(tx: &mut Tx<'_>, name: &'static str) -> Result<Scheduled, StoreError> {
    // Changes nothing, and locks the row for this transaction on both databases.
    let row = tx
        .execute_returning_optional(
            "INSERT INTO job (name, holder, lease_until, last_run) VALUES ($1, '', 0, 0)
             ON CONFLICT (name) DO UPDATE SET last_run = job.last_run RETURNING due_token",
            params![name],
        )
        .await?
        .ok_or_else(|| StoreError::Unexpected(format!("no row of the job {name}")))?;
    let scheduled = Scheduled {
        name,
        token: random::number(),
        previous: row.get("due_token")?,
    };
    tx.execute(
        "UPDATE job SET due_token = $2 WHERE name = $1",
        params![name, scheduled.token],
    )
    .await?;
    Ok(scheduled)
}

/// Cancels a run that was scheduled, because its work has been done otherwise. If the
/// job was scheduled again or has run meanwhile, nothing changes.
///
/// # Errors
/// Any [`StoreError`].
pub async fn cancel_if_unchanged(store: &Store, scheduled: Scheduled) -> Result<(), StoreError> {
    store
        .transact(async move |tx| {
            tx.execute(
                "UPDATE job SET due_token = $2 WHERE name = $1 AND due_token = $3",
                params![scheduled.name, scheduled.previous, scheduled.token],
            )
            .await
            .map(|_| ())
        })
        .await
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX / 2)
}
