//! The load generator: many connections, each asking again as soon as it is answered.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, StatusCode,
    body::{Bytes, Incoming},
    client::conn::http1::SendRequest,
};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::{net::TcpStream, task::JoinSet};
use tokio_rustls::TlsConnector;

/// Where load is sent.
#[derive(Clone)]
pub(crate) struct Target {
    /// `localhost:PORT`.
    pub(crate) authority: String,
    /// None for plain HTTP.
    pub(crate) tls: Option<TlsConnector>,
}

/// An answer to one request.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: hyper::HeaderMap,
    pub(crate) body: Bytes,
}

/// One connection.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    authority: String,
}

/// A request that can be sent again and again.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

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

impl Target {
    /// Plain HTTP.
    pub(crate) fn plain(base: &str) -> Self {
        Self {
            authority: base.trim_start_matches("http://").to_owned(),
            tls: None,
        }
    }

    /// TLS, trusting the anchors in a PEM file.
    pub(crate) fn tls(base: &str, anchors: &std::path::Path) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(anchors)? {
            roots.add(certificate?)?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            authority: base.trim_start_matches("https://").to_owned(),
            tls: Some(TlsConnector::from(Arc::new(config))),
        })
    }

    pub(crate) async fn connect(&self) -> Result<Connection> {
        let port = self
            .authority
            .rsplit(':')
            .next()
            .unwrap_or_default()
            .parse::<u16>()?;
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        let sender = match &self.tls {
            None => handshake(stream).await?,
            Some(connector) => {
                let name = ServerName::try_from("localhost")?;
                handshake(connector.connect(name, stream).await?).await?
            }
        };
        Ok(Connection {
            sender,
            authority: self.authority.clone(),
        })
    }
}

async fn handshake<S>(stream: S) -> Result<SendRequest<Full<Bytes>>>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

impl Connection {
    /// Sends a request and reads its answer whole.
    pub(crate) async fn send(&mut self, prepared: &Prepared) -> Result<Answer> {
        let mut request = Request::builder()
            .method(prepared.method)
            .uri(&prepared.path)
            .header("host", &self.authority);
        for (name, value) in &prepared.headers {
            request = request.header(*name, value);
        }
        self.sender.ready().await?;
        let request = request.body(Full::new(prepared.body.clone()))?;
        let response: hyper::Response<Incoming> = self.sender.send_request(request).await?;
        let (head, body) = response.into_parts();
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body: body.collect().await?.to_bytes(),
        })
    }
}

/// One request, the next of a list at each turn.
pub(crate) struct Requests {
    pub(crate) list: Vec<Prepared>,
    pub(crate) expect: StatusCode,
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
