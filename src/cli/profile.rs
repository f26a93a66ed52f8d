//! `xinshu profile`: certificate profiles.

use anyhow::Result;
use clap::Subcommand;

use super::support::{Api, Common, output, with_api};
use crate::compose::Services;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the certificate profiles
    List,
}

pub(crate) async fn run(command: Command, common: &Common) -> Result<()> {
    let Command::List = command;
    let work = async |api: &Api| api.get("/api/v1/profiles").await;
    let list = with_api(common, Services::CA, work).await?;
    let columns = [
        "name",
        "version",
        "issued_to",
        "lifetime_hours",
        "description",
    ];
    output::table(&list, &columns, common.json)
}
