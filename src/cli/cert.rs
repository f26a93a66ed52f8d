//! `xinshu cert`: certificates.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use pki::RequestError;
use serde_json::{Value, json};

use super::support::{Api, Common, list_up_to, output, percent_encode, with_api};
use crate::compose::Services;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Issue a certificate and print its chain as PEM, leaf first
    Issue {
        /// The profile, such as tls-server or person; see xinshu profile list
        #[arg(long)]
        profile: String,
        /// The PKCS#10 request, PEM or DER; - for standard input
        #[arg(long, value_name = "FILE")]
        csr: PathBuf,
        /// The authority that shall issue it
        #[arg(long)]
        ca: Option<String>,
        /// A name instead of those of the request, such as dns:www.example.org, ip:192.0.2.1 or
        /// email:alice@example.org; repeat it for each
        #[arg(long, value_name = "NAME")]
        name: Vec<String>,
        /// The subject instead of the request's, such as "CN=www.example.org"
        #[arg(long)]
        subject: Option<String>,
        /// For how many days it is valid, at most as many as the profile allows
        #[arg(long)]
        days: Option<u32>,
    },
    /// List certificates, the newest first; with --expires-…, those that end first
    List {
        /// Only those with this very subject
        #[arg(long)]
        subject: Option<String>,
        /// Only those of this authority
        #[arg(long)]
        ca: Option<String>,
        /// Only those of this profile
        #[arg(long)]
        profile: Option<String>,
        /// Only those with this status: good, or revoked, which includes those on hold
        #[arg(long)]
        status: Option<String>,
        /// Only those whose validity ends at this moment or later, such as 2027-01-31T00:00:00Z
        #[arg(long, value_name = "TIME")]
        expires_after: Option<String>,
        /// Only those whose validity ends before this moment
        #[arg(long, value_name = "TIME")]
        expires_before: Option<String>,
        /// Only those issued before this moment
        #[arg(long, value_name = "TIME")]
        issued_before: Option<String>,
        /// Only those that follow this one: the last serial number of the list before
        #[arg(long, value_name = "SERIAL")]
        after: Option<String>,
        /// How many at most
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Show one certificate
    Show {
        /// Hexadecimal serial number
        serial: String,
        /// The authority that issued it, if several issued this serial number
        #[arg(long)]
        ca: Option<String>,
        /// Print the certificate and its chain as PEM, leaf first, and nothing else
        #[arg(long, conflicts_with = "json")]
        pem: bool,
    },
    /// Revoke a certificate, or change the reason to keyCompromise
    Revoke {
        /// Hexadecimal serial number
        serial: String,
        /// Why: a CRLReason's name, such as keyCompromise, superseded or certificateHold
        #[arg(long, default_value = "unspecified")]
        reason: String,
        /// The authority that issued it, if several issued this serial number
        #[arg(long)]
        ca: Option<String>,
        /// Do not wait until a CRL lists the revocation
        #[arg(long)]
        no_wait: bool,
    },
    /// Release a certificate that is on hold
    Release {
        /// Hexadecimal serial number
        serial: String,
        /// The authority that issued it, if several issued this serial number
        #[arg(long)]
        ca: Option<String>,
        /// Do not wait until a CRL no longer lists it
        #[arg(long)]
        no_wait: bool,
    },
}

pub(crate) async fn run(command: Command, common: &Common) -> Result<()> {
    let work = async |api: &Api| run_with(api, command, common).await;
    with_api(common, Services::CA, work).await
}

async fn run_with(api: &Api, command: Command, common: &Common) -> Result<()> {
    match command {
        Command::Issue {
            profile,
            csr,
            ca,
            name,
            subject,
            days,
        } => {
            let body = json!({
                "profile": profile, "csr": read_request(&csr)?, "ca": ca,
                "names": (!name.is_empty()).then_some(name), "subject": subject, "days": days,
            });
            issue(api, body, common).await
        }
        Command::List {
            subject,
            ca,
            profile,
            status,
            expires_after,
            expires_before,
            issued_before,
            after,
            limit,
        } => {
            let filters = [
                ("subject", subject),
                ("ca", ca),
                ("profile", profile),
                ("status", status),
                ("expires_after", expires_after),
                ("expires_before", expires_before),
                ("issued_before", issued_before),
                ("after", after),
            ];
            list(api, filters, limit, common).await
        }
        Command::Show { serial, ca, pem } => show(api, &serial, ca, pem).await,
        Command::Revoke {
            serial,
            reason,
            ca,
            no_wait,
        } => {
            let path = format!("/api/v1/certificates/{serial}/revoke");
            let body = json!({ "reason": reason, "ca": ca, "wait_for_crl": !no_wait });
            api.post(&path, body).await?;
            if common.json {
                return output::json(&json!({ "serial": serial, "reason": reason }));
            }
            output::line(&format!("revoked {serial}"))
        }
        Command::Release {
            serial,
            ca,
            no_wait,
        } => {
            let path = format!("/api/v1/certificates/{serial}/release");
            let body = json!({ "ca": ca, "wait_for_crl": !no_wait });
            api.post(&path, body).await?;
            if common.json {
                return output::json(&json!({ "serial": serial }));
            }
            output::line(&format!("released {serial}"))
        }
    }
}

async fn issue(api: &Api, body: Value, common: &Common) -> Result<()> {
    let profile = body["profile"].as_str().unwrap_or_default().to_owned();
    let issued = api.post("/api/v1/certificates", body).await?;
    for left_out in issued["ignored"].as_array().into_iter().flatten() {
        let left_out = left_out.as_str().unwrap_or_default();
        eprintln!("note: profile {profile} leaves out {left_out}");
    }
    if common.json {
        return output::json(&issued);
    }
    let chain = issued["certificate"].as_str().unwrap_or_default();
    output::line(chain.trim_end())
}

async fn list(
    api: &Api,
    filters: [(&str, Option<String>); 8],
    limit: u32,
    common: &Common,
) -> Result<()> {
    let mut query = String::new();
    for (name, value) in filters {
        if let Some(value) = value {
            query.push_str(&format!("&{name}={}", percent_encode(&value)));
        }
    }
    let found = list_up_to(api, "/api/v1/certificates", &query, limit).await?;
    let columns = [
        "serial",
        "profile",
        "status",
        "not_after",
        "issuer",
        "subject",
    ];
    output::table(&found, &columns, common.json)
}

async fn show(api: &Api, serial: &str, ca: Option<String>, pem: bool) -> Result<()> {
    let mut path = format!("/api/v1/certificates/{serial}");
    if let Some(ca) = ca {
        path.push_str(&format!("?ca={}", percent_encode(&ca)));
    }
    let shown = api.get(&path).await?;
    if pem {
        let chain = shown["certificate"].as_str().unwrap_or_default();
        return output::line(chain.trim_end());
    }
    output::json(&shown)
}

/// The request of a file as PEM, whatever form the file has. Nothing else in it is sent.
fn read_request(file: &std::path::Path) -> Result<String> {
    let (name, bytes) = if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes)
            .context("standard input")?;
        ("standard input".into(), bytes)
    } else {
        let name = file.display().to_string();
        let bytes = std::fs::read(file).with_context(|| name.clone())?;
        (name, bytes)
    };
    let found = match pki::request::find_request(&bytes) {
        Err(pki::Error::Request(RequestError::PrivateKeyOnly)) => bail!(
            "{name}: this file contains a private key, which was not sent, and no certification \
             request"
        ),
        found => found.with_context(|| name.clone())?,
    };
    if found.has_private_key {
        eprintln!("note: {name}: this file contains a private key, which was not sent");
    }
    Ok(pki::pem::encode("CERTIFICATE REQUEST", &found.der))
}
