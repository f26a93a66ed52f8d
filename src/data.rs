//! The data folder.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

/// The folder with a node's settings, keys and database.
#[derive(Clone, Debug)]
pub(crate) struct DataFolder(PathBuf);

impl DataFolder {
    pub(crate) fn new(path: &Path) -> Result<Self> {
        let path = std::path::absolute(path).with_context(|| format!("{}", path.display()))?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn settings(&self) -> PathBuf {
        self.0.join("xinshu.toml")
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.0.join("root.pem")
    }

    /// The log's verifier key, pinned: `audit verify` trusts it and not the database.
    pub(crate) fn log_key(&self) -> PathBuf {
        self.0.join("log.vkey")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.0.join("xinshu.sock")
    }

    /// Makes the folder with mode 0700, or refuses one that others can enter.
    pub(crate) fn create(&self) -> Result<()> {
        make_private_folder(&self.0)
    }

    /// Ends with a hint where `init` was not run here.
    pub(crate) fn require(&self) -> Result<()> {
        if !self.settings().exists() || !self.root().exists() {
            bail!(
                "{} is not set up; run: xinshu init --data {}",
                self.0.display(),
                self.0.display()
            );
        }
        refuse_loose(&self.0, 0o700)?;
        refuse_loose(&self.settings(), 0o600)
    }
}

/// Ends with the mend where others than the owner can reach `path`.
fn refuse_loose(path: &Path, want: u32) -> Result<()> {
    let metadata = fs::metadata(path).with_context(|| path.display().to_string())?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!(
            "{path} has mode {mode:04o}: others can reach it; run: chmod {want:o} {path}",
            path = path.display()
        );
    }
    Ok(())
}

/// Makes a folder that only its owner can enter.
pub(crate) fn make_private_folder(path: &Path) -> Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("{} cannot be made", path.display()))?;
    refuse_loose(path, 0o700)
}

/// Writes a file whole or not at all; it is on disk when this returns.
pub(crate) fn write_file(path: &Path, mode: u32, content: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let temporary = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(mode)
            .open(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        fs::File::open(folder)?.sync_all()
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}
