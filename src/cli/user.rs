//! `xinshu user`: people who sign in.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::support::{
    Api, Common, output, percent_encode, secret_from_stdin, whole_list, with_api,
};
use crate::compose::Services;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add a user
    Add(Add),
    /// List users
    List,
    /// Show one user
    Show {
        /// Their name
        name: String,
    },
    /// Change a user's name or e-mail address
    Change {
        /// What they type to sign in
        name: String,
        /// Their name as pages show it; empty removes it
        #[arg(long)]
        display_name: Option<String>,
        /// Their e-mail address, which counts as verified unless marked otherwise; empty removes it
        #[arg(long)]
        email: Option<String>,
        /// Whether the address counts as verified
        #[arg(long, value_name = "true|false")]
        email_verified: Option<bool>,
        /// What they may do in Xinshu itself, in the place of what they may do now; may be repeated
        #[arg(long, value_name = "ACTION")]
        permission: Option<Vec<String>>,
    },
    /// Set a user's password
    SetPassword {
        /// Their name
        name: String,
        /// Read the password from standard input; without it, a one-time link is printed
        #[arg(long)]
        password_stdin: bool,
    },
    /// Disable a user: end their sessions and tokens, and keep them from signing in
    Disable {
        /// Their name
        name: String,
    },
    /// Enable a disabled user
    Enable {
        /// Their name
        name: String,
    },
    /// Delete a user
    Delete {
        /// Their name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// What they type to sign in
    name: String,
    /// Read the password from standard input; without it, a one-time link to set one is printed
    #[arg(long)]
    password_stdin: bool,
    /// Their name as pages show it
    #[arg(long)]
    display_name: Option<String>,
    /// Their e-mail address
    #[arg(long)]
    email: Option<String>,
    /// Whether the address counts as verified, which it does by default
    #[arg(long, value_name = "true|false")]
    email_verified: Option<bool>,
    /// What they may do in Xinshu itself, such as ca.certificate.issue or ca.*; may be repeated
    #[arg(long, value_name = "ACTION")]
    permission: Vec<String>,
    /// Deprecated name of --permission, accepted until 1.0
    #[arg(long, value_name = "ACTION")]
    grant: Vec<String>,
}

pub(crate) async fn run(command: Command, common: &Common) -> Result<()> {
    let work = async |api: &Api| run_with(api, command, common).await;
    with_api(common, Services::IDP, work).await
}

async fn run_with(api: &Api, command: Command, common: &Common) -> Result<()> {
    match command {
        Command::Add(new) => add(api, new, common).await,
        Command::List => {
            let list = whole_list(api, "/api/v1/users").await?;
            output::table(
                &list,
                &["name", "display_name", "email", "permissions", "disabled"],
                common.json,
            )
        }
        Command::Change {
            name,
            display_name,
            email,
            email_verified,
            permission,
        } => {
            let body = json!({
                "display_name": display_name,
                "email": email,
                "email_verified": email_verified,
                "permissions": permission,
            });
            let user = api.patch(&path(&name), body).await?;
            output::print_result(common, &user, &format!("changed {name}"))
        }
        Command::Show { name } => output::json(&api.get(&path(&name)).await?),
        Command::SetPassword {
            name,
            password_stdin: true,
        } => {
            let password = secret_from_stdin()?;
            let body = json!({ "password": password.as_str() });
            let done = api.put(&format!("{}/password", path(&name)), body).await?;
            output::print_result(common, &done, &format!("the password of {name} is set"))
        }
        Command::SetPassword {
            name,
            password_stdin: false,
        } => {
            let link = make_password_link(api, &name).await?;
            output::print_result(common, &link, text(&link["url"]))
        }
        Command::Disable { name } => set_disabled(api, &name, true, common).await,
        Command::Enable { name } => set_disabled(api, &name, false, common).await,
        Command::Delete { name } => {
            let gone = api.delete(&path(&name)).await?;
            output::print_result(common, &gone, &format!("deleted {name}"))
        }
    }
}

async fn add(api: &Api, new: Add, common: &Common) -> Result<()> {
    let password = new.password_stdin.then(secret_from_stdin).transpose()?;
    let permissions = [new.permission, new.grant].concat();
    let body = json!({
        "name": new.name,
        "password": password.as_deref(),
        "display_name": new.display_name,
        "email": new.email,
        "email_verified": new.email_verified,
        "permissions": permissions,
    });
    let added = api.post("/api/v1/users", body).await?;
    let name = &new.name;
    if password.is_some() {
        return output::print_result(common, &added, &format!("added {name}"));
    }
    let link = make_password_link(api, name).await?;
    let message = format!(
        "added {name}; set a password within 24 hours at\n{}",
        text(&link["url"])
    );
    output::print_result(common, &link, &message)
}

async fn make_password_link(api: &Api, name: &str) -> Result<Value> {
    api.post(&format!("{}/password-link", path(name)), json!({}))
        .await
}

async fn set_disabled(api: &Api, name: &str, disabled: bool, common: &Common) -> Result<()> {
    let user = api
        .patch(&path(name), json!({ "disabled": disabled }))
        .await?;
    let done = if disabled { "disabled" } else { "enabled" };
    output::print_result(common, &user, &format!("{done} {name}"))
}

fn path(name: &str) -> String {
    format!("/api/v1/users/{}", percent_encode(name))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
