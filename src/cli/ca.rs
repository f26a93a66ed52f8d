//! `xinshu ca`: certificate authorities.

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

use super::support::{Api, Common, output, with_api};
use crate::compose::Services;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the certificate authorities
    List,
    /// Publish a certificate revocation list now
    PublishCrl {
        /// The authority
        #[arg(default_value = ::ca::ISSUING_AUTHORITY)]
        name: String,
    },
}

pub(crate) async fn run(command: Command, common: &Common) -> Result<()> {
    let work = async |api: &Api| run_with(api, command, common).await;
    with_api(common, Services::CA, work).await
}

async fn run_with(api: &Api, command: Command, common: &Common) -> Result<()> {
    match command {
        Command::List => {
            let list = api.get("/api/v1/cas").await?;
            output::table(
                &list,
                &["name", "issuer", "algorithm", "not_after", "key", "subject"],
                common.json,
            )
        }
        Command::PublishCrl { name } => {
            let published = api
                .post(&format!("/api/v1/cas/{name}/crl"), json!({}))
                .await?;
            if common.json {
                return output::json(&published);
            }
            output::line(&format!("published CRL number {}", published["crl_number"]))
        }
    }
}
