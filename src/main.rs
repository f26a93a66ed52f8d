#![forbid(unsafe_code)]
//! `xinshu`: certificates, sign-in and time-stamps in one binary.

mod cli;
mod compose;
mod data_folder;
mod init;
mod local_user;
mod logging;
mod serve;
mod settings_source;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    // clap itself exits with 2 if the command line is wrong.
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
