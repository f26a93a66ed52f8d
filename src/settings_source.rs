//! Where settings come from: the data folder's file, the environment, flags.

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::Result;
use platform_runtime::settings::{self, Settings, SettingsError};

use crate::{compose::validate, data_folder::DataFolder};

/// A data folder, and the flags that override its settings.
#[derive(Clone, Debug)]
pub(crate) struct SettingsSource {
    pub(crate) data: PathBuf,
    pub(crate) flags: Vec<String>,
}

impl SettingsSource {
    pub(crate) fn folder(&self) -> Result<DataFolder> {
        DataFolder::new(&self.data)
    }

    /// The settings, if all of them are valid.
    pub(crate) fn settings(&self) -> Result<Settings, SettingsError> {
        let data = std::path::absolute(&self.data).unwrap_or_else(|_| self.data.clone());
        Settings::load_and_check(&data, std::env::vars(), &self.flags, validate)
    }

    /// What environment and flags say, each as a TOML value.
    pub(crate) fn overrides(&self) -> BTreeMap<&'static str, String> {
        settings::overrides(std::env::vars(), &self.flags)
    }
}
