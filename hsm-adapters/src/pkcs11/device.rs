//! One token, and whether it can be used now.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use cryptoki::{
    error::{Error, RvError},
    mechanism::MechanismType,
    session::{Session, UserType},
    slot::Slot,
    types::AuthPin,
};
use parking_lot::{Condvar, Mutex};

use super::{
    call_deadline::CallDeadline,
    fault::{Remedy, key_error, remedy},
    module::{Epoch, LibraryGuard, Module, Restart},
};
use crate::{KeyError, Pkcs11Uri, Sm2Settings, job_queue::WaitingCallers};
use crypto::{KeyAlgorithm, mechanism};

/// A token that the adapter uses, shared by its threads and handles.
pub(super) struct Device {
    pub(super) name: String,
    pub(super) token: Pkcs11Uri,
    pub(super) sm2: Sm2Settings,
    /// The callers that wait for one of its sessions.
    waiting: Arc<dyn WaitingCallers>,
    pub(super) timeout: Duration,
    pub(super) deadlines: Vec<CallDeadline>,
    pub(super) module: Arc<Module>,
    pin: Option<AuthPin>,
    state: Mutex<State>,
    /// The epoch while the state is `Up`, else 0, so that callers need no lock.
    up: AtomicU64,
    changed: Condvar,
}

/// What it takes to open a token.
pub(super) struct DeviceSettings {
    pub(super) token: Pkcs11Uri,
    pub(super) pin: Option<AuthPin>,
    pub(super) sm2: Sm2Settings,
    pub(super) timeout: Duration,
    pub(super) sessions: usize,
}

/// A token that responded, in one epoch of its library.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) epoch: Epoch,
    pub(super) slot: Slot,
    pub(super) since: Instant,
    pub(super) algorithms: Arc<[KeyAlgorithm]>,
}

enum State {
    /// Works. The session preserves the login while no worker has one.
    Up {
        connection: Connection,
        login: Session,
    },
    /// Does not respond; the supervisor tries again.
    Down { last_epoch: Epoch, error: KeyError },
    /// Rejected the PIN. A token locks itself after a few wrong ones, so the next
    /// attempt is that of the next start.
    Refused(KeyError),
    /// The adapter is closing.
    Closed,
}

/// What the supervisor must do next.
pub(super) enum SupervisorTask {
    /// Check a device that works.
    Probe(Connection),
    /// Bring a device back.
    Reconnect,
    /// End the thread.
    Stop,
}

impl Device {
    pub(super) fn new(
        module: Arc<Module>,
        settings: DeviceSettings,
        waiting: Arc<dyn WaitingCallers>,
    ) -> Self {
        let name = settings.token.token_only().to_string();
        let last_epoch = module.epoch();
        Self {
            waiting,
            state: Mutex::new(State::Down {
                last_epoch,
                error: unavailable(&name, "it is opening"),
            }),
            name,
            token: settings.token,
            pin: settings.pin,
            sm2: settings.sm2,
            timeout: settings.timeout,
            deadlines: (0..settings.sessions.max(1))
                .map(|_| CallDeadline::default())
                .collect(),
            module,
            up: AtomicU64::new(0),
            changed: Condvar::new(),
        }
    }

    /// The connection to a device that works.
    ///
    /// # Errors
    /// Why it does not work.
    pub(super) fn connection(&self) -> Result<Connection, KeyError> {
        match &*self.state.lock() {
            State::Up { connection, .. } => Ok(connection.clone()),
            State::Down { error, .. } | State::Refused(error) => Err(error.clone()),
            State::Closed => Err(unavailable(&self.name, "it is closing")),
        }
    }

    /// The epoch of a device that works.
    ///
    /// # Errors
    /// As [`Self::connection`].
    pub(super) fn epoch(&self) -> Result<Epoch, KeyError> {
        match self.up.load(Ordering::Acquire) {
            0 => self.connection().map(|connection| connection.epoch),
            epoch => Ok(epoch),
        }
    }

    /// Reports that the device failed in `epoch`: from now on callers get that error at
    /// once, until the supervisor has brought the device back.
    pub(super) fn fault(&self, epoch: Epoch, reason: &str) {
        let error = {
            let mut state = self.state.lock();
            match &*state {
                State::Up { connection, .. } if connection.epoch == epoch => {}
                _ => return,
            }
            let error = unavailable(&self.name, reason);
            self.up.store(0, Ordering::Release);
            *state = State::Down {
                last_epoch: epoch,
                error: error.clone(),
            };
            self.changed.notify_all();
            error
        };
        tracing::warn!(
            store = self.name,
            reason,
            "PKCS#11 device is down; reconnecting"
        );
        self.waiting.fail_all(&error);
    }

    /// One attempt to bring the device up, by the supervisor or at the opening.
    pub(super) fn connect(&self) -> Result<(), KeyError> {
        let last_epoch = match &*self.state.lock() {
            State::Down { last_epoch, .. } => *last_epoch,
            _ => return Ok(()),
        };
        // Without the lock: a restart and a login may take seconds.
        let next = self.restart_and_log_in(last_epoch);
        self.enter(next)
    }

    /// Restarts the library unless another adapter has, and logs in: the next state.
    fn restart_and_log_in(&self, last_epoch: Epoch) -> State {
        let down = |last_epoch, error| State::Down { last_epoch, error };
        let epoch = match self.module.restart(last_epoch, self.timeout) {
            Ok(epoch) => epoch,
            Err(Restart::Stuck) => {
                let reason = "a call to its library does not return";
                return down(last_epoch, unavailable(&self.name, reason));
            }
            Err(Restart::Failed(error)) => {
                return down(self.module.epoch(), key_error(&self.name, &error));
            }
        };
        match self.log_in(epoch) {
            Ok((connection, login)) => State::Up { connection, login },
            Err(error @ KeyError::BadPin { .. }) => State::Refused(error),
            Err(error) => down(epoch, error),
        }
    }

    /// Takes a new state, unless the adapter is closing.
    fn enter(&self, next: State) -> Result<(), KeyError> {
        let mut state = self.state.lock();
        if matches!(*state, State::Closed) {
            return Ok(());
        }
        let result = match &next {
            State::Up { connection, .. } => {
                self.up.store(connection.epoch, Ordering::Release);
                Ok(())
            }
            State::Down { error, .. } | State::Refused(error) => Err(error.clone()),
            State::Closed => Ok(()),
        };
        *state = next;
        self.changed.notify_all();
        result
    }

    /// Waits until there is something for the supervisor to do.
    pub(super) fn next_task(&self, probe_after: Duration) -> SupervisorTask {
        let mut state = self.state.lock();
        let until = Instant::now() + probe_after;
        loop {
            match &*state {
                State::Down { .. } => return SupervisorTask::Reconnect,
                State::Closed => return SupervisorTask::Stop,
                State::Up { connection, .. } if Instant::now() >= until => {
                    return SupervisorTask::Probe(connection.clone());
                }
                State::Up { .. } | State::Refused(_) => {}
            }
            self.changed
                .wait_until(&mut state, until.max(Instant::now() + MIN_WAIT));
        }
    }

    /// Sleeps for `time`; true if the adapter closes meanwhile.
    pub(super) fn sleep(&self, time: Duration) -> bool {
        let mut state = self.state.lock();
        let until = Instant::now() + time;
        while !matches!(*state, State::Closed) {
            if self.changed.wait_until(&mut state, until).timed_out() {
                return matches!(*state, State::Closed);
            }
        }
        true
    }

    /// Ends the device's use, and its threads.
    pub(super) fn close(&self) {
        let last = {
            let mut state = self.state.lock();
            self.up.store(0, Ordering::Release);
            std::mem::replace(&mut *state, State::Closed)
        };
        self.changed.notify_all();
        self.waiting.close();
        self.waiting
            .fail_all(&unavailable(&self.name, "it is closing"));
        if let State::Up { connection, login } = last
            && let Some(_guard) = self.module.acquire(connection.epoch)
        {
            // One that does not close now is closed with the token's last session.
            let _ = login.close();
        }
    }

    fn log_in(&self, epoch: Epoch) -> Result<(Connection, Session), KeyError> {
        let Some(library) = self.module.acquire(epoch) else {
            return Err(unavailable(&self.name, "its library restarted meanwhile"));
        };
        let slot = self.slot(&library)?;
        let failed = |error: Error| key_error(&self.name, &error);
        let session = library.open_rw_session_no_drop(slot).map_err(failed)?;
        match session.login(UserType::User, self.pin.as_ref()) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(error) => {
                let _ = session.close();
                if remedy(&error) == Remedy::BadPin {
                    tracing::error!(store = self.name, %error, "PIN refused; not tried again");
                }
                return Err(failed(error));
            }
        }
        let connection = Connection {
            epoch,
            slot,
            since: Instant::now(),
            algorithms: self.algorithms(&library, slot).map_err(failed)?.into(),
        };
        Ok((connection, session))
    }

    fn slot(&self, library: &LibraryGuard<'_>) -> Result<Slot, KeyError> {
        let slots = library
            .get_slots_with_token()
            .map_err(|error| key_error(&self.name, &error))?;
        let mut found = slots.into_iter().filter(|slot| {
            library.get_token_info(*slot).is_ok_and(|info| {
                info.token_initialized()
                    && self.token.is_on(&Pkcs11Uri {
                        token: Some(info.label().to_owned()),
                        manufacturer: Some(info.manufacturer_id().to_owned()),
                        model: Some(info.model().to_owned()),
                        serial: Some(info.serial_number().to_owned()),
                        slot_id: Some(slot.id()),
                        ..Pkcs11Uri::default()
                    })
            })
        });
        match (found.next(), found.next()) {
            (Some(slot), None) => Ok(slot),
            (None, _) => Err(unavailable(&self.name, "no such token is present")),
            (Some(_), Some(_)) => Err(KeyError::Refused {
                store: self.name.clone(),
                reason: "several tokens match; name its serial too".to_owned(),
            }),
        }
    }

    fn algorithms(
        &self,
        library: &LibraryGuard<'_>,
        slot: Slot,
    ) -> Result<Vec<KeyAlgorithm>, Error> {
        let sm2 = self.sm2.mechanisms.as_ref();
        let known = library.get_mechanism_list(slot)?;
        let able = |algorithm: &KeyAlgorithm| {
            let generator = mechanism::key_pair_gen(*algorithm, sm2)?.mechanism_type();
            let (signer, _) = mechanism::signature(algorithm.default_signature(), sm2)?;
            let signer = signer.mechanism_type();
            (known.contains(&generator) && known.contains(&signer)).then_some(())?;
            if matches!(signer, MechanismType::EDDSA) {
                return Some(());
            }
            // Sizes are in bits for RSA and for curves over a prime.
            let sizes = library.get_mechanism_info(slot, generator).ok()?;
            let bits = algorithm.bits() as usize;
            let largest = sizes.max_key_size();
            (largest == 0 || (sizes.min_key_size()..=largest).contains(&bits)).then_some(())
        };
        Ok(KeyAlgorithm::all()
            .filter(|row| able(row).is_some())
            .collect())
    }
}

pub(super) fn unavailable(store: &str, reason: &str) -> KeyError {
    KeyError::Unavailable {
        store: store.to_owned(),
        reason: reason.to_owned(),
    }
}

const MIN_WAIT: Duration = Duration::from_millis(10);
