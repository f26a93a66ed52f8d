//! `xinshu doctor`: what is wrong, and how to fix it.

mod fix;

use std::{path::Path, process::ExitCode};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use pki::Certificate;
use platform_runtime::{Clock as _, settings::Settings};
use serde_json::json;

use super::support::{Common, output};
use crate::{
    compose::{
        Node, Services,
        tls_key::{TLS_KEY, tls_certificate_name},
        tsa::{P256_UNIT, service_name},
    },
    data_folder::DataFolder,
};

/// What was checked and what was found.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

#[derive(Debug)]
struct Finding {
    good: bool,
    what: String,
    fix: String,
}

impl Findings {
    fn good(&mut self, what: impl Into<String>) {
        self.0.push(Finding {
            good: true,
            what: what.into(),
            fix: String::new(),
        });
    }

    fn wrong(&mut self, what: impl Into<String>, fix: impl Into<String>) {
        self.0.push(Finding {
            good: false,
            what: what.into(),
            fix: fix.into(),
        });
    }
}

pub(crate) async fn run(services: Services, common: &Common) -> Result<ExitCode> {
    let data = common.folder()?;
    let mut findings = Findings::default();
    let settings = common.settings();
    check_files(&data, settings.as_ref().ok(), &mut findings);
    match settings {
        Ok(settings) => {
            findings.good("settings are readable and do not contradict each other");
            check_node(&data, settings, services, &mut findings).await;
        }
        Err(error) => findings.wrong(
            error.to_string(),
            format!("edit {}", data.settings().display()),
        ),
    }
    let healthy = findings.0.iter().all(|finding| finding.good);
    if common.json {
        let list = findings.0.iter().map(|finding| {
            json!({
                "good": finding.good, "finding": finding.what, "fix": finding.fix,
                // Deprecated: the name of `fix` in 0.1.0, kept until 1.0.
                "mend": finding.fix,
            })
        });
        output::json(&json!({ "healthy": healthy, "findings": list.collect::<Vec<_>>() }))?;
    } else {
        for finding in &findings.0 {
            let mark = if finding.good { "ok   " } else { "WRONG" };
            output::line(&format!("{mark}  {}", finding.what))?;
            if !finding.good {
                output::line(&format!("       fix: {}", finding.fix))?;
            }
        }
    }
    Ok(if healthy {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn check_files(data: &DataFolder, settings: Option<&Settings>, findings: &mut Findings) {
    let show = |path: &Path| path.display().to_string();
    let folder = data.path();
    let mut private = vec![folder.to_path_buf(), data.settings()];
    if let Some(settings) = settings {
        private.push(settings.keys.folder.clone().into());
        // Within the data folder nobody else can reach it.
        let database = settings.database.url.strip_prefix("sqlite:");
        let database = database.map(Path::new);
        let outside = database.filter(|path| !path.starts_with(folder));
        private.extend(outside.map(|path| path.to_path_buf()));
    }
    for path in private {
        match private_files::check(&path) {
            Ok(()) => findings.good(format!("only its owner can reach {}", show(&path))),
            Err(private_files::Error::LoosePermissions { mode, want, .. }) => findings.wrong(
                format!("{} has mode {mode:04o}: others can read it", show(&path)),
                format!("chmod {want:o} {}", show(&path)),
            ),
            Err(error) => findings.wrong(
                error.to_string(),
                format!("xinshu init --data {}", show(folder)),
            ),
        }
    }
}

async fn check_node(
    data: &DataFolder,
    settings: Settings,
    services: Services,
    findings: &mut Findings,
) {
    let node = match Node::open(data, settings, services).await {
        Ok(node) => node,
        Err(error) => {
            findings.wrong(
                format!("the node does not open: {error:#}"),
                fix::of(&error),
            );
            return;
        }
    };
    findings.good(format!(
        "the database answers and its schema fits ({:?})",
        node.store.backend()
    ));
    for store in node.keyring.stores() {
        match store.check().await {
            Ok(()) => findings.good(format!("keys: {} can sign", store.name())),
            Err(error) => findings.wrong(
                format!("keys: {error}"),
                "look at the device and at keys.store",
            ),
        }
    }
    let now = node.clock.now();
    check_clock(&node, now, findings).await;
    check_certificates(&node, now, findings).await;
    node.close().await;
}

/// The machine's clock is wrong if it is behind the log.
async fn check_clock(node: &Node, now: Timestamp, findings: &mut Findings) {
    let newest = platform_log::newest(&node.store).await.unwrap_or_default();
    let last = newest.map(|entry| entry.at);
    match last {
        Some(last) if now + SignedDuration::from_secs(2) < last => findings.wrong(
            format!("the clock shows {now}, and the log has an entry of {last}"),
            "set the clock, and synchronize it by NTP (chrony)",
        ),
        _ => findings.good(format!("the clock shows {now}, not behind the log")),
    }
}

async fn check_certificates(node: &Node, now: Timestamp, findings: &mut Findings) {
    for authority in node.ca.iter().flat_map(ca::Service::authorities) {
        let what = format!("authority {}", authority.name());
        check_life(
            &what,
            authority.certificate(),
            now,
            "plan its successor",
            findings,
        );
    }
    let mut services = Vec::new();
    if node.tsa.is_some() {
        services.push(service_name(tsa::DEFAULT_UNIT));
        // A hierarchy in P-256 beside another has a unit of its own.
        let p256 = service_name(P256_UNIT);
        if let Ok(Some(_)) = ca::service_certificate::find(&node.records, &p256).await {
            services.push(p256);
        }
    }
    match node.keyring.find(TLS_KEY).await {
        Ok(key) => services.push(tls_certificate_name(key.as_ref())),
        Err(error) => findings.wrong(format!("the TLS key: {error}"), "xinshu init"),
    }
    // A root without a responder signs its OCSP responses itself.
    let issuing = node
        .ca
        .iter()
        .flat_map(ca::Service::authorities)
        .filter(|authority| !authority.is_root());
    services.extend(issuing.map(|authority| format!("ocsp:{}", authority.name())));
    for name in services {
        match ca::service_certificate::find(&node.records, &name).await {
            Ok(Some(certificate)) => {
                if let Some(leaf) = certificate.chain.first() {
                    let fix = "start the server: it renews its own certificates each hour";
                    check_life(&format!("certificate {name}"), leaf, now, fix, findings);
                }
            }
            Ok(None) => findings.wrong(
                format!("no certificate {name}, or it is revoked"),
                "xinshu init, which makes a new one, then start the server again",
            ),
            Err(error) => findings.wrong(
                format!("certificate {name}: {error}"),
                "look at the database",
            ),
        }
    }
}

fn check_life(
    what: &str,
    certificate: &Certificate,
    now: Timestamp,
    fix: &str,
    findings: &mut Findings,
) {
    const DAY: i64 = 24 * 3600;
    let validity = certificate.validity();
    let life = validity.not_after.as_second() - validity.not_before.as_second();
    let left = validity.not_after.as_second() - now.as_second();
    let text = format!("{what} has {} days left", left / DAY);
    // Renewal is due after two thirds; if a tenth is left, it does not work.
    if left * 10 > life {
        findings.good(text)
    } else {
        findings.wrong(text, fix)
    }
}
