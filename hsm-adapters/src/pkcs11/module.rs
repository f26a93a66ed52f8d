//! The library of a device, loaded once a process.
//!
//! PKCS#11 keeps one global state a library: `C_Finalize` ends every session of
//! the process. So all adapters of one library share a [`Module`], and its gate
//! makes sure that nobody is inside the library while it starts anew.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
};
use parking_lot::{Mutex, RwLock, RwLockReadGuard};

/// Counts the starts of a library. Sessions and handles die with their epoch.
pub(super) type Epoch = u64;

/// One loaded library.
pub(super) struct Module {
    path: PathBuf,
    library: Pkcs11,
    epoch: RwLock<Epoch>,
}

/// Proof that the caller is inside the library, in an epoch that lives.
pub(super) struct Inside<'a> {
    library: &'a Pkcs11,
    _epoch: RwLockReadGuard<'a, Epoch>,
}

/// Why a library did not start anew.
pub(super) enum Restart {
    /// A call into the library does not return.
    Stuck,
    /// The library said no.
    Failed(Error),
}

impl Module {
    /// Loads a library, or finds it among those loaded. It stays for the life
    /// of the process, as unloading is safe with few of them.
    pub(super) fn load(path: &Path) -> Result<Arc<Self>, Error> {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut modules = MODULES.lock();
        if let Some(module) = modules.iter().find(|module| module.path == path) {
            return Ok(Arc::clone(module));
        }
        let module = Arc::new(Self {
            library: Pkcs11::new(&path)?,
            epoch: RwLock::new(0),
            path,
        });
        modules.push(Arc::clone(&module));
        Ok(module)
    }

    /// Starts the library anew, unless someone else has done so since `seen`.
    pub(super) fn restart(&self, seen: Epoch, patience: Duration) -> Result<Epoch, Restart> {
        let Some(mut epoch) = self.epoch.try_write_for(patience) else {
            return Err(Restart::Stuck);
        };
        if *epoch != seen {
            return Ok(*epoch);
        }
        // Ends what the last epoch left; an error means that there was nothing.
        let _ = self.library.clone().finalize();
        *epoch += 1;
        let arguments = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
        match self.library.initialize(arguments) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(*epoch),
            Err(error) => Err(Restart::Failed(error)),
        }
    }

    /// Ends the library's state without telling anyone, as a device that fails.
    pub(super) fn interrupt(&self, patience: Duration) -> bool {
        let Some(_epoch) = self.epoch.try_write_for(patience) else {
            return false;
        };
        self.library.clone().finalize().is_ok()
    }

    /// Goes into the library, if `epoch` still lives.
    pub(super) fn enter(&self, epoch: Epoch) -> Option<Inside<'_>> {
        self.enter_after(epoch, || {})
    }

    /// As [`Self::enter`]; does `first` what has to be done before a wait for someone
    /// who starts the library anew.
    pub(super) fn enter_after(&self, epoch: Epoch, first: impl FnOnce()) -> Option<Inside<'_>> {
        let guard = self.epoch.try_read().unwrap_or_else(|| {
            first();
            self.epoch.read()
        });
        (*guard == epoch).then_some(Inside {
            library: &self.library,
            _epoch: guard,
        })
    }

    /// The epoch now; 0 before the first start.
    pub(super) fn epoch(&self) -> Epoch {
        *self.epoch.read()
    }
}

impl std::ops::Deref for Inside<'_> {
    type Target = Pkcs11;

    fn deref(&self) -> &Pkcs11 {
        self.library
    }
}

static MODULES: Mutex<Vec<Arc<Module>>> = Mutex::new(Vec::new());
