//! `xinshu user`: people who sign in.

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

use super::{
    Common,
    api::{Api, whole_list},
    cert::percent_encode,
    output,
};
use crate::node::Services;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add a user
    Add {
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
        /// What they may do in Xinshu itself, such as ca.certificate.issue or ca.*; may be repeated
        #[arg(long, value_name = "ACTION")]
        permission: Vec<String>,
        /// Deprecated name of --permission, accepted until 1.0
        #[arg(long, value_name = "ACTION")]
        grant: Vec<String>,
    },
    /// List users
    List,
    /// Show one user
    Show {
        /// Their name
        name: String,
    },
    /// Set a user's password
    SetPassword {
        /// Their name
        name: String,
        /// Read the password from standard input; without it, a one-time link is printed
        #[arg(long)]
        password_stdin: bool,
    },
    /// Disable a user: end their sessions and tokens, and let them sign in no more
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

pub(crate) async fn run(command: Command, common: &Common) -> Result<()> {
    let path = |name: &str| format!("/api/v1/users/{}", percent_encode(name));
    match command {
        Command::Add {
            name,
            password_stdin,
            display_name,
            email,
            permission,
            grant,
        } => {
            let password = password_stdin.then(output::secret_from_stdin).transpose()?;
            let permissions = [permission, grant].concat();
            let body = json!({
                "name": name,
                "password": password.as_deref(),
                "display_name": display_name,
                "email": email,
                "permissions": permissions,
            });
            let added = Api::open(common, Services::IDP)
                .await?
                .post("/api/v1/users", body)
                .await?;
            if password.is_none() {
                let link = Api::open(common, Services::IDP)
                    .await?
                    .post(&format!("{}/password-link", path(&name)), json!({}))
                    .await?;
                return print_result(
                    common,
                    &link,
                    &format!(
                        "added {name}; set a password within 24 hours at\n{}",
                        text(&link["url"])
                    ),
                );
            }
            print_result(common, &added, &format!("added {name}"))
        }
        Command::List => {
            let list = whole_list(common, Services::IDP, "/api/v1/users").await?;
            output::table(
                &list,
                &["name", "display_name", "email", "permissions", "disabled"],
                common.json,
            )
        }
        Command::Show { name } => output::json(
            &Api::open(common, Services::IDP)
                .await?
                .get(&path(&name))
                .await?,
        ),
        Command::SetPassword {
            name,
            password_stdin: true,
        } => {
            let password = output::secret_from_stdin()?;
            let body = json!({ "password": password.as_str() });
            let done = Api::open(common, Services::IDP)
                .await?
                .put(&format!("{}/password", path(&name)), body)
                .await?;
            print_result(common, &done, &format!("the password of {name} is set"))
        }
        Command::SetPassword {
            name,
            password_stdin: false,
        } => {
            let link = Api::open(common, Services::IDP)
                .await?
                .post(&format!("{}/password-link", path(&name)), json!({}))
                .await?;
            print_result(common, &link, text(&link["url"]))
        }
        Command::Disable { name } => {
            let user = Api::open(common, Services::IDP)
                .await?
                .patch(&path(&name), json!({ "disabled": true }))
                .await?;
            print_result(common, &user, &format!("disabled {name}"))
        }
        Command::Enable { name } => {
            let user = Api::open(common, Services::IDP)
                .await?
                .patch(&path(&name), json!({ "disabled": false }))
                .await?;
            print_result(common, &user, &format!("enabled {name}"))
        }
        Command::Delete { name } => {
            let gone = Api::open(common, Services::IDP)
                .await?
                .delete(&path(&name))
                .await?;
            print_result(common, &gone, &format!("deleted {name}"))
        }
    }
}

/// Prints a response as JSON, or one line about it.
pub(crate) fn print_result(common: &Common, answer: &serde_json::Value, line: &str) -> Result<()> {
    if common.json {
        output::json(answer)
    } else {
        output::line(line)
    }
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap_or_default()
}
