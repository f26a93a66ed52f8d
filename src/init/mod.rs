//! `xinshu init`: from an empty folder to a trust service that can be served.
//!
//! Each step makes what is missing and leaves what is there, so a set-up that was
//! interrupted, or a second node of the same database, just runs it again.

mod setup;
mod tls;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use clap::Args;
use crypto::{KeyAlgorithm, random};
use idp_authn::password_link::make_password_link;
use idp_directory::{NewUser, add_user::add_user, read_users::show_user};
use pki::Certificate;
use platform::{
    Caller,
    settings::{Settings, commented_file},
};

use self::setup::Setup;

use crate::{
    cli::Common,
    data::DataFolder,
    idp::Idp,
    listen::user_name,
    node::{Ground, Node, Services},
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
    private_files::create_folder(settings.keys.folder.as_ref())?;
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
    private_files::replace(&data.root(), 0o644, anchors.as_bytes())?;
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
    let text = commented_file(&given);
    private_files::replace(&data.settings(), private_files::FILE_MODE, text.as_bytes())?;
    Ok(())
}

/// Makes the software keystore's passphrase, unless one is given from elsewhere.
fn write_passphrase(settings: &Settings) -> Result<()> {
    let file = std::path::Path::new(&settings.keys.passphrase_file);
    if file.exists() || hsm_adapters::read_passphrase(None)?.is_some() {
        return Ok(());
    }
    let text = format!("{}\n", random::token());
    private_files::replace(file, private_files::FILE_MODE, text.as_bytes())?;
    Ok(())
}

/// The first administrator, and a link to set the password while none is set.
async fn setup_administrator(
    idp: &Idp,
    options: &InitOptions,
    settled: bool,
) -> Result<Option<String>> {
    let caller = local_caller();
    let new = NewUser {
        name: options.administrator.clone(),
        permissions: vec!["*".to_owned()],
        ..NewUser::default()
    };
    match add_user(&idp.directory, &caller, new).await {
        Ok(_) => {
            let link = make_password_link(&idp.authn, &caller, &options.administrator).await?;
            Ok(Some(link.url))
        }
        // There is one already: a second node, or a set-up that was interrupted
        // before anyone could have seen the link.
        Err(idp_directory::Error::UserExists(_)) => {
            let user = show_user(&idp.directory, &caller, &options.administrator).await?;
            if settled || user.has_password {
                return Ok(None);
            }
            let link = make_password_link(&idp.authn, &caller, &options.administrator).await?;
            Ok(Some(link.url))
        }
        Err(error) => Err(error).context("the first administrator"),
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
