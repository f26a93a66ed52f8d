#![forbid(unsafe_code)]
//! `xinshu`: certificates, sign-in and time-stamps in one binary.

mod authenticate;
mod cli;
mod data;
mod idp;
mod init;
mod listen;
mod logging;
mod node;
mod server;
mod site;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    // clap itself ends with 2 where the command line is wrong.
    let arguments = cli::Arguments::parse();
    match runtime().and_then(|runtime| runtime.block_on(cli::run(arguments))) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xinshu: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?)
}
