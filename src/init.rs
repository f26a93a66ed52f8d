//! `xinshu init`: from an empty folder to a trust service that can be served.
//!
//! Each step makes what is missing and leaves what is there, so a set-up that was
//! interrupted, or a second node of the same database, just runs it again.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use hsm_adapters::{Key, KeyAlgorithm, KeyError, Keyring};
use jiff::tz::TimeZone;
use pki::{Certificate, GeneralName, Name};
use platform::{
    Caller, Clock as _,
    audit::{self, Entry, Party, Sequencer},
    random,
    settings::{Settings, commented_file},
};

use crate::{
    cli::Common,
    data::{self, DataFolder},
    listen::user_name,
    node::{Ground, Node, Services, ca_config, tsa_config},
    server::{TLS_KEY, TSA, tls_name},
};

#[derive(Debug, Args)]
pub(crate) struct InitOptions {
    /// Algorithm of the authorities: p256, p384, rsa3072, ed25519 or sm2
    #[arg(long, default_value = "p256", value_parser = algorithm)]
    algorithm: KeyAlgorithm,
    /// The organization's name, in the authorities' certificates
    #[arg(long, default_value = "Xinshu", value_name = "NAME")]
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
    // A 2048-bit key does not last a root's life (SP 800-57 part 1, table 4).
    if algorithm == KeyAlgorithm::Rsa2048 {
        return Err("an authority needs rsa3072 or more".to_owned());
    }
    Ok(algorithm)
}

/// What `init` made, told at its end.
#[derive(Debug, serde::Serialize)]
struct Made {
    data: String,
    root: String,
    authorities: Vec<String>,
    issuer: String,
    administrator: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_link: Option<String>,
}

/// Sets a data folder and its database up.
pub(crate) async fn run(data: &DataFolder, options: &InitOptions, common: &Common) -> Result<()> {
    let step = |text: &str| {
        if !common.json {
            eprintln!("  {text}");
        }
    };
    let settled = data.root().exists();
    data.create()?;
    write_settings(data, options, common)?;
    let settings = common.settings()?;
    data::make_private_folder(settings.keys.folder.as_ref())?;
    write_passphrase(&settings)?;
    step(&format!("settings   {}", data.settings().display()));
    let ground = Ground::open(&settings).await?;
    step(&format!("database   {}", shown_url(&settings.database.url)));
    let setup = Setup {
        caller: local_caller(),
        ground: &ground,
        settings: &settings,
        options,
    };
    setup.log(data).await?;
    step("log        Ed25519 key, first entry");
    let ca = setup.authorities(&step).await?;
    setup.services(&ca).await?;
    step("services   OCSP responder, time-stamping unit, TLS certificate");
    setup.identity_provider().await?;
    step("sign-in    ES256 and RS256 keys");
    let roots: Vec<_> = ca
        .authorities()
        .into_iter()
        .filter(ca::Authority::is_root)
        .collect();
    let anchors = Certificate::bundle_to_pem(roots.iter().map(ca::Authority::certificate));
    let authorities = ca
        .authorities()
        .iter()
        .map(|authority| authority.name().to_owned())
        .collect();
    drop(ca);
    ground.keyring.close().await;
    drop(ground);
    let node = Node::open(data, settings, Services::IDP).await?;
    let idp = node.idp.as_ref().context("the identity provider")?;
    let password_link = setup_administrator(idp, options, settled).await?;
    // The last file: where it is, everything is.
    data::write_file(&data.root(), 0o644, anchors.as_bytes())?;
    node.sequencer.catch_up().await.context("the log")?;
    let made = Made {
        data: data.path().display().to_string(),
        root: data.root().display().to_string(),
        authorities,
        issuer: node.settings.public.url.clone(),
        administrator: options.administrator.clone(),
        password_link,
    };
    node.close().await;
    tell(&made, settled, common)
}

fn tell(made: &Made, settled: bool, common: &Common) -> Result<()> {
    if common.json {
        println!("{}", serde_json::to_string_pretty(made)?);
        return Ok(());
    }
    println!();
    if settled {
        println!(
            "{} was set up already; what was missing was made.",
            made.data
        );
    } else {
        println!(
            "{} is set up: authorities {}.",
            made.data,
            made.authorities.join(", ")
        );
    }
    println!();
    println!("Trust it:    {}", made.root);
    println!(
        "             curl --cacert {} …, or import it into browsers and systems",
        made.root
    );
    println!("Start it:    xinshu serve --data {}", made.data);
    if let Some(link) = &made.password_link {
        println!(
            "Sign in:     set the password of {} at this one-time address, within 24 hours:",
            made.administrator
        );
        println!("             {link}");
    }
    Ok(())
}

/// Writes `xinshu.toml` where there is none. What flags and environment say is
/// written down too, so that the next command sees the same.
fn write_settings(data: &DataFolder, options: &InitOptions, common: &Common) -> Result<()> {
    if data.settings().exists() {
        return Ok(());
    }
    // A mistake in flags or environment is told before anything is written.
    common.settings()?;
    let mut given = BTreeMap::new();
    if let Some(hostname) = options.hostname.first() {
        given.insert("public.url", format!("\"https://{hostname}:8443\""));
        given.insert("public.http_url", format!("\"http://{hostname}:8080\""));
    }
    given.extend(common.overrides());
    data::write_file(&data.settings(), 0o600, commented_file(&given).as_bytes())
}

/// Makes the software keystore's passphrase, unless one is given from elsewhere.
fn write_passphrase(settings: &Settings) -> Result<()> {
    let file = std::path::Path::new(&settings.keys.passphrase_file);
    if file.exists() || hsm_adapters::read_passphrase(None)?.is_some() {
        return Ok(());
    }
    data::write_file(file, 0o600, format!("{}\n", random::token()).as_bytes())
}

struct Setup<'a> {
    ground: &'a Ground,
    settings: &'a Settings,
    options: &'a InitOptions,
    caller: Caller,
}

impl Setup<'_> {
    /// The log comes first: everything after it is entered there.
    async fn log(&self, data: &DataFolder) -> Result<()> {
        let Ground { store, keyring, .. } = self.ground;
        if Sequencer::identity(store).await?.is_none() {
            let key = self.log_key().await?;
            let origin = self.settings.public.url.trim_start_matches("https://");
            audit::create(store, &format!("{origin}/log"), key.uri()).await?;
        }
        let (origin, uri) = Sequencer::identity(store)
            .await?
            .context("the log was not begun")?;
        let key = keyring.find(&uri).await.context("the log's key")?;
        let sequencer = Sequencer::new(store.clone(), key, self.ground.shared_clock());
        let line = format!("{}\n", sequencer.verifier(&origin)?.encode());
        match std::fs::read_to_string(data.log_key()) {
            Ok(pinned) if pinned == line => Ok(()),
            Ok(_) => bail!(
                "{} pins another log's key than this database has; move it away if that is meant",
                data.log_key().display()
            ),
            Err(_) => data::write_file(&data.log_key(), 0o644, line.as_bytes()),
        }
    }

    /// Ed25519 by the default store; by the software keystore where a device lacks it.
    async fn log_key(&self) -> Result<Arc<dyn Key>> {
        match self.generate("log", KeyAlgorithm::Ed25519).await {
            Err(error) if matches!(error.downcast_ref(), Some(KeyError::UnsupportedKey { .. })) => {
                self.generate_at("software:log", KeyAlgorithm::Ed25519)
                    .await
            }
            other => other,
        }
    }

    /// A root and an issuing authority; beside an algorithm that browsers do not
    /// take, a P-256 pair for this server's own certificate.
    async fn authorities(&self, step: &dyn Fn(&str)) -> Result<ca::Service> {
        let Ground { store, keyring, .. } = self.ground;
        let config = ca_config(self.settings)?;
        let clock = self.ground.shared_clock();
        let ca = ca::Service::open(config, store.clone(), clock, Some(keyring)).await?;
        let algorithm = self.options.algorithm;
        self.pair(
            &ca,
            ["root", ca::DEFAULT_CA],
            ["Root CA", "Issuing CA"],
            algorithm,
        )
        .await?;
        step(&format!("authority  root and issuing, {algorithm}"));
        let own = ca.authority("root")?.key().algorithm();
        if !own.works_in_browsers() {
            let subjects = ["TLS Root CA", "TLS Issuing CA"];
            self.pair(
                &ca,
                ["tls-root", "tls-issuing"],
                subjects,
                KeyAlgorithm::P256,
            )
            .await?;
            step("authority  tls-root and tls-issuing, p256, for browsers");
        }
        Ok(ca)
    }

    async fn pair(
        &self,
        ca: &ca::Service,
        [root, issuing]: [&str; 2],
        [root_subject, issuing_subject]: [&str; 2],
        algorithm: KeyAlgorithm,
    ) -> Result<()> {
        for (name, subject, issuer) in [
            (root, root_subject, None),
            (issuing, issuing_subject, Some(root)),
        ] {
            if ca.authority(name).is_ok() {
                continue;
            }
            let organization = &self.options.organization;
            let subject = Name::builder()
                .organization(organization)
                .common_name(&format!("{organization} {subject}"))
                .build()
                .context("--organization")?;
            let new = ca::NewAuthority {
                name: name.to_owned(),
                subject,
                issuer: issuer.map(str::to_owned),
                key: self.generate(name, algorithm).await?,
            };
            ca.create_authority(&self.caller, new)
                .await
                .with_context(|| format!("authority {name}"))?;
        }
        Ok(())
    }

    /// Certificates for the OCSP responders, the time-stamping unit and TLS.
    async fn services(&self, ca: &ca::Service) -> Result<()> {
        for authority in ca
            .authorities()
            .iter()
            .filter(|authority| !authority.is_root())
        {
            let name = format!("ocsp:{}", authority.name());
            if ca.service_certificate(&name).await?.is_none() {
                let label = format!("ocsp-{}", authority.name());
                let key = self.generate(&label, authority.key().algorithm()).await?;
                let purpose = ca::ServiceUse::OcspResponder;
                ca.issue_for_service(&name, authority.name(), &purpose, service_key(&key))
                    .await?;
            }
        }
        self.time_stamping_unit(ca).await?;
        self.tls(ca).await
    }

    async fn time_stamping_unit(&self, ca: &ca::Service) -> Result<()> {
        let Ground { store, keyring, .. } = self.ground;
        let clock = self.ground.shared_clock();
        let tsa =
            tsa::Service::open(tsa_config(self.settings), store.clone(), clock, keyring).await?;
        let has_certificate = ca.service_certificate(TSA).await?.is_some();
        if has_certificate && !tsa.units().is_empty() {
            return Ok(());
        }
        let algorithm = ca.authority(ca::DEFAULT_CA)?.key().algorithm();
        let key = self.generate("tsa-default", algorithm).await?;
        let purpose = ca::ServiceUse::TimeStamping;
        ca.issue_for_service(TSA, ca::DEFAULT_CA, &purpose, service_key(&key))
            .await?;
        let issued = ca
            .service_certificate(TSA)
            .await?
            .context("the unit's certificate")?;
        tsa.put_unit(&self.caller, tsa::DEFAULT_UNIT, &issued.chain_pem(), key)
            .await?;
        Ok(())
    }

    /// A key of this node's own for TLS, and its certificate with all its names.
    async fn tls(&self, ca: &ca::Service) -> Result<()> {
        let key = self.tls_key(ca).await?;
        let name = tls_name(key.as_ref());
        let mut names = self.names()?;
        if let Some(current) = ca.service_certificate(&name).await?
            && let Some(leaf) = current.chain.first()
        {
            let has = leaf.subject_alt_names();
            if names.iter().all(|name| has.contains(name)) {
                return Ok(());
            }
            // A name that was given once stays.
            names.extend(
                has.iter()
                    .filter(|name| !names.contains(name))
                    .cloned()
                    .collect::<Vec<_>>(),
            );
        }
        let issuer = if ca.authority("tls-issuing").is_ok() {
            "tls-issuing"
        } else {
            ca::DEFAULT_CA
        };
        let purpose = ca::ServiceUse::TlsServer(names);
        ca.issue_for_service(&name, issuer, &purpose, service_key(&key))
            .await?;
        Ok(())
    }

    /// The key that is there, unless its certificate was revoked: then another one.
    async fn tls_key(&self, ca: &ca::Service) -> Result<Arc<dyn Key>> {
        let keyring = &self.ground.keyring;
        match keyring.find(TLS_KEY).await {
            Ok(key) if !ca.service_is_revoked(&tls_name(key.as_ref())).await? => return Ok(key),
            Ok(_) => keyring
                .destroy(TLS_KEY)
                .await
                .context("the revoked TLS key")?,
            Err(KeyError::NoSuchKey { .. }) => {}
            Err(error) => return Err(error).context("the TLS key"),
        }
        self.generate_at(TLS_KEY, KeyAlgorithm::P256).await
    }

    /// The names of this server: that of `public.url`, those given, and loopback's.
    fn names(&self) -> Result<Vec<GeneralName>> {
        let authority = self.settings.public.url.trim_start_matches("https://");
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let mut names: Vec<GeneralName> = Vec::new();
        let given = self.options.hostname.iter().map(String::as_str);
        for text in [host]
            .into_iter()
            .chain(given)
            .chain(["localhost", "127.0.0.1", "::1"])
        {
            let name = match text.parse() {
                Ok(address) => GeneralName::Ip(address),
                Err(_) => GeneralName::Dns(text.to_owned()),
            };
            name.check()
                .with_context(|| format!("the server's name {text:?}"))?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(names)
    }

    async fn identity_provider(&self) -> Result<()> {
        let store = &self.ground.store;
        if idp::key_uris(store).await?.is_some() {
            return Ok(());
        }
        let es256 = self.generate("idp-es256", KeyAlgorithm::P256).await?;
        let rs256 = self.generate("idp-rs256", KeyAlgorithm::Rsa2048).await?;
        let now = self.ground.clock.now();
        idp::record_keys(store, es256.uri(), rs256.uri(), &self.caller, now).await?;
        Ok(())
    }

    /// A key in the default store, named by what it is for and the year.
    async fn generate(&self, purpose: &str, algorithm: KeyAlgorithm) -> Result<Arc<dyn Key>> {
        let year = self.ground.clock.now().to_zoned(TimeZone::UTC).year();
        let uri = self
            .ground
            .keyring
            .default_uri(&format!("{purpose}-{year}"));
        self.generate_at(&uri, algorithm).await
    }

    /// A key at `uri`; a number is added where that name is taken.
    async fn generate_at(&self, uri: &str, algorithm: KeyAlgorithm) -> Result<Arc<dyn Key>> {
        const TRIES: u32 = 100;
        let keyring: &Keyring = &self.ground.keyring;
        for number in 1..TRIES {
            let uri = if number == 1 {
                uri.to_owned()
            } else {
                format!("{uri}-{number}")
            };
            match keyring.generate(&uri, algorithm).await {
                Ok(key) => {
                    self.record_key(&key).await?;
                    return Ok(key);
                }
                Err(KeyError::KeyExists { .. }) => {}
                Err(error) => return Err(error).with_context(|| format!("the key {uri}")),
            }
        }
        bail!("{uri} and its successors are taken")
    }

    async fn record_key(&self, key: &Arc<dyn Key>) -> Result<()> {
        let subject = Party::thing(format!("key:{}", key.uri()));
        let entry = Entry::new(
            "hsm.key.generate",
            &self.caller,
            subject,
            self.ground.clock.now(),
        );
        let entry = entry.with("algorithm", key.algorithm().name());
        Ok(self.ground.store.record(entry).await?)
    }
}

/// The first administrator, and a link to set the password while none is set.
async fn setup_administrator(
    idp: &idp::Service,
    options: &InitOptions,
    settled: bool,
) -> Result<Option<String>> {
    let caller = local_caller();
    let new = idp::NewUser {
        name: options.administrator.clone(),
        grants: vec!["*".to_owned()],
        ..idp::NewUser::default()
    };
    match idp.add_user(new, &caller).await {
        Ok(_) => {
            let link = idp.password_link(&options.administrator, &caller).await?;
            Ok(Some(link.url))
        }
        // There is one already: a second node, or a set-up that was interrupted
        // before anyone could have seen the link.
        Err(idp::Error::Conflict(_)) => {
            let user = idp.show_user(&options.administrator, &caller).await?;
            if settled || user.has_password {
                return Ok(None);
            }
            let link = idp.password_link(&options.administrator, &caller).await?;
            Ok(Some(link.url))
        }
        Err(error) => Err(error).context("the first administrator"),
    }
}

fn service_key(key: &Arc<dyn Key>) -> ca::ServiceKey<'_> {
    ca::ServiceKey {
        uri: key.uri(),
        public_key: key.public_key(),
    }
}

/// A database's address without the password in it.
fn shown_url(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://…@{place}"),
        _ => url.to_owned(),
    }
}

/// Whoever runs this command.
pub(crate) fn local_caller() -> Caller {
    Caller::local(user_name(rustix::process::getuid().as_raw()))
}
