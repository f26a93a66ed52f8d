//! The data folder.

use std::path::{Path, PathBuf};

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
        Ok(private_files::create_folder(&self.0)?)
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
        private_files::check(&self.0)?;
        Ok(private_files::check(&self.settings())?)
    }
}
