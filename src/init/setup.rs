//! The steps of a set-up: keys, authorities, certificates of services.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use ca::{
    create_authority::create_authority, issue_service_certificate::issue_service_certificate,
};
use crypto::{KeyAlgorithm, SignatureAlgorithm};
use hsm_adapters::{Key, KeyError};
use idp_oidc::signing_keys::{active_uris, register};
use jiff::tz::TimeZone;
use keys::{NewKey, generate::generate};
use pki::Name;
use platform_access::Caller;
use platform_log::Sequencer;
use platform_runtime::{Clock as _, settings::Settings};

use super::InitOptions;
use crate::{
    compose::{self, NodeBase},
    data_folder::DataFolder,
};

/// The P-256 authority beside one whose algorithm browsers do not verify.
const TLS_ISSUING: &str = "tls-issuing";

/// A set-up in progress.
pub(super) struct Setup<'a> {
    pub(super) base: &'a NodeBase,
    pub(super) keys: keys::Service,
    pub(super) settings: &'a Settings,
    pub(super) options: &'a InitOptions,
    pub(super) caller: Caller,
}

impl Setup<'_> {
    /// The log comes first, since it records everything after it.
    pub(super) async fn log(&self, data: &DataFolder) -> Result<()> {
        let NodeBase { store, keyring, .. } = self.base;
        if Sequencer::identity(store).await?.is_none() {
            let key = self.log_key().await?;
            let origin = self.settings.public.url.trim_start_matches("https://");
            platform_log::create(store, &format!("{origin}/log"), key.uri()).await?;
        }
        let (origin, uri) = Sequencer::identity(store)
            .await?
            .context("the log was not begun")?;
        let key = keyring.find(&uri).await.context("the log's key")?;
        let sequencer = Sequencer::new(store.clone(), key, self.base.shared_clock());
        let line = format!("{}\n", sequencer.verifier(&origin)?.encode());
        match std::fs::read_to_string(data.log_key()) {
            Ok(pinned) if pinned == line => Ok(()),
            Ok(_) => bail!(
                "{} pins another log's key than this database has; move it away if that is meant",
                data.log_key().display()
            ),
            Err(_) => Ok(private_files::replace(
                &data.log_key(),
                0o644,
                line.as_bytes(),
            )?),
        }
    }

    /// Ed25519 by the default store; in the software key store if a device lacks it.
    async fn log_key(&self) -> Result<Arc<dyn Key>> {
        match self.generate("log", KeyAlgorithm::Ed25519).await {
            Err(error) if is_unsupported(&error) => {
                self.generate_at("software:log", KeyAlgorithm::Ed25519)
                    .await
            }
            other => other,
        }
    }

    /// A root and an issuing authority; beside an algorithm that browsers do not
    /// take, a P-256 pair for this server's own certificate.
    pub(super) async fn authorities(&self, step: &dyn Fn(&str)) -> Result<ca::Service> {
        let ca = compose::ca::open(self.base, self.settings).await?;
        let algorithm = self.options.algorithm;
        self.pair(
            &ca,
            ["root", ca::ISSUING_AUTHORITY],
            ["Root CA", "Issuing CA"],
            algorithm,
        )
        .await?;
        step(&format!("authority  root and issuing, {algorithm}"));
        let own = ca.authority("root")?.key().algorithm();
        if !own.works_in_browsers() {
            let subjects = ["TLS Root CA", "TLS Issuing CA"];
            self.pair(&ca, ["tls-root", TLS_ISSUING], subjects, KeyAlgorithm::P256)
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
            create_authority(ca, &self.caller, new)
                .await
                .with_context(|| format!("authority {name}"))?;
        }
        Ok(())
    }

    /// Certificates for the OCSP responders and the time-stamping unit.
    pub(super) async fn services(&self, ca: &ca::Service) -> Result<()> {
        for authority in ca.authorities() {
            let name = format!("ocsp:{}", authority.name());
            let found = ca::service_certificate::find(ca.records(), &name).await?;
            if found.is_none() {
                let label = format!("ocsp-{}", authority.name());
                let key = self.generate(&label, authority.key().algorithm()).await?;
                let request = ca::ServiceRequest {
                    service: &name,
                    profile: ca::RESPONDER_PROFILE,
                    authority: Some(authority.name()),
                    alternative_names: Vec::new(),
                    key: service_key(&key),
                };
                issue_service_certificate(ca, &self.caller, request).await?;
            }
        }
        self.time_stamping_units(ca).await
    }

    /// The default unit, and one in P-256 if there is a P-256 hierarchy beside another.
    async fn time_stamping_units(&self, ca: &ca::Service) -> Result<()> {
        self.certify_unit(ca, tsa::DEFAULT_UNIT, ca::ISSUING_AUTHORITY)
            .await?;
        if ca.authority(TLS_ISSUING).is_ok() {
            self.certify_unit(ca, compose::tsa::P256_UNIT, TLS_ISSUING)
                .await?;
        }
        let tsa = compose::tsa::open(self.base).await?;
        compose::tsa::apply_settings(&tsa, &self.caller, self.settings, ca.records()).await
    }

    /// A key and a certificate by `authority` for a unit that has none, or whose was revoked.
    async fn certify_unit(&self, ca: &ca::Service, unit: &str, authority: &str) -> Result<()> {
        let service = compose::tsa::service_name(unit);
        let found = ca::service_certificate::find(ca.records(), &service).await?;
        if found.is_some() {
            return Ok(());
        }
        let algorithm = ca.authority(authority)?.key().algorithm();
        let key = self.generate(&format!("tsa-{unit}"), algorithm).await?;
        let request = ca::ServiceRequest {
            service: &service,
            profile: ca::TIME_STAMPING_PROFILE,
            authority: Some(authority),
            alternative_names: Vec::new(),
            key: service_key(&key),
        };
        issue_service_certificate(ca, &self.caller, request).await?;
        Ok(())
    }

    pub(super) async fn identity_provider(&self) -> Result<()> {
        let store = &self.base.store;
        if active_uris(store).await?.is_some() {
            return Ok(());
        }
        let es256 = self.generate("idp-es256", KeyAlgorithm::P256).await?;
        let rs256 = self.generate("idp-rs256", KeyAlgorithm::Rsa2048).await?;
        let now = self.base.clock.now();
        let keys = vec![
            (SignatureAlgorithm::EcdsaP256Sha256, es256.uri().to_owned()),
            (SignatureAlgorithm::RsaPkcs1Sha256, rs256.uri().to_owned()),
        ];
        register(store, &self.caller, now, keys).await?;
        Ok(())
    }

    /// A key in the default store, named after its purpose and the year.
    async fn generate(&self, purpose: &str, algorithm: KeyAlgorithm) -> Result<Arc<dyn Key>> {
        let year = self.base.clock.now().to_zoned(TimeZone::UTC).year();
        let uri = self.base.keyring.default_uri(&format!("{purpose}-{year}"));
        self.generate_at(&uri, algorithm).await
    }

    /// A key at `uri`; a number is appended if that name is taken.
    pub(super) async fn generate_at(
        &self,
        uri: &str,
        algorithm: KeyAlgorithm,
    ) -> Result<Arc<dyn Key>> {
        const TRIES: u32 = 100;
        for number in 1..TRIES {
            let uri = if number == 1 {
                uri.to_owned()
            } else {
                format!("{uri}-{number}")
            };
            let new = NewKey {
                name: uri.clone(),
                spec: algorithm.into(),
            };
            match generate(&self.keys, &self.caller, new).await {
                Ok(key) => return Ok(key),
                Err(keys::Error::Key(KeyError::KeyExists { .. })) => {}
                Err(error) => return Err(error).with_context(|| format!("the key {uri}")),
            }
        }
        bail!("{uri} and its successors are taken")
    }
}

/// What an authority needs to know about a service's key.
pub(super) fn service_key(key: &Arc<dyn Key>) -> ca::ServiceKey<'_> {
    ca::ServiceKey {
        uri: key.uri(),
        public_key: key.public_key(),
    }
}

fn is_unsupported(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(keys::Error::Key(KeyError::UnsupportedKey { .. }))
    )
}
