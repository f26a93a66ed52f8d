//! Two binaries side by side: each row is measured in turns, so that what else the
//! machine does slows both alike. `make bench BASE=COMMIT` builds both.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use testkit::{Options, Postgres, Server, Xinshu};

use crate::{
    Arguments,
    http::Target,
    load::{self, Operation},
    services,
};

/// How often each binary is measured.
const TURNS: usize = 5;

/// A node of one of the two binaries.
struct Side {
    node: Xinshu,
    server: Server,
}

/// One row as both sides are asked it.
struct Question {
    target: Target,
    operation: Arc<dyn Operation>,
}

/// Prints the rates of both binaries, and the ratio of each pair of turns.
pub(crate) async fn compare(arguments: &Arguments, base: &Path) -> Result<()> {
    println!(
        "{:<12}{:<30}{:>12}{:>12}{:>8}   new / base in {TURNS} turns",
        "database", "what", "base/s", "new/s", "ratio"
    );
    let cluster = Postgres::durable();
    for database in ["SQLite", "PostgreSQL"] {
        if !database.contains(&arguments.database) {
            continue;
        }
        let url = || (database == "PostgreSQL").then(|| cluster.database());
        let base = Side::start(base, url())?;
        let new = Side::start(&arguments.binary, url())?;
        for row in Row::ALL {
            if !row.name().contains(&arguments.only) {
                continue;
            }
            let questions = [row.question(&base).await?, row.question(&new).await?];
            measure(arguments, database, row.name(), &questions).await?;
        }
    }
    Ok(())
}

async fn measure(
    arguments: &Arguments,
    database: &str,
    name: &str,
    questions: &[Question; 2],
) -> Result<()> {
    let time = Duration::from_secs(arguments.seconds);
    let mut rates = [Vec::new(), Vec::new()];
    for turn in 0..=TURNS {
        for (question, rates) in questions.iter().zip(&mut rates) {
            let operation = Arc::clone(&question.operation);
            let measured = load::run(&question.target, operation, arguments.connections, time)
                .await
                .with_context(|| name.to_owned())?;
            // The first turn finds everything cold.
            if turn > 0 {
                rates.push(measured.rate);
            }
        }
    }
    let [base, new] = &rates;
    let mut ratios: Vec<f64> = new.iter().zip(base).map(|(new, base)| new / base).collect();
    let each: Vec<_> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
    let (mut base, mut new) = (base.clone(), new.clone());
    println!(
        "{database:<12}{name:<30}{:>12.0}{:>12.0}{:>8.2}   {}",
        median(&mut base),
        median(&mut new),
        median(&mut ratios),
        each.join(" ")
    );
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

impl Side {
    fn start(binary: &Path, url: Option<String>) -> Result<Self> {
        let mut options = Options::default();
        options.settings.push("log.level=warn".to_owned());
        options
            .settings
            .extend(url.map(|url| format!("database.url={url}")));
        let mut node = Xinshu::prepare(binary, options);
        // A release that does not know a setting refuses to start with it.
        if !node.initialize().ok {
            node.unset("listen.mtls");
            node.unset("public.mtls_url");
            node.initialize().success();
        }
        let server = node.serve();
        Ok(Self { node, server })
    }
}

/// The rows.
#[derive(Clone, Copy)]
enum Row {
    Certificates,
    Ocsp,
    TimeStamps,
    Tokens,
    SignIns,
}

impl Row {
    const ALL: [Self; 5] = [
        Self::Certificates,
        Self::Ocsp,
        Self::TimeStamps,
        Self::Tokens,
        Self::SignIns,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Certificates => "certificates (REST)",
            Self::Ocsp => "OCSP",
            Self::TimeStamps => "time-stamps",
            Self::Tokens => "tokens (client credentials)",
            Self::SignIns => "sign-ins (live session)",
        }
    }

    async fn question(self, side: &Side) -> Result<Question> {
        let Side { node, server } = side;
        let tls = Target::tls(&server.https, &node.root())?;
        let plain = Target::plain(&server.http);
        let robot = || {
            let robot = ["robot", "--grant", "client_credentials"];
            // The name of 0.1.0, accepted until 1.0.
            let allowed = ["--allow", "ca.certificate.issue"];
            services::Client::register(node, &[&robot[..], &allowed].concat())
        };
        Ok(match self {
            Self::Certificates => {
                let token = services::access_token(&tls, &robot()).await?;
                let operation = Arc::new(services::certificates(node, &token)?);
                Question {
                    target: tls,
                    operation,
                }
            }
            Self::Ocsp => {
                let token = services::access_token(&tls, &robot()).await?;
                let few = Arc::new(services::certificates(node, &token)?);
                load::run(&tls, few, 8, Duration::from_millis(500)).await?;
                Question {
                    operation: Arc::new(services::ocsp(node, server)?),
                    target: plain,
                }
            }
            Self::TimeStamps => Question {
                operation: Arc::new(services::stamps(node)?),
                target: plain,
            },
            Self::Tokens => Question {
                operation: Arc::new(services::tokens(&robot())),
                target: tls,
            },
            Self::SignIns => Question {
                operation: Arc::new(services::SignIn::prepare(node, &tls).await?),
                target: tls,
            },
        })
    }
}
