//! `xinshu tsa`: time-stamping units.

use anyhow::Result;
use clap::Subcommand;

use super::{Common, api::Api, output};
use crate::node::Services;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the time-stamping units
    List,
}

pub(crate) async fn run(command: Command, common: &Common) -> Result<()> {
    let Command::List = command;
    let list = Api::open(common, Services::TSA)
        .await?
        .get("/api/v1/tsa/units")
        .await?;
    output::table(
        &list,
        &["name", "policy", "algorithm", "not_after", "key"],
        common.json,
    )
}
