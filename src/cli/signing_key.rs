//! `xinshu signing-key`: the keys that sign tokens.

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

use super::support::{Api, Common, output, with_api};
use crate::compose::Services;

const PATH: &str = "/api/v1/signing-keys";
const COLUMNS: &[&str] = &["algorithm", "state", "activates_at", "retired_at", "uri"];

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List every key that was ever registered
    List,
    /// Generate the next keys; they sign once clients have had a day to learn of them
    Rotate {
        /// Only this algorithm: ES256 or RS256
        #[arg(long, value_name = "ALG")]
        algorithm: Option<String>,
        /// Sign with the next key at once and refuse tokens of the one before: for a key that was
        /// compromised
        #[arg(long)]
        at_once: bool,
    },
}

pub(crate) async fn run(command: Command, common: &Common) -> Result<()> {
    let work = async |api: &Api| run_with(api, command, common).await;
    with_api(common, Services::IDP, work).await
}

async fn run_with(api: &Api, command: Command, common: &Common) -> Result<()> {
    let keys = match command {
        Command::List => api.get(PATH).await?,
        Command::Rotate { algorithm, at_once } => {
            let body = json!({ "algorithm": algorithm, "at_once": at_once });
            api.post(PATH, body).await?
        }
    };
    output::table(&keys, COLUMNS, common.json)
}
