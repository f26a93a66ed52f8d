//! The threads that hold the sessions, and the one that keeps the device up.

use std::{io, sync::Arc, thread, time::Duration};

use cryptoki::{error::Error, session::Session};

use super::{
    device::{Device, Duty, Link, unavailable},
    fault::{Remedy, key_error, remedy},
};
use crate::{
    KeyError,
    lane::{Answers, Job},
};

/// What work on a token gets: a session that is open and logged in.
pub(crate) struct Worker {
    pub(super) device: Arc<Device>,
    pub(super) link: Link,
    pub(super) session: Session,
    number: usize,
    fault: Option<String>,
}

impl Worker {
    /// Turns an error of the library into the caller's, and remembers one that
    /// the device must recover from.
    pub(super) fn failed(&mut self, error: &Error) -> KeyError {
        if remedy(error) == Remedy::Reconnect {
            self.fault = Some(error.to_string());
        }
        key_error(&self.device.name, error)
    }

    /// Says that the device must recover, for a reason of the adapter's own.
    pub(super) fn lost(&mut self, reason: &str) -> KeyError {
        self.fault = Some(reason.to_owned());
        unavailable(&self.device.name, reason)
    }

    /// Lets the present call take longer than others before it counts as stuck.
    pub(super) fn take_time(&self, patience: Duration) {
        self.device.busy[self.number].start(patience);
    }
}

/// Starts one thread a session and the keeper.
pub(super) fn start(device: &Arc<Device>) -> io::Result<Vec<thread::JoinHandle<()>>> {
    let mut threads = Vec::new();
    for number in 0..device.busy.len() {
        let device = Arc::clone(device);
        threads.push(
            thread::Builder::new()
                .name(format!("pkcs11-{number}"))
                .spawn(move || work(&device, number))?,
        );
    }
    let device = Arc::clone(device);
    threads.push(
        thread::Builder::new()
            .name("pkcs11-keeper".to_owned())
            .spawn(move || keep(&device))?,
    );
    Ok(threads)
}

fn work(device: &Arc<Device>, number: usize) {
    let mut worker: Option<Worker> = None;
    let (mut batch, mut done) = (Vec::new(), Answers::new());
    while device.lane.take(device.busy.len(), &mut batch, &mut done) {
        if let Err(error) = serve(device, number, &mut worker, &mut batch, &mut done) {
            done.give();
            for mut job in batch.drain(..) {
                job.fail(error.clone());
                job.answer();
            }
        }
    }
    if let Some(worker) = worker
        && let Some(_inside) = device.module.enter(worker.link.epoch)
    {
        let _ = worker.session.close();
    }
}

/// Does the jobs of a batch. An error is the answer to those that it leaves there.
fn serve(
    device: &Arc<Device>,
    number: usize,
    worker: &mut Option<Worker>,
    batch: &mut Vec<Box<dyn Job<Worker>>>,
    done: &mut Answers<Worker>,
) -> Result<(), KeyError> {
    let epoch = ready(device, number, worker, done)?;
    let inside = device.module.enter_after(epoch, || done.give());
    let (Some(_inside), Some(worker)) = (inside, worker) else {
        device.fault(epoch, "its library started anew");
        return Err(unavailable(&device.name, "its library started anew"));
    };
    batch.reverse();
    while let Some(mut job) = batch.pop() {
        if !job.is_short() {
            done.give();
        }
        device.busy[number].start(device.timeout);
        job.run(worker);
        device.busy[number].stop();
        done.keep(job);
        if let Some(reason) = worker.fault.take() {
            done.give();
            device.fault(epoch, &reason);
            return Err(unavailable(&device.name, &reason));
        }
    }
    Ok(())
}

/// Makes sure that the worker's session belongs to the link of now.
fn ready(
    device: &Arc<Device>,
    number: usize,
    worker: &mut Option<Worker>,
    done: &mut Answers<Worker>,
) -> Result<u64, KeyError> {
    let epoch = device.epoch()?;
    if worker
        .as_ref()
        .is_some_and(|worker| worker.link.epoch == epoch)
    {
        return Ok(epoch);
    }
    done.give();
    // Sessions of another epoch are dead, and their numbers may name new ones:
    // the old one is forgotten, not closed.
    *worker = None;
    let link = device.link()?;
    let Some(inside) = device.module.enter(link.epoch) else {
        device.fault(link.epoch, "its library started anew");
        return Err(unavailable(&device.name, "its library started anew"));
    };
    let session = inside.open_rw_session_no_drop(link.slot).map_err(|error| {
        device.fault(link.epoch, &error.to_string());
        key_error(&device.name, &error)
    })?;
    let epoch = link.epoch;
    *worker = Some(Worker {
        device: Arc::clone(device),
        link,
        session,
        number,
        fault: None,
    });
    Ok(epoch)
}

/// Looks after the device: probes it while it works, brings it back when it does not.
fn keep(device: &Device) {
    let mut delay = FIRST_DELAY;
    loop {
        match device.next_duty(PROBE_EVERY) {
            Duty::Leave => return,
            Duty::Probe(link) => {
                if let Err(reason) = probe(device, &link) {
                    device.fault(link.epoch, &reason);
                }
                delay = FIRST_DELAY;
            }
            Duty::Reconnect => match device.connect() {
                Ok(()) => {
                    tracing::info!(store = device.name, "PKCS#11 device is up again");
                }
                Err(error) => {
                    tracing::debug!(store = device.name, %error, "PKCS#11 device is still down");
                    if device.rest(jittered(delay)) {
                        return;
                    }
                    delay = (delay * 2).min(LAST_DELAY);
                }
            },
        }
    }
}

/// Asks a device that seems well whether it is.
fn probe(device: &Device, link: &Link) -> Result<(), String> {
    if device.busy.iter().any(super::device::BusySince::is_overdue) {
        return Err("a call to its library does not return".to_owned());
    }
    let Some(inside) = device.module.enter(link.epoch) else {
        return Err("its library started anew".to_owned());
    };
    match inside.get_token_info(link.slot) {
        Ok(info) if info.token_initialized() => Ok(()),
        Ok(_) => Err("its token is not initialized any more".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Between half and all of `delay`, so that many nodes do not knock together.
fn jittered(delay: Duration) -> Duration {
    let [random] = crypto::random::bytes::<1>();
    delay / 2 + delay / 2 * u32::from(random) / 255
}

const PROBE_EVERY: Duration = Duration::from_secs(1);
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LAST_DELAY: Duration = Duration::from_secs(5);
