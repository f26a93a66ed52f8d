//! What runs by the clock, once among all nodes.
//!
//! A job's row in the database holds a lease with an end, and when it last ran:
//! of many nodes one gets the lease, and a run is due only a period after the last.
//! An act that leaves a job something to do makes it due in its own transaction
//! ([`make_due`]), so that the work is done even if its node dies in the next moment.

use std::{fmt::Display, time::Duration};

use futures_util::future::BoxFuture;

use crypto::random;
use platform_store::{Store, StoreError, Tx, params};

use crate::SharedClock;

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
            Ok(Some(seen)) => run_once(job, store, clock, node, seen).await,
            Ok(None) => {}
            Err(error) => tracing::warn!(job = job.name, %error, "a job's lease was not taken"),
        }
    }
    metrics::counter!("xinshu_jobs_looked_total").increment(1);
}

/// Runs a job whose lease this node holds, and gives the lease back; `seen` is what
/// was noted as its last run before.
async fn run_once(job: &Job, store: &Store, clock: &SharedClock, node: &str, seen: i64) {
    let started = clock.now().as_microsecond();
    let outcome = (job.run)().await;
    if let Err(error) = &outcome {
        tracing::error!(job = job.name, %error, "a job failed and is tried again soon");
    }
    let ended = match outcome {
        Ok(()) => Ended {
            until: 0,
            last_run: started,
        },
        Err(_) => Ended {
            until: clock.now().as_microsecond() + micros(RETRY),
            last_run: seen,
        },
    };
    if let Err(error) = release(store, job, node, seen, ended).await {
        tracing::warn!(job = job.name, %error, "a job's lease was not given back");
    }
}

/// Takes the lease where the job is due and nobody holds it, and tells what is noted
/// as its last run.
async fn take(
    store: &Store,
    clock: &SharedClock,
    job: &Job,
    node: &str,
) -> Result<Option<i64>, StoreError> {
    let now = clock.now().as_microsecond();
    let period = micros(job.period);
    let window = Window {
        now,
        due: now - period,
        next: now + period,
        longest: now + micros(LEASE.max(RETRY)),
    };
    let recent = store
        .fetch_optional(
            "SELECT 1 AS one FROM job WHERE name = $1
             AND (last_run > $2 AND last_run <= $3 OR lease_until > $4 AND lease_until <= $5)",
            params![
                job.name,
                window.due,
                window.next,
                window.now,
                window.longest
            ],
        )
        .await?;
    if recent.is_some() {
        return Ok(None);
    }
    let until = now + micros(LEASE);
    let name = job.name;
    let node = node.to_owned();
    store
        .transact(move |tx| {
            let values = params![
                name,
                &node,
                until,
                window.due,
                window.next,
                window.now,
                window.longest
            ];
            Box::pin(async move {
                tx.fetch_optional(
                    "INSERT INTO job (name, holder, lease_until, last_run) VALUES ($1, $2, $3, 0)
                     ON CONFLICT (name) DO UPDATE
                     SET holder = excluded.holder, lease_until = excluded.lease_until
                     WHERE (job.last_run <= $4 OR job.last_run > $5)
                     AND (job.lease_until <= $6 OR job.lease_until > $7)
                     RETURNING last_run",
                    values,
                )
                .await?
                .map(|row| row.get("last_run"))
                .transpose()
            })
        })
        .await
}

/// The moments that tell whether a job is due, in microseconds. What lies beyond the
/// future that a run or a lease can reach was noted by a clock that was ahead: it
/// counts for nothing, or the job would rest until that day.
#[derive(Clone, Copy)]
struct Window {
    now: i64,
    /// A run before this was long enough ago.
    due: i64,
    /// No run lies further ahead, and no lease further than `longest`.
    next: i64,
    longest: i64,
}

/// How a run ended: until when nobody may try again, and when it ran.
struct Ended {
    until: i64,
    last_run: i64,
}

/// Gives a lease back. A job that was made due while it ran stays due: this run may
/// have looked too early.
async fn release(
    store: &Store,
    job: &Job,
    node: &str,
    seen: i64,
    ended: Ended,
) -> Result<(), StoreError> {
    let name = job.name;
    let node = node.to_owned();
    store
        .transact(move |tx| {
            let values = params![name, &node, ended.until, ended.last_run, seen];
            Box::pin(async move {
                tx.execute(
                    "UPDATE job SET lease_until = $3,
                     last_run = CASE WHEN last_run = $5 THEN $4 ELSE last_run END
                     WHERE name = $1 AND holder = $2",
                    values,
                )
                .await
                .map(|_| ())
            })
        })
        .await
}

/// That a job was made due, for [`settle`].
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct MadeDue {
    name: &'static str,
    before: i64,
    after: i64,
}

/// Makes a job due now, in the transaction of the act that leaves it something to do.
///
/// # Errors
/// Any [`StoreError`].
pub async fn make_due(tx: &mut Tx<'_>, name: &'static str) -> Result<MadeDue, StoreError> {
    // Changes nothing, and keeps the row for this transaction on both databases.
    let row = tx
        .fetch_optional(
            "INSERT INTO job (name, holder, lease_until, last_run) VALUES ($1, '', 0, 0)
             ON CONFLICT (name) DO UPDATE SET last_run = job.last_run RETURNING last_run",
            params![name],
        )
        .await?;
    let row = row.ok_or_else(|| StoreError::Unexpected(format!("no row of the job {name}")))?;
    let before: i64 = row.get("last_run")?;
    // Long ago, and never the same twice: neither a run that began before nor the
    // settling of another act undoes it.
    let after = -1 - random::number();
    tx.execute(
        "UPDATE job SET last_run = $2 WHERE name = $1",
        params![name, after],
    )
    .await?;
    Ok(MadeDue {
        name,
        before,
        after,
    })
}

/// Takes back that a job was made due, since what it had to do was done otherwise.
/// Where it was made due again, or was run, that stands.
///
/// # Errors
/// Any [`StoreError`].
pub async fn settle(store: &Store, made: MadeDue) -> Result<(), StoreError> {
    store
        .transact(move |tx| {
            Box::pin(async move {
                tx.execute(
                    "UPDATE job SET last_run = $2 WHERE name = $1 AND last_run = $3",
                    params![made.name, made.before, made.after],
                )
                .await
                .map(|_| ())
            })
        })
        .await
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX / 2)
}
