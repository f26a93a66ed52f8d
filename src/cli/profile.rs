//! `xinshu profile`: certificate profiles.

use anyhow::Result;
use clap::Subcommand;

use super::{Common, api::Api, output};
use crate::node::Services;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the certificate profiles
    List,
}

pub(crate) async fn run(command: Command, common: &Common) -> Result<()> {
    let Command::List = command;
    let list = Api::open(common, Services::CA)
        .await?
        .get("/api/v1/profiles")
        .await?;
    let columns = [
        "name",
        "version",
        "issued_to",
        "lifetime_hours",
        "description",
    ];
    output::table(&list, &columns, common.json)
}
