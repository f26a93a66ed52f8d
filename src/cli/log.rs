//! `xinshu log`: the log's signed head and its public key.

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use platform_store::Store;
use serde_json::json;

use super::support::{Common, output};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the newest signed checkpoint; keep it elsewhere, for `audit verify --checkpoint`
    Checkpoint,
    /// Print the log's verifier key
    Key,
}

pub(crate) async fn run(command: Command, common: &Common) -> Result<()> {
    let data = common.folder()?;
    data.require()?;
    match command {
        Command::Checkpoint => {
            let store = Store::open_to_read(&common.settings()?.database.url, migrations::schema())
                .await
                .context("database.url")?;
            let note = platform_log::latest_checkpoint(&store).await?;
            store.close().await;
            let Some(note) = note else {
                bail!("nothing was logged yet")
            };
            if common.json {
                return output::json(&json!({ "checkpoint": note }));
            }
            output::line(note.trim_end())
        }
        Command::Key => {
            let file = data.log_key();
            let key =
                std::fs::read_to_string(&file).with_context(|| format!("{}", file.display()))?;
            if common.json {
                return output::json(&json!({ "key": key.trim_end() }));
            }
            output::line(key.trim_end())
        }
    }
}
