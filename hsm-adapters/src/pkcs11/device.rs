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
    fault::{Remedy, key_error, remedy},
    module::{Epoch, Inside, Module, Restart},
    worker::Worker,
};
use crate::{KeyError, Pkcs11Uri, lane::Lane};
use crypto::{KeyAlgorithm, Sm2Mechanisms};

/// A token that the adapter uses, shared by its threads and handles.
pub(super) struct Device {
    pub(super) name: String,
    pub(super) token: Pkcs11Uri,
    pub(super) sm2: Option<Sm2Mechanisms>,
    pub(super) sm2_id: String,
    pub(super) lane: Arc<Lane<Worker>>,
    pub(super) timeout: Duration,
    pub(super) busy: Vec<BusySince>,
    pub(super) module: Arc<Module>,
    pin: Option<AuthPin>,
    state: Mutex<State>,
    /// The epoch while the state is up, else 0: spares callers the lock.
    up: AtomicU64,
    changed: Condvar,
}

/// What it takes to open a token.
pub(super) struct DeviceSettings {
    pub(super) token: Pkcs11Uri,
    pub(super) pin: Option<AuthPin>,
    pub(super) sm2: Option<Sm2Mechanisms>,
    pub(super) sm2_id: String,
    pub(super) queue: usize,
    pub(super) timeout: Duration,
    pub(super) sessions: usize,
}

/// A token that answered, in one epoch of its library.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) epoch: Epoch,
    pub(super) slot: Slot,
    pub(super) since: Instant,
    pub(super) algorithms: Arc<[KeyAlgorithm]>,
}

enum State {
    /// Works. The session keeps the login while no worker has one.
    Up { link: Link, login: Session },
    /// Does not answer; the keeper tries again.
    Down { seen: Epoch, error: KeyError },
    /// Refused the PIN: a token locks itself after a few wrong ones, so nobody
    /// tries again before the next start.
    Refused(KeyError),
    /// The adapter is closing.
    Closed,
}

/// What the keeper is to do next.
pub(super) enum Duty {
    /// Look after a device that works.
    Probe(Link),
    /// Bring a device back.
    Reconnect,
    /// Go home.
    Leave,
}

impl Device {
    pub(super) fn new(module: Arc<Module>, settings: DeviceSettings) -> Self {
        let name = settings.token.token_only().to_string();
        let seen = module.epoch();
        Self {
            lane: Lane::new(&name, settings.queue, settings.timeout),
            state: Mutex::new(State::Down {
                seen,
                error: unavailable(&name, "it is opening"),
            }),
            name,
            token: settings.token,
            pin: settings.pin,
            sm2: settings.sm2,
            sm2_id: settings.sm2_id,
            timeout: settings.timeout,
            busy: (0..settings.sessions.max(1))
                .map(|_| BusySince::default())
                .collect(),
            module,
            up: AtomicU64::new(0),
            changed: Condvar::new(),
        }
    }

    /// The link to a device that works.
    ///
    /// # Errors
    /// Why it does not.
    pub(super) fn link(&self) -> Result<Link, KeyError> {
        match &*self.state.lock() {
            State::Up { link, .. } => Ok(link.clone()),
            State::Down { error, .. } | State::Refused(error) => Err(error.clone()),
            State::Closed => Err(unavailable(&self.name, "it is closing")),
        }
    }

    /// The epoch of a device that works.
    ///
    /// # Errors
    /// As [`Self::link`].
    pub(super) fn epoch(&self) -> Result<Epoch, KeyError> {
        match self.up.load(Ordering::Acquire) {
            0 => self.link().map(|link| link.epoch),
            epoch => Ok(epoch),
        }
    }

    /// Has `work` done on a session; fails at once while the device is away.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        timeout: Duration,
        work: impl FnOnce(&mut Worker) -> Result<T, KeyError> + Send + 'static,
    ) -> Result<T, KeyError> {
        self.epoch()?;
        self.lane.call(timeout, work).await
    }

    /// Has a signature made on a session; fails at once while the device is away.
    pub(super) async fn sign<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Worker) -> Result<T, KeyError> + Send + 'static,
    ) -> Result<T, KeyError> {
        self.epoch()?;
        self.lane.sign(work).await
    }

    /// Says that the device failed in `epoch`: from now on callers are told so
    /// at once, and the keeper brings it back.
    pub(super) fn fault(&self, epoch: Epoch, reason: &str) {
        let error = {
            let mut state = self.state.lock();
            match &*state {
                State::Up { link, .. } if link.epoch == epoch => {}
                _ => return,
            }
            let error = unavailable(&self.name, reason);
            self.up.store(0, Ordering::Release);
            *state = State::Down {
                seen: epoch,
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
        self.lane.fail_all(&error);
    }

    /// One attempt to bring the device up, by the keeper or at the opening.
    pub(super) fn connect(&self) -> Result<(), KeyError> {
        let seen = match &*self.state.lock() {
            State::Down { seen, .. } => *seen,
            _ => return Ok(()),
        };
        let connected = match self.module.restart(seen, self.timeout) {
            Ok(epoch) => self.log_in(epoch).map_err(|error| (epoch, error)),
            Err(Restart::Stuck) => Err((
                seen,
                unavailable(&self.name, "a call to its library does not return"),
            )),
            Err(Restart::Failed(error)) => {
                Err((self.module.epoch(), key_error(&self.name, &error)))
            }
        };
        let mut state = self.state.lock();
        if matches!(*state, State::Closed) {
            return Ok(());
        }
        let (next, result) = match connected {
            Ok((link, login)) => (State::Up { link, login }, Ok(())),
            Err((_, error @ KeyError::BadPin { .. })) => {
                (State::Refused(error.clone()), Err(error))
            }
            Err((seen, error)) => (
                State::Down {
                    seen,
                    error: error.clone(),
                },
                Err(error),
            ),
        };
        if let State::Up { link, .. } = &next {
            self.up.store(link.epoch, Ordering::Release);
        }
        *state = next;
        self.changed.notify_all();
        result
    }

    /// Waits until there is something for the keeper to do.
    pub(super) fn next_duty(&self, probe_after: Duration) -> Duty {
        let mut state = self.state.lock();
        let until = Instant::now() + probe_after;
        loop {
            match &*state {
                State::Down { .. } => return Duty::Reconnect,
                State::Closed => return Duty::Leave,
                State::Up { link, .. } if Instant::now() >= until => {
                    return Duty::Probe(link.clone());
                }
                State::Up { .. } | State::Refused(_) => {}
            }
            self.changed
                .wait_until(&mut state, until.max(Instant::now() + MIN_WAIT));
        }
    }

    /// Sleeps for `time`; true where the adapter closes meanwhile.
    pub(super) fn rest(&self, time: Duration) -> bool {
        let mut state = self.state.lock();
        let until = Instant::now() + time;
        while !matches!(*state, State::Closed) {
            if self.changed.wait_until(&mut state, until).timed_out() {
                return matches!(*state, State::Closed);
            }
        }
        true
    }

    /// Ends the device's use; its threads leave.
    pub(super) fn close(&self) {
        let last = {
            let mut state = self.state.lock();
            self.up.store(0, Ordering::Release);
            std::mem::replace(&mut *state, State::Closed)
        };
        self.changed.notify_all();
        self.lane.close();
        self.lane
            .fail_all(&unavailable(&self.name, "it is closing"));
        if let State::Up { link, login } = last
            && let Some(_inside) = self.module.enter(link.epoch)
        {
            // A session that does not close is closed with the last of its token.
            let _ = login.close();
        }
    }

    fn log_in(&self, epoch: Epoch) -> Result<(Link, Session), KeyError> {
        let Some(inside) = self.module.enter(epoch) else {
            return Err(unavailable(
                &self.name,
                "its library started anew meanwhile",
            ));
        };
        let slot = self.slot(&inside)?;
        let failed = |error: Error| key_error(&self.name, &error);
        let session = inside.open_rw_session_no_drop(slot).map_err(failed)?;
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
        let link = Link {
            epoch,
            slot,
            since: Instant::now(),
            algorithms: self.algorithms(&inside, slot).map_err(failed)?.into(),
        };
        Ok((link, session))
    }

    fn slot(&self, inside: &Inside<'_>) -> Result<Slot, KeyError> {
        let slots = inside
            .get_slots_with_token()
            .map_err(|error| key_error(&self.name, &error))?;
        let mut found = slots.into_iter().filter(|slot| {
            inside.get_token_info(*slot).is_ok_and(|info| {
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

    fn algorithms(&self, inside: &Inside<'_>, slot: Slot) -> Result<Vec<KeyAlgorithm>, Error> {
        let sm2 = self.sm2.as_ref();
        let known = inside.get_mechanism_list(slot)?;
        let able = |algorithm: &KeyAlgorithm| {
            let generator = algorithm.key_pair_gen(sm2)?.mechanism_type();
            let (signer, _) = algorithm.default_signature().mechanism(sm2)?;
            let signer = signer.mechanism_type();
            (known.contains(&generator) && known.contains(&signer)).then_some(())?;
            if matches!(signer, MechanismType::EDDSA) {
                return Some(());
            }
            // Sizes are in bits for RSA and for curves over a prime.
            let sizes = inside.get_mechanism_info(slot, generator).ok()?;
            let bits = algorithm.bits() as usize;
            let largest = sizes.max_key_size();
            (largest == 0 || (sizes.min_key_size()..=largest).contains(&bits)).then_some(())
        };
        Ok(KeyAlgorithm::all()
            .filter(|row| able(row).is_some())
            .collect())
    }
}

/// Since when one worker has been inside the library, in milliseconds of the
/// process's monotonic clock plus one; 0 while it is outside.
#[derive(Default)]
pub(super) struct BusySince(AtomicU64);

impl BusySince {
    pub(super) fn start(&self, patience: Duration) {
        let until = CLOCK_START.elapsed() + patience;
        self.0.store(
            u64::try_from(until.as_millis()).unwrap_or(u64::MAX).max(1),
            Ordering::Relaxed,
        );
    }

    pub(super) fn stop(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// True where the call should have returned by now.
    pub(super) fn is_overdue(&self) -> bool {
        let until = self.0.load(Ordering::Relaxed);
        until != 0 && CLOCK_START.elapsed() > Duration::from_millis(until)
    }
}

pub(super) fn unavailable(store: &str, reason: &str) -> KeyError {
    KeyError::Unavailable {
        store: store.to_owned(),
        reason: reason.to_owned(),
    }
}

static CLOCK_START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
const MIN_WAIT: Duration = Duration::from_millis(10);
