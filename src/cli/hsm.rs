//! `xinshu hsm`: private keys and the stores that they are in.

use std::{process::ExitCode, sync::Arc};

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use clap::Subcommand;
use crypto::KeyAlgorithm;
use hsm_adapters::{
    KeyError, KeyStore, KeyUsage,
    conformance::{self, OpenSsl, Subject},
};
use platform_runtime::settings::Settings;
use serde_json::{Value, json};

use super::support::{Api, Common, output, percent_encode, whole_list, with_api};
use crate::compose::{Services, keyring::open_keyring};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the key stores, and what they can do
    List,
    /// List keys
    Keys,
    /// Generate a key in the default store, or at a URI
    Generate {
        /// Its name, or a whole URI such as software:archive-2027
        name: String,
        /// p256, p384, rsa2048, rsa3072, rsa4096, ed25519 or sm2
        #[arg(long, default_value = "p256")]
        algorithm: KeyAlgorithm,
        /// What it may do: sign, decrypt, agree, wrap; several separated by commas
        #[arg(long, default_value = "sign")]
        usage: KeyUsage,
        /// Let it leave its store, wrapped
        #[arg(long)]
        exportable: bool,
    },
    /// Destroy a key permanently, unless something refers to it
    Destroy {
        /// Its URI, as hsm keys shows it
        uri: String,
    },
    /// Run the conformance suite on a device; its keys are named conformance-… and destroyed
    Test {
        /// Which key store, as hsm list names it; the default one if left out
        store: Option<String>,
    },
}

pub(crate) async fn run(command: Command, common: &Common) -> Result<ExitCode> {
    if let Command::Test { store } = command {
        return test(store, &common.settings()?, common).await;
    }
    if matches!(command, Command::List) && common.folder()?.require().is_err() {
        // Before `init`, to try a device.
        let keyring = open_keyring(&common.settings()?.keys).await?;
        let stores = keys::stores::describe(&keyring).await;
        keyring.close().await;
        print_stores(serde_json::to_value(stores)?, common)?;
        return Ok(ExitCode::SUCCESS);
    }
    let work = async |api: &Api| run_with(api, command, common).await;
    with_api(common, Services::NONE, work).await?;
    Ok(ExitCode::SUCCESS)
}

async fn run_with(api: &Api, command: Command, common: &Common) -> Result<()> {
    match command {
        Command::List => {
            let stores = whole_list(api, "/api/v1/key-stores").await?;
            print_stores(stores, common)
        }
        Command::Keys => {
            let mut keys = whole_list(api, "/api/v1/keys").await?;
            if !common.json {
                for key in keys.as_array_mut().into_iter().flatten() {
                    join_words(&mut key["usage"]);
                }
            }
            output::table(&keys, &["algorithm", "usage", "uri"], common.json)
        }
        Command::Generate {
            name,
            algorithm,
            usage,
            exportable,
        } => {
            let body = json!({
                "name": name,
                "algorithm": algorithm.name(),
                "usage": usage.names().collect::<Vec<_>>(),
                "exportable": exportable,
            });
            let key = api.post("/api/v1/keys", body).await?;
            let uri = key["uri"].as_str().unwrap_or_default();
            output::print_result(common, &key, uri)
        }
        Command::Destroy { uri } => {
            let path = format!("/api/v1/keys/{}", percent_encode(&uri));
            api.delete(&path).await?;
            let destroyed = json!({ "uri": uri, "destroyed": true });
            output::print_result(common, &destroyed, &format!("destroyed {uri}"))
        }
        // `run` has done it.
        Command::Test { .. } => Ok(()),
    }
}

fn print_stores(mut stores: Value, common: &Common) -> Result<()> {
    for store in stores.as_array_mut().into_iter().flatten() {
        join_words(&mut store["algorithms"]);
    }
    let columns = ["store", "state", "algorithms"];
    output::table(&stores, &columns, common.json)
}

/// Makes one string of a list of words.
fn join_words(value: &mut Value) {
    let words: Vec<&str> = value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    *value = words.join(" ").into();
}

/// The adapter that the settings name, opened again each time.
struct Configured<'a> {
    settings: &'a Settings,
    store: Option<String>,
}

#[async_trait]
impl Subject for Configured<'_> {
    async fn open(&self) -> Result<Arc<dyn KeyStore>, KeyError> {
        let unavailable = |reason: String| KeyError::Unavailable {
            store: self
                .store
                .clone()
                .unwrap_or_else(|| "keys.store".to_owned()),
            reason,
        };
        let keyring = open_keyring(&self.settings.keys).await.map_err(|error| {
            match error.downcast::<KeyError>() {
                Ok(error) => error,
                Err(error) => unavailable(format!("{error:#}")),
            }
        })?;
        let found = match &self.store {
            Some(name) => keyring.stores().iter().find(|store| store.name() == name),
            None => Some(keyring.default_store()),
        };
        found
            .cloned()
            .ok_or_else(|| unavailable("no such key store; see xinshu hsm list".to_owned()))
    }
}

async fn test(store: Option<String>, settings: &Settings, common: &Common) -> Result<ExitCode> {
    let subject = Configured { settings, store };
    let mut cases = Vec::new();
    let openssl = OpenSsl {
        sm2_id: settings.keys.sm2_id.clone(),
    };
    let report = conformance::run(&subject, &openssl, &mut |case| {
        if !common.json {
            println!("{case}");
        }
        cases.push(json!({ "case": case.name, "outcome": format!("{:?}", case.outcome) }));
    })
    .await
    .context("the device does not open")?;
    if common.json {
        output::json(&json!({ "passed": report.passed(), "cases": cases }))?;
    } else {
        output::line(if report.passed() {
            "\nthe device conforms"
        } else {
            "\nthe device does NOT conform"
        })?;
    }
    Ok(if report.passed() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
