//! `xinshu client`: applications and services.

use anyhow::Result;
use clap::Subcommand;
use serde_json::{Value, json};

use super::support::{Api, Common, output, percent_encode, whole_list, with_api};
use crate::compose::Services;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Register a client and print its client_id and client_secret
    Add {
        /// Its name, shown to people
        name: String,
        /// Where people are sent back to; may be repeated
        #[arg(long, value_name = "URI")]
        redirect_uri: Vec<String>,
        /// Where people may be sent after signing out; may be repeated
        #[arg(long, value_name = "URI")]
        post_logout_redirect_uri: Vec<String>,
        /// Grant types: authorization_code, refresh_token, client_credentials; may be repeated
        #[arg(long, value_name = "TYPE")]
        grant: Vec<String>,
        /// What it may do in Xinshu itself, such as ca.certificate.issue; may be repeated
        #[arg(long, value_name = "ACTION")]
        permission: Vec<String>,
        /// Deprecated name of --permission, accepted until 1.0
        #[arg(long, value_name = "ACTION")]
        allow: Vec<String>,
        /// A program on people's own devices, without a secret (RFC 8252)
        #[arg(long)]
        public: bool,
        /// How ID tokens are signed: RS256 or ES256
        #[arg(long, value_name = "ALG")]
        id_token_alg: Option<String>,
    },
    /// List clients
    List,
    /// Show one client
    Show {
        /// Its client_id
        client_id: String,
    },
    /// Renew a client's secret; the old one stops working at once
    RenewSecret {
        /// Its client_id
        client_id: String,
    },
    /// Delete a client
    Delete {
        /// Its client_id
        client_id: String,
    },
}

pub(crate) async fn run(command: Command, common: &Common) -> Result<()> {
    let work = async |api: &Api| run_with(api, command, common).await;
    with_api(common, Services::IDP, work).await
}

async fn run_with(api: &Api, command: Command, common: &Common) -> Result<()> {
    let path = |id: &str| format!("/api/v1/clients/{}", percent_encode(id));
    match command {
        Command::Add {
            name,
            redirect_uri,
            post_logout_redirect_uri,
            grant,
            permission,
            allow,
            public,
            id_token_alg,
        } => {
            let permissions = [permission, allow].concat();
            let mut body = json!({
                "client_name": name,
                "redirect_uris": redirect_uri,
                "post_logout_redirect_uris": post_logout_redirect_uri,
                "permissions": permissions,
            });
            if !grant.is_empty() {
                body["grant_types"] = json!(grant);
            }
            if public {
                body["token_endpoint_auth_method"] = json!("none");
            }
            if let Some(alg) = id_token_alg {
                body["id_token_signed_response_alg"] = json!(alg);
            }
            let added = api.post("/api/v1/clients", body).await?;
            output::print_result(common, &added, &credentials(&added))
        }
        Command::List => {
            let list = whole_list(api, "/api/v1/clients").await?;
            output::table(
                &list,
                &["client_id", "client_name", "grant_types", "redirect_uris"],
                common.json,
            )
        }
        Command::Show { client_id } => output::json(&api.get(&path(&client_id)).await?),
        Command::RenewSecret { client_id } => {
            let renewed = api
                .post(&format!("{}/secret", path(&client_id)), json!({}))
                .await?;
            output::print_result(common, &renewed, &credentials(&renewed))
        }
        Command::Delete { client_id } => {
            let gone = api.delete(&path(&client_id)).await?;
            output::print_result(common, &gone, &format!("deleted {client_id}"))
        }
    }
}

fn credentials(client: &Value) -> String {
    let text = |member: &str| client[member].as_str().unwrap_or("-");
    format!(
        "client_id      {}\nclient_secret  {}",
        text("client_id"),
        text("client_secret")
    )
}
