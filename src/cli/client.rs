//! `xinshu client`: applications and services.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::support::{Api, Common, output, percent_encode, whole_list, with_api};
use crate::compose::Services;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Register a client and print its client_id and client_secret
    Add(Add),
    /// Change a client; what is not named stays
    Change(Change),
    /// Disable a client: revoke all its tokens, and refuse it until it is enabled
    Disable {
        /// Its client_id
        client_id: String,
    },
    /// Enable a disabled client
    Enable {
        /// Its client_id
        client_id: String,
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

#[derive(Debug, Args)]
pub(crate) struct Add {
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
    /// Audiences that it may ask for (RFC 8707); may be repeated
    #[arg(long, value_name = "URI")]
    resource: Vec<String>,
    /// How ID tokens are signed: RS256 or ES256
    #[arg(long, value_name = "ALG")]
    id_token_alg: Option<String>,
    /// Put the claims of profile and email into ID tokens, for applications that read nothing
    /// else
    #[arg(long)]
    claims_in_id_token: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Change {
    /// Its client_id
    client_id: String,
    /// Its name, shown to people
    #[arg(long)]
    name: Option<String>,
    /// Where people are sent back to, in the place of all before; may be repeated
    #[arg(long, value_name = "URI")]
    redirect_uri: Option<Vec<String>>,
    /// Where people may be sent after signing out, in the place of all before; may be repeated;
    /// one empty value removes them
    #[arg(long, value_name = "URI")]
    post_logout_redirect_uri: Option<Vec<String>>,
    /// Audiences that it may ask for, in the place of all before; may be repeated; one empty
    /// value removes them
    #[arg(long, value_name = "URI")]
    resource: Option<Vec<String>>,
    /// Whether ID tokens carry the claims of profile and email
    #[arg(long, value_name = "true|false")]
    claims_in_id_token: Option<bool>,
}

pub(crate) async fn run(command: Command, common: &Common) -> Result<()> {
    let work = async |api: &Api| run_with(api, command, common).await;
    with_api(common, Services::IDP, work).await
}

async fn run_with(api: &Api, command: Command, common: &Common) -> Result<()> {
    match command {
        Command::Add(add) => {
            let added = api.post("/api/v1/clients", new_client(add)).await?;
            output::print_result(common, &added, &credentials(&added))
        }
        Command::Change(change) => {
            let body = json!({
                "client_name": change.name,
                "redirect_uris": change.redirect_uri.map(without_empty),
                "post_logout_redirect_uris": change.post_logout_redirect_uri.map(without_empty),
                "resources": change.resource.map(without_empty),
                "claims_in_id_token": change.claims_in_id_token,
            });
            patch(api, &change.client_id, body, "changed", common).await
        }
        Command::Disable { client_id } => {
            let body = json!({ "disabled": true });
            patch(api, &client_id, body, "disabled", common).await
        }
        Command::Enable { client_id } => {
            let body = json!({ "disabled": false });
            patch(api, &client_id, body, "enabled", common).await
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

/// The request that registers a client.
fn new_client(add: Add) -> Value {
    let permissions = [add.permission, add.allow].concat();
    let mut body = json!({
        "client_name": add.name,
        "redirect_uris": add.redirect_uri,
        "post_logout_redirect_uris": add.post_logout_redirect_uri,
        "resources": add.resource,
        "permissions": permissions,
        "claims_in_id_token": add.claims_in_id_token,
    });
    if !add.grant.is_empty() {
        body["grant_types"] = json!(add.grant);
    }
    if add.public {
        body["token_endpoint_auth_method"] = json!("none");
    }
    if let Some(alg) = add.id_token_alg {
        body["id_token_signed_response_alg"] = json!(alg);
    }
    body
}

async fn patch(api: &Api, client_id: &str, body: Value, done: &str, common: &Common) -> Result<()> {
    let changed = api.patch(&path(client_id), body).await?;
    output::print_result(common, &changed, &format!("{done} {client_id}"))
}

/// An option with an empty value stands for an empty list.
fn without_empty(list: Vec<String>) -> Vec<String> {
    list.into_iter().filter(|uri| !uri.is_empty()).collect()
}

fn path(client_id: &str) -> String {
    format!("/api/v1/clients/{}", percent_encode(client_id))
}

fn credentials(client: &Value) -> String {
    let text = |member: &str| client[member].as_str().unwrap_or("-");
    format!(
        "client_id      {}\nclient_secret  {}",
        text("client_id"),
        text("client_secret")
    )
}
