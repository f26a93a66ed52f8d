//! `xinshu init`: from an empty folder to a trust service that can be served.

use anyhow::Result;
use clap::Args;
use crypto::KeyAlgorithm;

use super::support::{Common, output};
use crate::init::{self, InitOptions, SetUp};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Algorithm of the authorities: p256, p384, rsa3072, ed25519 or sm2
    #[arg(long, default_value = "p256", value_parser = algorithm)]
    algorithm: KeyAlgorithm,
    /// The organization's name, in the authorities' certificates and on pages
    #[arg(long, default_value = init::DEFAULT_ORGANIZATION, value_name = "NAME")]
    organization: String,
    /// A further name of this server in its TLS certificate; may be repeated
    #[arg(long, value_name = "NAME")]
    hostname: Vec<String>,
    /// Name of the first administrator
    #[arg(long, default_value = "admin", value_name = "NAME")]
    administrator: String,
}

fn algorithm(name: &str) -> Result<KeyAlgorithm, String> {
    let algorithm: KeyAlgorithm = name.parse().map_err(|error| format!("{error}"))?;
    // A 2048-bit key is too weak for a root's lifetime (SP 800-57 part 1, table 4).
    if algorithm == KeyAlgorithm::Rsa2048 {
        return Err("an authority needs rsa3072 or more".to_owned());
    }
    Ok(algorithm)
}

pub(crate) async fn run(options: Options, common: &Common) -> Result<()> {
    let report = |step: &str| {
        if !common.json {
            eprintln!("  {step}");
        }
    };
    let options = InitOptions {
        algorithm: options.algorithm,
        organization: options.organization,
        hostnames: options.hostname,
        administrator: options.administrator,
    };
    let set_up = init::run(&common.source(), &options, &report).await?;
    print_summary(&set_up, common)
}

fn print_summary(set_up: &SetUp, common: &Common) -> Result<()> {
    if common.json {
        return output::json(&serde_json::to_value(set_up)?);
    }
    let SetUp {
        data,
        root,
        authorities,
        administrator,
        ..
    } = set_up;
    output::line("")?;
    if set_up.was_set_up {
        output::line(&format!(
            "{data} was set up already; what was missing was added."
        ))?;
    } else {
        let authorities = authorities.join(", ");
        output::line(&format!("{data} is set up: authorities {authorities}."))?;
    }
    output::line("")?;
    output::line(&format!("Trust it:    {root}"))?;
    output::line(&format!(
        "             curl --cacert {root} …, or import it into browsers and systems"
    ))?;
    output::line(&format!("Start it:    xinshu serve --data {data}"))?;
    if let Some(link) = &set_up.password_link {
        output::line(&format!(
            "Sign in:     set the password of {administrator} at this one-time address, within 24 hours:"
        ))?;
        output::line(&format!("             {link}"))?;
    }
    Ok(())
}
