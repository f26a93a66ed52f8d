//! `xinshu init`: from an empty folder to a trust service that can be served.
//!
//! Each step adds what is missing and changes nothing else, so a set-up that was
//! interrupted, or a second node of the same database, runs it again.

mod setup;
mod tls;

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context as _, Result};
use crypto::{KeyAlgorithm, random};
use idp_authn::password_link::make_password_link;
use idp_directory::{NewUser, add_user::add_user, read_users::show_user};
use pki::Certificate;
use platform_runtime::settings::{Settings, commented_file};

use self::{setup::Setup, tls::issue_tls_certificate};
use crate::{
    compose::{self, Node, NodeBase, Services, idp::Idp},
    data_folder::DataFolder,
    local_user::local_caller,
    settings_source::SettingsSource,
};

/// What to set up.
#[derive(Debug)]
pub(crate) struct InitOptions {
    /// The algorithm of the authorities.
    pub(crate) algorithm: KeyAlgorithm,
    /// The organization's name, in the authorities' certificates.
    pub(crate) organization: String,
    /// Further names of this server.
    pub(crate) hostnames: Vec<String>,
    /// Name of the first administrator.
    pub(crate) administrator: String,
}

/// What was set up.
#[derive(Debug, serde::Serialize)]
pub(crate) struct SetUp {
    pub(crate) data: String,
    pub(crate) root: String,
    pub(crate) authorities: Vec<String>,
    pub(crate) issuer: String,
    pub(crate) administrator: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) password_link: Option<String>,
    /// True if this was a second run.
    #[serde(skip)]
    pub(crate) was_set_up: bool,
}

/// The authorities of a node that was just created.
struct Created {
    authorities: Vec<String>,
    /// The certificates of the roots, PEM.
    anchors: String,
}

/// Sets a data folder and its database up.
pub(crate) async fn run(
    source: &SettingsSource,
    options: &InitOptions,
    report: &dyn Fn(&str),
) -> Result<SetUp> {
    let data = &source.folder()?;
    let was_set_up = data.root().exists();
    data.create()?;
    write_settings(data, options, source)?;
    let settings = source.settings()?;
    private_files::create_folder(settings.keys.folder.as_ref())?;
    write_passphrase(&settings)?;
    report(&format!("settings   {}", data.settings().display()));
    let created = create_services(data, &settings, options, report).await?;
    let node = Node::open(data, settings, Services::IDP).await?;
    let idp = node.idp.as_ref().context("the identity provider")?;
    let password_link = setup_administrator(idp, options, was_set_up).await?;
    // The last file: if it exists, the set-up is complete.
    private_files::replace(&data.root(), 0o644, created.anchors.as_bytes())?;
    node.sequencer.catch_up().await.context("the log")?;
    let set_up = SetUp {
        data: data.path().display().to_string(),
        root: data.root().display().to_string(),
        authorities: created.authorities,
        issuer: node.settings.public.url.clone(),
        administrator: options.administrator.clone(),
        password_link,
        was_set_up,
    };
    node.close().await;
    Ok(set_up)
}

/// Creates database, log, authorities and keys, and closes them again.
async fn create_services(
    data: &DataFolder,
    settings: &Settings,
    options: &InitOptions,
    report: &dyn Fn(&str),
) -> Result<Created> {
    let base = NodeBase::open(settings).await?;
    report(&format!(
        "database   {}",
        without_password(&settings.database.url)
    ));
    let setup = Setup {
        caller: local_caller(),
        keys: compose::keys::open(&base),
        base: &base,
        settings,
        options,
    };
    setup.log(data).await?;
    report("log        Ed25519 key, first entry");
    let ca = setup.authorities(report).await?;
    setup.services(&ca).await?;
    issue_tls_certificate(&setup, &ca).await?;
    report("services   OCSP responder, time-stamping unit, TLS certificate");
    setup.identity_provider().await?;
    report("sign-in    ES256 and RS256 keys");
    let authorities = ca.authorities();
    let roots = authorities.iter().filter(|authority| authority.is_root());
    let created = Created {
        anchors: Certificate::bundle_to_pem(roots.map(ca::Authority::certificate)),
        authorities: authorities
            .iter()
            .map(|authority| authority.name().to_owned())
            .collect(),
    };
    drop(ca);
    base.keyring.close().await;
    Ok(created)
}

/// Writes `xinshu.toml` if there is none. It includes what flags and environment say, so
/// that the next command sees the same.
fn write_settings(data: &DataFolder, options: &InitOptions, source: &SettingsSource) -> Result<()> {
    if data.settings().exists() {
        return Ok(());
    }
    // A mistake in flags or environment is reported before anything is written.
    source.settings()?;
    let mut given = BTreeMap::new();
    if let Some(hostname) = options.hostnames.first() {
        given.insert("public.url", format!("\"https://{hostname}:8443\""));
        given.insert("public.mtls_url", format!("\"https://{hostname}:8444\""));
        given.insert("public.http_url", format!("\"http://{hostname}:8080\""));
    }
    if options.organization != DEFAULT_ORGANIZATION {
        // A JSON string is a TOML string.
        let name = serde_json::to_string(&options.organization)?;
        given.insert("pages.organization", name);
    }
    given.extend(source.overrides());
    let text = commented_file(&given);
    private_files::replace(&data.settings(), private_files::FILE_MODE, text.as_bytes())?;
    Ok(())
}

/// The organization of who does not name one.
pub(crate) const DEFAULT_ORGANIZATION: &str = "Xinshu";

/// Generates the software key store's passphrase, unless another source has one.
fn write_passphrase(settings: &Settings) -> Result<()> {
    let file = Path::new(&settings.keys.passphrase_file);
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
    was_set_up: bool,
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
        // It exists already: a second node, or a set-up that was interrupted before
        // anyone could have seen the link.
        Err(idp_directory::Error::UserExists(_)) => {
            let user = show_user(&idp.directory, &caller, &options.administrator).await?;
            if was_set_up || user.has_password {
                return Ok(None);
            }
            let link = make_password_link(&idp.authn, &caller, &options.administrator).await?;
            Ok(Some(link.url))
        }
        Err(error) => Err(error).context("the first administrator"),
    }
}

/// A database's address without the password in it.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://…@{place}"),
        _ => url.to_owned(),
    }
}
