//! OCSP stapling (RFC 6066 §8): the status of this server's own certificate comes with its
//! handshakes, so that clients need not ask for it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, Uri, body::Bytes, header};
use hyper_util::rt::TokioIo;
use pki::{Certificate, ocsp::BasicResponse};
use platform_runtime::Clock as _;
use tokio::net::TcpStream;

use crate::compose::Node;

/// How often a response is fetched from another node: as often as its Cache-Control suggests.
const REFETCH: Duration = Duration::from_secs(300);
/// How long to wait after another node did not answer.
const RETRY: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_RESPONSE: usize = 64 * 1024;

/// When the next response is due.
#[derive(Debug, Default)]
pub(super) struct Schedule(Option<Instant>);

/// The response to staple now; `None` if the current one is still fresh.
///
/// # Errors
/// If there is none, or one that clients would not accept.
pub(super) async fn next_staple(
    node: &Node,
    schedule: &mut Schedule,
    certificate: &Certificate,
    issuer: &Certificate,
) -> Result<Option<Vec<u8>>> {
    let response = match &node.ca {
        // From the responder's cache, unless the status has changed.
        Some(ca) => ca::staple::staple(ca, certificate, issuer).await?.to_vec(),
        None => {
            let now = node.clock.monotonic();
            if schedule.0.is_some_and(|due| now < due) {
                return Ok(None);
            }
            schedule.0 = Some(now + RETRY);
            let request = ca::staple::staple_request(certificate, issuer).context("no request")?;
            let url = format!("{}/ocsp", node.settings.public.http_url);
            let response = tokio::time::timeout(TIMEOUT, fetch(&url, request)).await;
            let response = response.with_context(|| format!("{url} does not answer"))??;
            schedule.0 = Some(now + REFETCH);
            response
        }
    };
    check(node, &response, certificate, issuer)?;
    Ok(Some(response))
}

/// A response that clients would reject is worse than none.
fn check(
    node: &Node,
    response: &[u8],
    certificate: &Certificate,
    issuer: &Certificate,
) -> Result<()> {
    let read = BasicResponse::from_der(response)?;
    read.verify(issuer)?;
    let now = node.clock.now();
    let [answer] = read.answers() else {
        bail!("the response is not about one certificate");
    };
    if answer.cert_id.serial() != Some(certificate.serial()) {
        bail!("the response is about another certificate");
    }
    if now < answer.this_update || answer.next_update.is_none_or(|next| next <= now) {
        bail!("the response is not valid at this time");
    }
    Ok(())
}

/// Posts a request to a responder over plain HTTP (RFC 6960 appendix A).
async fn fetch(url: &str, request: Vec<u8>) -> Result<Vec<u8>> {
    let uri: Uri = url.parse()?;
    let host = uri.host().context("no host")?;
    let place = (host.trim_matches(['[', ']']), uri.port_u16().unwrap_or(80));
    let stream = TcpStream::connect(place).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let authority = uri.authority().map_or(host, |authority| authority.as_str());
    let request = Request::post(uri.path())
        .header(header::HOST, authority)
        .header(header::CONTENT_TYPE, "application/ocsp-request")
        .body(Full::new(Bytes::from(request)))?;
    let response = sender.send_request(request).await?;
    if !response.status().is_success() {
        bail!("{url} answers {}", response.status());
    }
    let body = Limited::new(response.into_body(), MAX_RESPONSE)
        .collect()
        .await;
    connection.abort();
    let body = body.map_err(|error| anyhow::anyhow!(error))?;
    Ok(body.to_bytes().to_vec())
}
