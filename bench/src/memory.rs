//! A process' memory while it is under load.

use std::{
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Result, anyhow};
use testkit::resident_kib;

/// Looks ten times a second until it is asked.
pub(crate) struct Peak {
    stop: Sender<()>,
    thread: JoinHandle<u64>,
}

impl Peak {
    pub(crate) fn of(pid: u32) -> Self {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::spawn(move || {
            let mut peak = 0;
            loop {
                peak = peak.max(resident_kib(pid));
                let waited = stopped.recv_timeout(Duration::from_millis(100));
                if waited != Err(RecvTimeoutError::Timeout) {
                    return peak;
                }
            }
        });
        Self { stop, thread }
    }

    /// The most resident memory that was seen, in KiB.
    pub(crate) fn kib(self) -> Result<u64> {
        drop(self.stop);
        self.thread
            .join()
            .map_err(|_| anyhow!("the server's memory could not be read"))
    }
}
