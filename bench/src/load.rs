//! The load generator: many connections, each asking again as soon as it is answered.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use tokio::task::JoinSet;

use crate::http::{Connection, Prepared, Target};

/// What a run measured.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Measured {
    /// Operations a second.
    pub(crate) rate: f64,
    /// Median latency in milliseconds.
    pub(crate) p50_ms: f64,
    /// The latency that 99 of 100 stay below, in milliseconds.
    pub(crate) p99_ms: f64,
    /// Bytes of the last answer's body.
    pub(crate) size: usize,
}

/// One complete operation, of one request or several.
#[async_trait::async_trait]
pub(crate) trait Operation: Send + Sync + 'static {
    /// Does it once and tells the size of the last answer.
    async fn run(&self, connection: &mut Connection, turn: usize) -> Result<usize>;
}

/// One request, the next of a list at each turn.
pub(crate) struct Requests {
    pub(crate) list: Vec<Prepared>,
    pub(crate) expect: u16,
}

#[async_trait::async_trait]
impl Operation for Requests {
    async fn run(&self, connection: &mut Connection, turn: usize) -> Result<usize> {
        let prepared = &self.list[turn % self.list.len()];
        let answer = connection.send(prepared).await?;
        if answer.status != self.expect {
            bail!(
                "{} {}: {} {:?}",
                prepared.method,
                prepared.path,
                answer.status,
                answer.body
            );
        }
        Ok(answer.body.len())
    }
}

/// Runs an operation on many connections for a while, after a fifth of that to warm up.
pub(crate) async fn run(
    target: &Target,
    operation: Arc<dyn Operation>,
    connections: usize,
    time: Duration,
) -> Result<Measured> {
    let begin = Instant::now() + time / 5;
    let end = begin + time;
    let mut tasks = JoinSet::new();
    for index in 0..connections {
        let mut connection = target.connect().await.context("connecting")?;
        let operation = Arc::clone(&operation);
        tasks.spawn(async move {
            let mut latencies: Vec<u32> = Vec::with_capacity(65_536);
            let mut size = 0;
            for turn in 0.. {
                let sent = Instant::now();
                if sent >= end {
                    break;
                }
                size = operation
                    .run(&mut connection, index + turn * connections)
                    .await?;
                if sent >= begin {
                    latencies.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
                }
            }
            anyhow::Ok((latencies, size))
        });
    }
    let mut latencies = Vec::new();
    let mut size = 0;
    while let Some(done) = tasks.join_next().await {
        let (mut some, last) = done??;
        latencies.append(&mut some);
        size = last;
    }
    latencies.sort_unstable();
    let at = |share: f64| {
        let index = (latencies.len() as f64 * share) as usize;
        latencies
            .get(index.min(latencies.len().saturating_sub(1)))
            .map_or(0.0, |us| f64::from(*us) / 1000.0)
    };
    Ok(Measured {
        rate: latencies.len() as f64 / time.as_secs_f64(),
        p50_ms: at(0.50),
        p99_ms: at(0.99),
        size,
    })
}
