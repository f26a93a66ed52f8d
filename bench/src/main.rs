#![forbid(unsafe_code)]
//! `make bench`: what each service does a second, against what nothing could exceed.
//!
//! All figures of a table come from one run on one machine, so their ratios mean
//! something where the times themselves do not.

mod compare;
mod database;
mod http;
mod limits;
mod load;
mod memory;
mod searches;
mod services;
mod table;

use std::{
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use allocator as _;
use anyhow::{Context as _, Result};
use clap::Parser;
use testkit::{Options, Postgres, Server, SoftHsm, Xinshu};

use database::Rows;
use http::Target;
use load::{Operation, Requests};
use memory::Peak;
use table::{Row, Table};

#[derive(Debug, Parser)]
struct Arguments {
    /// The release binary, built with the feature `bench`
    #[arg(long)]
    binary: PathBuf,
    /// An earlier binary, built in the same way: both are measured in turns
    #[arg(long)]
    base: Option<PathBuf>,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Connections of the load generator
    #[arg(long, default_value_t = 256)]
    connections: usize,
    /// Where the JSON goes
    #[arg(long, default_value = "bench.json")]
    json: PathBuf,
    /// Only rows whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// Only databases whose name contains this
    #[arg(long, default_value = "")]
    database: String,
}

/// Names the token that this process' own adapter signs with.
const STORE: &str = "XINSHU_BENCH_STORE";

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let Ok(store) = std::env::var(STORE) else {
        return again_with_a_token();
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    if let Some(base) = &arguments.base {
        runtime.block_on(compare::compare(&arguments, base))?;
        return Ok(ExitCode::SUCCESS);
    }
    let table = runtime.block_on(measure(&arguments, &store))?;
    table.print();
    let slow = table.slow_searches();
    std::fs::write(&arguments.json, serde_json::to_vec_pretty(&table)?)
        .with_context(|| format!("{}", arguments.json.display()))?;
    println!("\nas JSON: {}", arguments.json.display());
    if slow.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("slower than {} ms: {}", searches::LIMIT_MS, slow.join(", "));
    Ok(ExitCode::FAILURE)
}

/// SoftHSM2 takes its configuration from the environment alone, so this process
/// starts itself once more with a token of its own.
fn again_with_a_token() -> Result<ExitCode> {
    let hsm = SoftHsm::new();
    let status = std::process::Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env("SOFTHSM2_CONF", hsm.configuration())
        .env(STORE, hsm.store())
        .status()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn measure(arguments: &Arguments, store: &str) -> Result<Table> {
    let time = Duration::from_secs(arguments.seconds);
    let mut table = Table::default();
    let raw = limits::raw_p256(time)?;
    keys(&mut table, store, time, arguments).await?;
    let cluster = Postgres::durable();
    for database in ["SQLite", "PostgreSQL"] {
        if !database.contains(&arguments.database) {
            continue;
        }
        let urls = match database {
            "SQLite" => None,
            _ => Some((cluster.database(), cluster.database())),
        };
        let mut bench = Bench::start(arguments, database, raw, urls)?;
        bench.run(&mut table).await?;
    }
    Ok(table)
}

async fn keys(table: &mut Table, store: &str, time: Duration, arguments: &Arguments) -> Result<()> {
    if !"keys".contains(&arguments.only) {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let software = limits::software_key(folder.path()).await?;
    let (rate, raw) = alternately(time, limits::raw_p256, |time| {
        limits::through_adapter(Arc::clone(&software), arguments.connections, time)
    })
    .await?;
    table.keys("keys: software P-256", rate, raw);
    let (keyring, token) = limits::token_key(folder.path(), store).await?;
    let sessions = std::thread::available_parallelism()
        .map_or(2, std::num::NonZero::get)
        .max(2);
    let raw = |time| limits::raw_token(sessions, time);
    let (rate, raw) = alternately(time, raw, |time| {
        limits::through_adapter(Arc::clone(&token), arguments.connections, time)
    })
    .await?;
    table.keys("keys: SoftHSM2 P-256", rate, raw);
    drop(keyring);
    Ok(())
}

/// The mean rates through an adapter and without it, measured in turns: what else the
/// machine does then slows both alike.
async fn alternately<R>(
    time: Duration,
    raw: impl Fn(Duration) -> Result<f64>,
    adapter: impl Fn(Duration) -> R,
) -> Result<(f64, f64)>
where
    R: Future<Output = Result<f64>>,
{
    const TURNS: u32 = 8;
    // The first finds everything cold.
    raw(time / TURNS)?;
    let (mut through, mut without) = (0.0, 0.0);
    for _ in 0..TURNS {
        without += raw(time / TURNS)? / f64::from(TURNS);
        through += adapter(time / TURNS).await? / f64::from(TURNS);
    }
    Ok((through, without))
}

/// One node on one database, under load.
struct Bench<'a> {
    arguments: &'a Arguments,
    database: &'static str,
    raw: f64,
    node: Xinshu,
    server: Server,
    bulk_url: String,
    /// Where the node's own rows are.
    url: String,
    started: Duration,
}

impl<'a> Bench<'a> {
    fn start(
        arguments: &'a Arguments,
        database: &'static str,
        raw: f64,
        urls: Option<(String, String)>,
    ) -> Result<Self> {
        let mut options = Options::default();
        options.settings.push("log.level=warn".to_owned());
        let (url, bulk_url) = match urls {
            Some((url, bulk)) => {
                options.settings.push(format!("database.url={url}"));
                (url, bulk)
            }
            None => (String::new(), String::new()),
        };
        let node = Xinshu::init(&arguments.binary, options);
        let bulk_url = if bulk_url.is_empty() {
            format!("sqlite:{}", node.file("bulk.db").display())
        } else {
            bulk_url
        };
        let url = if url.is_empty() {
            format!("sqlite:{}", node.data().join("xinshu.db").display())
        } else {
            url
        };
        // The first start is not counted: it makes what later ones find.
        node.serve().stop();
        let begin = Instant::now();
        let server = node.serve();
        let started = begin.elapsed();
        Ok(Self {
            arguments,
            database,
            raw,
            node,
            server,
            bulk_url,
            url,
            started,
        })
    }

    async fn run(&mut self, table: &mut Table) -> Result<()> {
        let idle = testkit::resident_kib(self.server.pid());
        let peak = Peak::of(self.server.pid());
        let (https, http, root) = (
            self.server.https.clone(),
            self.server.http.clone(),
            self.node.root(),
        );
        let tls = Target::tls(&https, &root)?;
        let plain = Target::plain(&http);
        let robot = services::Client::register(
            &self.node,
            &[
                "robot",
                "--grant",
                "client_credentials",
                "--allow",
                "ca.certificate.issue",
            ],
        );
        let token = services::access_token(&tls, &robot).await?;
        let certificates = services::certificates(&self.node, &token)?;
        // OCSP needs certificates to be asked about.
        let few = Duration::from_millis(500);
        let warm = Arc::new(services::certificates(&self.node, &token)?);
        load::run(&tls, warm, 8, few).await?;
        self.row(
            table,
            "certificates (REST)",
            &tls,
            certificates,
            Some(database::CERTIFICATE),
        )
        .await?;
        let ocsp = services::ocsp(&self.node, &self.server)?;
        self.row(table, "OCSP", &plain, ocsp, None).await?;
        let stamps = services::stamps(&self.node)?;
        self.row(table, "time-stamps", &plain, stamps, Some(database::STAMP))
            .await?;
        let tokens = services::tokens(&robot);
        self.row(
            table,
            "tokens (client credentials)",
            &tls,
            tokens,
            Some(database::TOKEN),
        )
        .await?;
        self.sign_ins(table, &tls).await?;
        table.resources(self.database, self.started, idle, peak.kib()?);
        anyhow::ensure!(
            self.server.stop(),
            "the server did not end well: {}",
            self.server.log()
        );
        self.searches(table).await
    }

    /// Searches over a million certificates, by a server that was just started.
    async fn searches(&mut self, table: &mut Table) -> Result<()> {
        if !"searches".contains(&self.arguments.only) {
            return Ok(());
        }
        searches::fill(&self.url).await.context("a million rows")?;
        self.server = self.node.serve();
        let tls = Target::tls(&self.server.https, &self.node.root())?;
        let reader = ["reader", "--grant", "client_credentials"];
        let allowed = ["--allow", "ca.certificate.read"];
        let reader = services::Client::register(&self.node, &[&reader[..], &allowed].concat());
        let token = services::access_token(&tls, &reader).await?;
        let searches = searches::measure(&tls, &token).await?;
        table.searches(self.database, searches);
        anyhow::ensure!(self.server.stop(), "{}", self.server.log());
        Ok(())
    }

    /// One service against its limits; `rows` are what each operation leaves in
    /// the database.
    async fn row(
        &self,
        table: &mut Table,
        name: &str,
        target: &Target,
        requests: Requests,
        rows: Option<&'static [Rows]>,
    ) -> Result<()> {
        if !name.contains(&self.arguments.only) {
            return Ok(());
        }
        let like = requests.list[0].clone();
        let measured = self
            .load(target, Arc::new(requests))
            .await
            .with_context(|| name.to_owned())?;
        let constant = services::constant(&like, measured.size);
        let constant = self.load(target, Arc::new(constant)).await?.rate;
        let database = self.bulk(rows).await?;
        table.add(Row::new(
            self.database,
            name,
            measured,
            constant,
            self.raw,
            database,
        ));
        Ok(())
    }

    async fn sign_ins(&self, table: &mut Table, tls: &Target) -> Result<()> {
        let name = "sign-ins (live session)";
        if !name.contains(&self.arguments.only) {
            return Ok(());
        }
        let sign_in = services::SignIn::prepare(&self.node, tls).await?;
        let like = sign_in.redeem.clone();
        let measured = self.load(tls, Arc::new(sign_in)).await.context(name)?;
        let constant = services::constant(&like, measured.size);
        // Two requests and two signatures make one sign-in.
        let constant = self.load(tls, Arc::new(constant)).await?.rate / 2.0;
        let database = self.bulk(Some(database::SIGN_IN)).await?;
        table.add(Row::new(
            self.database,
            name,
            measured,
            constant,
            self.raw / 2.0,
            database,
        ));
        Ok(())
    }

    async fn load(&self, target: &Target, operation: Arc<dyn Operation>) -> Result<load::Measured> {
        let time = Duration::from_secs(self.arguments.seconds);
        load::run(target, operation, self.arguments.connections, time).await
    }

    async fn bulk(&self, rows: Option<&'static [Rows]>) -> Result<Option<f64>> {
        let time = Duration::from_secs(self.arguments.seconds);
        match rows {
            Some(rows) => Ok(Some(database::bulk(&self.bulk_url, rows, time / 2).await?)),
            None => Ok(None),
        }
    }
}
