//! `xinshu tsa`: time-stamping units.

use anyhow::Result;
use clap::Subcommand;

use super::support::{Api, Common, output, with_api};
use crate::compose::Services;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the time-stamping units
    List,
}

pub(crate) async fn run(command: Command, common: &Common) -> Result<()> {
    let Command::List = command;
    let work = async |api: &Api| api.get("/api/v1/tsa/units").await;
    let list = with_api(common, Services::TSA, work).await?;
    output::table(
        &list,
        &["name", "policy", "algorithm", "not_after", "key"],
        common.json,
    )
}
