//! `xinshu session`: browsers that people are signed in with.

use anyhow::Result;
use clap::Subcommand;

use super::support::{Api, Common, output, percent_encode, whole_list, with_api};
use crate::compose::Services;

const COLUMNS: &[&str] = &["id", "auth_time", "last_seen_at", "address", "user_agent"];

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List a user's sessions
    List {
        /// The user's name
        user: String,
    },
    /// End one session of a user, or all, with every token that came from them
    End {
        /// The user's name
        user: String,
        /// The session's id; all sessions if omitted
        session: Option<String>,
    },
}

pub(crate) async fn run(command: Command, common: &Common) -> Result<()> {
    let work = async |api: &Api| run_with(api, command, common).await;
    with_api(common, Services::IDP, work).await
}

async fn run_with(api: &Api, command: Command, common: &Common) -> Result<()> {
    match command {
        Command::List { user } => {
            let list = whole_list(api, &path(&user)).await?;
            output::table(&list, COLUMNS, common.json)
        }
        Command::End {
            user,
            session: Some(session),
        } => {
            let path = format!("{}/{}", path(&user), percent_encode(&session));
            let done = api.delete(&path).await?;
            output::print_result(common, &done, &format!("ended session {session} of {user}"))
        }
        Command::End {
            user,
            session: None,
        } => {
            let done = api.delete(&path(&user)).await?;
            let message = format!("ended {} sessions of {user}", done["ended"]);
            output::print_result(common, &done, &message)
        }
    }
}

fn path(user: &str) -> String {
    format!("/api/v1/users/{}/sessions", percent_encode(user))
}
