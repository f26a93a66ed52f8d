//! What every command takes.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use platform_runtime::settings::{Settings, SettingsError};

use crate::{data_folder::DataFolder, settings_source::SettingsSource};

/// The arguments of every command.
#[derive(Clone, Debug, Args)]
pub(crate) struct Common {
    /// Folder with settings, keys and database
    #[arg(
        long,
        global = true,
        env = "XINSHU_DATA",
        default_value = "data",
        value_name = "DIR"
    )]
    data: PathBuf,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Override a setting, as section.key=value; may be repeated
    #[arg(long, global = true, value_name = "NAME=VALUE")]
    set: Vec<String>,
}

impl Common {
    pub(crate) fn source(&self) -> SettingsSource {
        SettingsSource {
            data: self.data.clone(),
            flags: self.set.clone(),
        }
    }

    pub(crate) fn folder(&self) -> Result<DataFolder> {
        self.source().folder()
    }

    pub(crate) fn settings(&self) -> Result<Settings, SettingsError> {
        self.source().settings()
    }
}
