//! The threads that hold the sessions, and the supervisor that reconnects the device.

use std::{
    io,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use cryptoki::{error::Error, session::Session};

use super::{
    call_deadline::CallDeadline,
    device::{Connection, Device, SupervisorTask, unavailable},
    fault::{Remedy, key_error, remedy},
    module::Epoch,
};
use crate::{
    KeyError,
    job_queue::{Job, JobQueue, Reply},
};

/// What a job on a token works with: a session that is open and logged in.
pub(crate) struct Worker {
    pub(super) device: Arc<Device>,
    pub(super) connection: Connection,
    pub(super) session: Session,
    number: usize,
    fault: Option<String>,
}

impl Worker {
    /// Converts an error of the library to the caller's, and records one that the
    /// device must recover from.
    pub(super) fn failed(&mut self, error: &Error) -> KeyError {
        if remedy(error) == Remedy::Reconnect {
            self.fault = Some(error.to_string());
        }
        key_error(&self.device.name, error)
    }

    /// Records that the device must recover, for a reason that the adapter found.
    pub(super) fn lost(&mut self, reason: &str) -> KeyError {
        self.fault = Some(reason.to_owned());
        unavailable(&self.device.name, reason)
    }

    /// Lets the current call take longer than others before it counts as stuck.
    pub(super) fn extend_deadline(&self, timeout: Duration) {
        self.device.deadlines[self.number].start(timeout);
    }
}

/// The workers of a device. Cheap to clone.
#[derive(Clone)]
pub(super) struct Workers {
    pub(super) device: Arc<Device>,
    pub(super) queue: Arc<JobQueue<Worker>>,
}

impl Workers {
    /// Has `work` done on a session; fails at once while the device is down.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Worker) -> Result<T, KeyError> + Send + 'static,
    ) -> Result<T, KeyError> {
        self.device.epoch()?;
        self.queue.call(work).await
    }

    /// As [`Self::call`], for a signature.
    pub(super) async fn sign<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Worker) -> Result<T, KeyError> + Send + 'static,
    ) -> Result<T, KeyError> {
        self.device.epoch()?;
        self.queue.sign(work).await
    }

    /// As [`Self::call`], for work that may take longer than others.
    pub(super) async fn call_within<T: Send + 'static>(
        &self,
        timeout: Duration,
        work: impl FnOnce(&mut Worker) -> Result<T, KeyError> + Send + 'static,
    ) -> Result<T, KeyError> {
        self.device.epoch()?;
        self.queue.call_within(timeout, work).await
    }
}

/// Starts one thread per session and the supervisor.
pub(super) fn start(workers: &Workers) -> io::Result<Vec<thread::JoinHandle<()>>> {
    let mut threads = Vec::new();
    for number in 0..workers.device.deadlines.len() {
        let workers = workers.clone();
        threads.push(
            thread::Builder::new()
                .name(format!("pkcs11-{number}"))
                .spawn(move || work(&workers, number))?,
        );
    }
    let device = Arc::clone(&workers.device);
    threads.push(
        thread::Builder::new()
            .name("pkcs11-supervisor".to_owned())
            .spawn(move || supervise(&device))?,
    );
    Ok(threads)
}

fn work(workers: &Workers, number: usize) {
    let device = &workers.device;
    let mut worker: Option<Worker> = None;
    let mut batch = Vec::new();
    while workers.queue.take(device.deadlines.len(), &mut batch) {
        let mut replies = Replies::new();
        for job in batch.drain(..) {
            replies.add(run(device, number, &mut worker, job));
        }
    }
    if let Some(worker) = worker
        && let Some(_guard) = device.module.acquire(worker.connection.epoch)
    {
        let _ = worker.session.close();
    }
}

/// Runs one job on the worker's session, which is opened first if needed.
fn run(
    device: &Arc<Device>,
    number: usize,
    worker: &mut Option<Worker>,
    job: Job<Worker>,
) -> Option<Reply> {
    let epoch = match open_session(device, number, worker) {
        Ok(epoch) => epoch,
        Err(error) => return job.run(Err(error)),
    };
    let guard = device.module.acquire(epoch);
    let (Some(_guard), Some(worker)) = (guard, worker) else {
        device.fault(epoch, RESTARTED);
        return job.run(Err(unavailable(&device.name, RESTARTED)));
    };
    device.deadlines[number].start(device.timeout);
    let reply = job.run(Ok(worker));
    device.deadlines[number].stop();
    if let Some(reason) = worker.fault.take() {
        device.fault(epoch, &reason);
    }
    reply
}

/// The replies of one batch. Each wakes a task, and on few cores a wake-up between two
/// signatures costs a quarter of them, so they are sent together: when the batch is
/// done, or as soon as it has taken [`REPLY_DELAY`]: those of a slow device at once.
struct Replies {
    ready: Vec<Reply>,
    /// When the batch began, or replies were sent last.
    since: Instant,
}

impl Replies {
    fn new() -> Self {
        Self {
            ready: Vec::new(),
            since: Instant::now(),
        }
    }

    fn add(&mut self, reply: Option<Reply>) {
        self.ready.extend(reply);
        if self.since.elapsed() > REPLY_DELAY {
            self.send();
        }
    }

    fn send(&mut self) {
        self.ready.drain(..).for_each(|reply| reply());
        self.since = Instant::now();
    }
}

impl Drop for Replies {
    fn drop(&mut self) {
        self.send();
    }
}

/// Makes sure that the worker's session belongs to the current connection.
fn open_session(
    device: &Arc<Device>,
    number: usize,
    worker: &mut Option<Worker>,
) -> Result<Epoch, KeyError> {
    let epoch = device.epoch()?;
    if worker
        .as_ref()
        .is_some_and(|worker| worker.connection.epoch == epoch)
    {
        return Ok(epoch);
    }
    // Sessions of another epoch are invalid, and their numbers may name new ones, so
    // the old one is forgotten, not closed.
    *worker = None;
    let connection = device.connection()?;
    let epoch = connection.epoch;
    let Some(library) = device.module.acquire(epoch) else {
        device.fault(epoch, RESTARTED);
        return Err(unavailable(&device.name, RESTARTED));
    };
    let session = library
        .open_rw_session_no_drop(connection.slot)
        .map_err(|error| {
            device.fault(epoch, &error.to_string());
            key_error(&device.name, &error)
        })?;
    *worker = Some(Worker {
        device: Arc::clone(device),
        connection,
        session,
        number,
        fault: None,
    });
    Ok(epoch)
}

/// Probes the device while it works, and reconnects it when it does not.
fn supervise(device: &Device) {
    let mut delay = FIRST_DELAY;
    loop {
        match device.next_task(PROBE_EVERY) {
            SupervisorTask::Stop => return,
            SupervisorTask::Probe(connection) => {
                if let Err(reason) = probe(device, &connection) {
                    device.fault(connection.epoch, &reason);
                }
                delay = FIRST_DELAY;
            }
            SupervisorTask::Reconnect => match device.connect() {
                Ok(()) => {
                    tracing::info!(store = device.name, "PKCS#11 device is up again");
                }
                Err(error) => {
                    tracing::debug!(store = device.name, %error, "PKCS#11 device is still down");
                    if device.sleep(jittered(delay)) {
                        return;
                    }
                    delay = (delay * 2).min(LAST_DELAY);
                }
            },
        }
    }
}

/// Checks a device that seems to work.
fn probe(device: &Device, connection: &Connection) -> Result<(), String> {
    if device.deadlines.iter().any(CallDeadline::is_overdue) {
        return Err("a call to its library does not return".to_owned());
    }
    let Some(library) = device.module.acquire(connection.epoch) else {
        return Err(RESTARTED.to_owned());
    };
    match library.get_token_info(connection.slot) {
        Ok(info) if info.token_initialized() => Ok(()),
        Ok(_) => Err("its token is not initialized any more".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Between half and all of `delay`, so that many nodes do not reconnect at once.
fn jittered(delay: Duration) -> Duration {
    let [random] = crypto::random::bytes::<1>();
    delay / 2 + delay / 2 * u32::from(random) / 255
}

const RESTARTED: &str = "its library was restarted";
const REPLY_DELAY: Duration = Duration::from_millis(1);
const PROBE_EVERY: Duration = Duration::from_secs(1);
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LAST_DELAY: Duration = Duration::from_secs(5);
