//! The library of a device, loaded once per process.
//!
//! PKCS#11 has one global state per library: `C_Finalize` ends every session of the
//! process. So all adapters of one library share a [`Module`], whose lock ensures that
//! no thread is in the library while it restarts.

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

/// Counts the starts of a library. Sessions and handles are valid in one epoch only.
pub(super) type Epoch = u64;

/// One loaded library.
pub(super) struct Module {
    path: PathBuf,
    library: Pkcs11,
    epoch: RwLock<Epoch>,
}

/// Proof that the library is not restarted while the caller uses it.
pub(super) struct LibraryGuard<'a> {
    library: &'a Pkcs11,
    _epoch: RwLockReadGuard<'a, Epoch>,
}

/// Why a library did not restart.
pub(super) enum Restart {
    /// A call into the library does not return.
    Stuck,
    /// The library reported an error.
    Failed(Error),
}

impl Module {
    /// Loads a library, unless it is loaded already. It stays loaded for the life of
    /// the process, since few libraries can be unloaded safely.
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

    /// Restarts the library, unless that has happened since `last_epoch`.
    pub(super) fn restart(&self, last_epoch: Epoch, timeout: Duration) -> Result<Epoch, Restart> {
        let Some(mut epoch) = self.epoch.try_write_for(timeout) else {
            return Err(Restart::Stuck);
        };
        if *epoch != last_epoch {
            return Ok(*epoch);
        }
        // Ends the last epoch's state; an error means that there was none.
        let _ = self.library.clone().finalize();
        *epoch += 1;
        let arguments = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
        match self.library.initialize(arguments) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(*epoch),
            Err(error) => Err(Restart::Failed(error)),
        }
    }

    /// Ends the library's state without the adapters' knowledge, as a failing device would.
    pub(super) fn interrupt(&self, timeout: Duration) -> bool {
        let Some(_epoch) = self.epoch.try_write_for(timeout) else {
            return false;
        };
        self.library.clone().finalize().is_ok()
    }

    /// Keeps the library from being restarted, if `epoch` is still the current one.
    pub(super) fn acquire(&self, epoch: Epoch) -> Option<LibraryGuard<'_>> {
        let guard = self.epoch.read();
        (*guard == epoch).then_some(LibraryGuard {
            library: &self.library,
            _epoch: guard,
        })
    }

    /// The epoch now; 0 before the first start.
    pub(super) fn epoch(&self) -> Epoch {
        *self.epoch.read()
    }
}

impl std::ops::Deref for LibraryGuard<'_> {
    type Target = Pkcs11;

    fn deref(&self) -> &Pkcs11 {
        self.library
    }
}

static MODULES: Mutex<Vec<Arc<Module>>> = Mutex::new(Vec::new());
