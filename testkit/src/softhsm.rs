//! A SoftHSM2 token of a test's own.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::command::run;

/// A token named `xinshu` in a folder of its own.
#[derive(Debug)]
pub struct SoftHsm {
    folder: TempDir,
}

impl SoftHsm {
    /// The module's place in Debian.
    pub const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
    /// The user PIN.
    pub const PIN: &str = "246813";

    /// Makes a token.
    pub fn new() -> Self {
        assert!(
            Path::new(Self::MODULE).exists(),
            "SoftHSM2 is not installed; run scripts/test-deps"
        );
        let folder = tempfile::Builder::new()
            .prefix("xinshu-hsm-")
            .tempdir()
            .unwrap();
        let hsm = Self { folder };
        std::fs::create_dir(hsm.tokens()).unwrap();
        let configuration = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            hsm.tokens().display()
        );
        std::fs::write(hsm.configuration(), configuration).unwrap();
        let pin_file = hsm.pin_file();
        std::fs::write(&pin_file, Self::PIN).unwrap();
        run(Command::new("chmod").arg("600").arg(&pin_file)).success();
        run(Command::new("softhsm2-util")
            .env("SOFTHSM2_CONF", hsm.configuration())
            .args(["--init-token", "--free", "--label", "xinshu"])
            .args(["--so-pin", "135724", "--pin", Self::PIN]))
        .success();
        hsm
    }

    /// The value of `SOFTHSM2_CONF`.
    pub fn configuration(&self) -> PathBuf {
        self.folder.path().join("softhsm2.conf")
    }

    /// Where the tokens are.
    pub fn tokens(&self) -> PathBuf {
        self.folder.path().join("tokens")
    }

    /// A file with the PIN.
    pub fn pin_file(&self) -> PathBuf {
        self.folder.path().join("pin")
    }

    /// The value of `keys.store`.
    pub fn store(&self) -> String {
        format!(
            "pkcs11:token=xinshu?module-path={}&pin-source=file:{}",
            Self::MODULE,
            self.pin_file().display()
        )
    }
}

impl Default for SoftHsm {
    fn default() -> Self {
        Self::new()
    }
}
