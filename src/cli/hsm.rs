//! `xinshu hsm`: private keys and the devices they live in.

use std::{process::ExitCode, sync::Arc};

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use clap::Subcommand;
use crypto::KeyAlgorithm;
use hsm_adapters::{
    KeyError, KeyStore, Keyring,
    conformance::{self, OpenSsl, Subject},
};
use platform::audit::RecordEntry as _;
use platform::{
    Clock as _,
    audit::{Entry, Party},
};
use serde_json::{Value, json};

use super::{Common, output};
use crate::{
    init::local_caller,
    node::{Ground, open_keyring},
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the places where keys live, and what they can do
    List,
    /// List keys
    Keys,
    /// Make a key in the default place, or at a URI
    Generate {
        /// Its name, or a whole URI such as software:archive-2027
        name: String,
        /// p256, p384, rsa2048, rsa3072, rsa4096, ed25519 or sm2
        #[arg(long, default_value = "p256")]
        algorithm: KeyAlgorithm,
    },
    /// Run the conformance suite on a device; its keys are named conformance-… and destroyed
    Test {
        /// Which place, as `hsm list` names it; the default one where left out
        store: Option<String>,
    },
}

pub(crate) async fn run(command: Command, common: &Common) -> Result<ExitCode> {
    let settings = common.settings()?;
    match command {
        Command::List => {
            let keyring = open_keyring(&settings.keys).await?;
            list(&keyring, common).await?;
            keyring.close().await;
        }
        Command::Keys => {
            let keyring = open_keyring(&settings.keys).await?;
            let keys = keyring.list().await?;
            keyring.close().await;
            let keys = keys
                .iter()
                .map(|key| json!({ "uri": key.uri, "algorithm": key.spec.algorithm.name() }));
            output::table(
                &Value::Array(keys.collect()),
                &["algorithm", "uri"],
                common.json,
            )?;
        }
        Command::Generate { name, algorithm } => {
            let ground = Ground::open(&settings).await?;
            let uri = if name.contains(':') {
                name
            } else {
                ground.keyring.default_uri(&name)
            };
            let key = ground.keyring.generate(&uri, algorithm).await?;
            let subject = Party::thing(format!("key:{}", key.uri()));
            let entry = Entry::new(
                "hsm.key.generate",
                &local_caller(),
                subject,
                ground.clock.now(),
            );
            ground
                .store
                .record(entry.with("algorithm", algorithm.name()))
                .await?;
            if common.json {
                output::json(&json!({ "uri": key.uri(), "algorithm": algorithm.name() }))?;
            } else {
                output::line(key.uri())?;
            }
            ground.keyring.close().await;
            ground.store.close().await;
        }
        Command::Test { store } => return test(store, &settings, common).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(keyring: &Keyring, common: &Common) -> Result<()> {
    let mut rows = Vec::new();
    for store in keyring.stores() {
        let state = match store.check().await {
            Ok(()) => "ready".to_owned(),
            Err(error) => error.to_string(),
        };
        let algorithms = store.algorithms().await.unwrap_or_default();
        let algorithms: Vec<&str> = algorithms.into_iter().map(KeyAlgorithm::name).collect();
        rows.push(
            json!({ "store": store.name(), "state": state, "algorithms": algorithms.join(" ") }),
        );
    }
    output::table(
        &Value::Array(rows),
        &["store", "state", "algorithms"],
        common.json,
    )
}

/// The adapter that the settings name, opened anew each time.
struct Configured<'a> {
    settings: &'a platform::settings::Settings,
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
            .ok_or_else(|| unavailable("there is no such place; see xinshu hsm list".to_owned()))
    }
}

async fn test(
    store: Option<String>,
    settings: &platform::settings::Settings,
    common: &Common,
) -> Result<ExitCode> {
    let subject = Configured { settings, store };
    let mut told = Vec::new();
    let openssl = OpenSsl {
        sm2_id: settings.keys.sm2_id.clone(),
    };
    let report = conformance::run(&subject, &openssl, &mut |case| {
        if !common.json {
            println!("{case}");
        }
        told.push(json!({ "case": case.name, "outcome": format!("{:?}", case.outcome) }));
    })
    .await
    .context("the device does not open")?;
    if common.json {
        output::json(&json!({ "passed": report.passed(), "cases": told }))?;
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
