//! `xinshu audit`: read the log, and prove that nothing in it was changed.

use std::{
    io::IsTerminal as _,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use clap::Subcommand;
use platform_log::{
    Progress, Report,
    checkpoint::{Checkpoint, VerifierKey},
};
use platform_store::Store;

use super::support::{Api, Common, output, percent_encode, with_api};
use crate::compose::{self, Services};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List entries, the newest first
    List {
        /// Only entries of this action, such as ca.certificate.issue
        #[arg(long)]
        action: Option<String>,
        /// Only entries before this index: the last one of the list before
        #[arg(long, value_name = "INDEX")]
        before: Option<u64>,
        /// How many at most
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Recompute the tree from every entry and compare it with what was signed
    Verify {
        /// A checkpoint kept elsewhere, below which the log may not have rolled back
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
        /// The log's verifier key; log.vkey of the data folder if left out
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
}

pub(crate) async fn run(command: Command, common: &Common) -> Result<ExitCode> {
    match command {
        Command::List {
            action,
            before,
            limit,
        } => {
            let mut path = format!("/api/v1/audit/entries?limit={limit}");
            if let Some(action) = action {
                path.push_str("&action=");
                path.push_str(&percent_encode(&action));
            }
            if let Some(before) = before {
                path.push_str(&format!("&before={before}"));
            }
            let work = async |api: &Api| api.get(&path).await;
            let page = with_api(common, Services::NONE, work).await?;
            let columns = [
                "index", "at", "action", "outcome", "actor", "subject", "cause",
            ];
            output::table(&page["items"], &columns, common.json)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Verify { checkpoint, key } => verify(checkpoint, key, common).await,
    }
}

/// Reads the database directly, since the server's answers are what is to be proved.
async fn verify(
    checkpoint: Option<PathBuf>,
    key: Option<PathBuf>,
    common: &Common,
) -> Result<ExitCode> {
    let data = common.folder()?;
    let key = key.unwrap_or_else(|| data.log_key());
    let line = std::fs::read_to_string(&key).with_context(|| format!("{}", key.display()))?;
    let verifier = VerifierKey::decode(&line).with_context(|| format!("{}", key.display()))?;
    let given = match checkpoint {
        Some(file) => {
            let note =
                std::fs::read_to_string(&file).with_context(|| format!("{}", file.display()))?;
            let given = Checkpoint::open(&note, &verifier)
                .with_context(|| format!("{}", file.display()))?;
            Some(given)
        }
        None => None,
    };
    let settings = common.settings()?;
    let store = Store::open_to_read(&settings.database.url, migrations::schema())
        .await
        .context("database.url")?;
    let mut progress = ProgressLine::new();
    let checks = compose::record_checks();
    let mut show = |step| progress.show(step);
    let report =
        platform_log::verify(&store, &verifier, given.as_ref(), &checks, &mut show).await?;
    progress.clear();
    store.close().await;
    print_report(&report, common.json)?;
    Ok(if report.holds() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn print_report(report: &Report, json: bool) -> Result<()> {
    if json {
        let mut value = serde_json::to_value(report)?;
        value["holds"] = report.holds().into();
        return output::json(&value);
    }
    for finding in report.findings.iter().chain(&report.records) {
        output::line(&format!("WRONG: {finding}"))?;
    }
    if report.more_findings > 0 {
        output::line(&format!("WRONG: {} more findings", report.more_findings))?;
    }
    let verdict = if report.holds() {
        "the log holds"
    } else {
        "the log does NOT hold"
    };
    output::line(&format!(
        "{verdict}: {} entries, root {}, {} checkpoints compared, {} entries wait to be sequenced",
        report.size, report.root, report.checkpoints, report.waiting
    ))?;
    output::line(&format!(
        "verified in {:.1} s, {} entries a second",
        report.seconds, report.entries_per_second
    ))
}

/// Progress on standard error: at once on a terminal, elsewhere only if it takes long.
struct ProgressLine {
    started: Instant,
    shown: Option<Instant>,
    is_terminal: bool,
}

impl ProgressLine {
    fn new() -> Self {
        Self {
            started: Instant::now(),
            shown: None,
            is_terminal: std::io::stderr().is_terminal(),
        }
    }

    fn show(&mut self, step: Progress) {
        let (quiet, period) = if self.is_terminal {
            (Duration::ZERO, Duration::from_millis(200))
        } else {
            (Duration::from_secs(2), Duration::from_secs(5))
        };
        if self.started.elapsed() < quiet || self.shown.is_some_and(|at| at.elapsed() < period) {
            return;
        }
        self.shown = Some(Instant::now());
        let text = match step {
            Progress::Rows(rows) => format!("read {rows} records"),
            Progress::Entries { read, of } => format!("verified {read} of {of} entries"),
            Progress::Comparing => "comparing records and entries".to_owned(),
        };
        if self.is_terminal {
            eprint!("\r\x1b[K{text}");
        } else {
            eprintln!("{text}");
        }
    }

    fn clear(&self) {
        if self.is_terminal && self.shown.is_some() {
            eprint!("\r\x1b[K");
        }
    }
}
