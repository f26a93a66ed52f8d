//! The command line.

mod audit;
mod ca;
mod cert;
mod client;
mod doctor;
mod hsm;
mod init;
mod log;
mod profile;
mod session;
mod signing_key;
mod support;
mod tsa;
mod user;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use self::support::{Common, output};
use crate::{
    compose::{self, Services},
    logging, serve,
};

/// Certificates, sign-in and time-stamps: one trust service, one log.
///
/// Begin with `xinshu init --data DIR`, then `xinshu serve --data DIR`.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set a data folder up: keys, authorities, certificates, the first administrator
    Init(init::Options),
    /// Run the server
    Serve(Only),
    /// Check settings, files, keys, database, clock and certificates
    Doctor(Only),
    /// Private keys and the stores that they are in
    #[command(subcommand)]
    Hsm(hsm::Command),
    /// Certificate authorities
    #[command(subcommand)]
    Ca(ca::Command),
    /// Certificate profiles
    #[command(subcommand)]
    Profile(profile::Command),
    /// Certificates
    #[command(subcommand)]
    Cert(cert::Command),
    /// People who sign in
    #[command(subcommand)]
    User(user::Command),
    /// Browsers that people are signed in with
    #[command(subcommand)]
    Session(session::Command),
    /// Applications and services
    #[command(subcommand)]
    Client(client::Command),
    /// Keys that sign tokens
    #[command(subcommand)]
    SigningKey(signing_key::Command),
    /// Time-stamping units
    #[command(subcommand)]
    Tsa(tsa::Command),
    /// The audit log: read it, and prove that nothing in it was changed
    #[command(subcommand)]
    Audit(audit::Command),
    /// The log's signed head and its public key
    #[command(subcommand)]
    Log(log::Command),
    /// Print the description of the REST API
    Openapi,
}

/// A part of the services, on a node that has the keys of that part alone.
#[derive(Debug, Args)]
struct Only {
    /// Only these services, separated by commas: ca, idp, tsa
    #[arg(long, value_parser = Services::parse, value_name = "SERVICES", default_value = "ca,idp,tsa", hide_default_value = true)]
    only: Services,
}

/// Runs one command to its end.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode> {
    let common = arguments.common;
    match arguments.command {
        Command::Init(options) => init::run(options, &common).await?,
        Command::Serve(Only { only }) => {
            let data = common.folder()?;
            data.require()?;
            let settings = common.settings()?;
            logging::start(&settings.log)?;
            serve::serve(&data, settings, only).await?;
        }
        Command::Doctor(Only { only }) => return doctor::run(only, &common).await,
        Command::Hsm(command) => return hsm::run(command, &common).await,
        Command::Ca(command) => ca::run(command, &common).await?,
        Command::Profile(command) => profile::run(command, &common).await?,
        Command::Cert(command) => cert::run(command, &common).await?,
        Command::User(command) => user::run(command, &common).await?,
        Command::Session(command) => session::run(command, &common).await?,
        Command::Client(command) => client::run(command, &common).await?,
        Command::SigningKey(command) => signing_key::run(command, &common).await?,
        Command::Tsa(command) => tsa::run(command, &common).await?,
        Command::Audit(command) => return audit::run(command, &common).await,
        Command::Log(command) => log::run(command, &common).await?,
        Command::Openapi => output::json(&serde_json::to_value(compose::openapi())?)?,
    }
    Ok(ExitCode::SUCCESS)
}
