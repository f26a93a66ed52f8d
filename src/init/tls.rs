//! This node's own TLS key and certificate.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use ca::issue_service_certificate::issue_service_certificate;
use crypto::KeyAlgorithm;
use hsm_adapters::{Key, KeyError};
use pki::GeneralName;

use super::setup::{Setup, service_key};
use crate::compose::tls_key::{TLS_KEY, tls_certificate_name};

/// A key of this node's own for TLS, and its certificate with all its names.
pub(super) async fn issue_tls_certificate(setup: &Setup<'_>, ca: &ca::Service) -> Result<()> {
    let key = tls_key(setup, ca).await?;
    let name = tls_certificate_name(key.as_ref());
    let mut names = server_names(setup)?;
    if let Some(current) = ca::service_certificate::find(ca.records(), &name).await?
        && let Some(leaf) = current.chain.first()
    {
        let has = leaf.subject_alt_names();
        if names.iter().all(|name| has.contains(name)) {
            return Ok(());
        }
        // A name that was given once stays.
        for name in has {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    let request = ca::ServiceRequest {
        service: &name,
        profile: ca::SERVER_PROFILE,
        authority: None,
        alternative_names: names,
        key: service_key(&key),
    };
    issue_service_certificate(ca, &setup.caller, request).await?;
    Ok(())
}

/// The key that is there, unless its certificate was revoked: then another one.
async fn tls_key(setup: &Setup<'_>, ca: &ca::Service) -> Result<Arc<dyn Key>> {
    let keyring = &setup.base.keyring;
    match keyring.find(TLS_KEY).await {
        Ok(key)
            if !ca::service_certificate::is_revoked(
                ca.records(),
                &tls_certificate_name(key.as_ref()),
            )
            .await? =>
        {
            return Ok(key);
        }
        Ok(_) => keyring
            .destroy(TLS_KEY)
            .await
            .context("the revoked TLS key")?,
        Err(KeyError::NoSuchKey { .. }) => {}
        Err(error) => return Err(error).context("the TLS key"),
    }
    setup.generate_at(TLS_KEY, KeyAlgorithm::P256).await
}

/// The names of this server: those of its TLS addresses, those given, and loopback's.
fn server_names(setup: &Setup<'_>) -> Result<Vec<GeneralName>> {
    let public = &setup.settings.public;
    let hosts = [host_of(&public.url), host_of(&public.mtls_url)];
    let mut names: Vec<GeneralName> = Vec::new();
    let given = setup.options.hostnames.iter().map(String::as_str);
    for text in hosts
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

/// The host of an `https:` address, without brackets around an IPv6 address.
fn host_of(url: &str) -> &str {
    let authority = url.trim_start_matches("https://");
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    host.trim_start_matches('[').trim_end_matches(']')
}
