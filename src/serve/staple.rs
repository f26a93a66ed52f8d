//! OCSP stapling (RFC 6066 §8): the status of this server's own certificate comes with its
//! handshakes, so that clients need not ask for it.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, Uri, body::Bytes, header};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use pki::{Certificate, ocsp::BasicResponse};
use platform_runtime::Clock as _;
use tokio::net::TcpStream;

use crate::compose::Node;

/// How often a response is fetched from another node: as often as its Cache-Control suggests.
const REFETCH: SignedDuration = SignedDuration::from_secs(300);
/// How long to wait after another node did not answer.
const RETRY: SignedDuration = SignedDuration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_RESPONSE: usize = 64 * 1024;

/// The responses about one certificate.
#[derive(Debug, Default)]
pub(super) struct Staples {
    /// When another node was asked last, and how long to wait from then on.
    asked: Option<(Timestamp, SignedDuration)>,
    /// nextUpdate of the one in place.
    valid_until: Option<Timestamp>,
    /// Whether the last attempt failed, so that a long failure is logged once.
    failed: bool,
}

/// What to do with the response that is stapled now.
pub(super) enum Next {
    Keep,
    Replace(Vec<u8>),
    Remove,
}

/// The next response. If none is available, the one in place is kept until its nextUpdate: a
/// response that clients would reject is worse than none.
pub(super) async fn next_staple(
    node: &Node,
    staples: &mut Staples,
    certificate: &Certificate,
    issuer: &Certificate,
) -> Next {
    match fetch_if_due(node, staples, certificate, issuer).await {
        Ok(None) => Next::Keep,
        Ok(Some((response, valid_until))) => {
            staples.valid_until = Some(valid_until);
            staples.failed = false;
            Next::Replace(response)
        }
        Err(error) => {
            if !staples.failed {
                let error = format!("{error:#}");
                tracing::warn!(error, "no new OCSP response is available for stapling");
            }
            staples.failed = true;
            match staples.valid_until {
                Some(until) if node.clock.now() < until => Next::Keep,
                _ => Next::Remove,
            }
        }
    }
}

/// A verified response and its nextUpdate; `None` if the one in place is still fresh.
async fn fetch_if_due(
    node: &Node,
    staples: &mut Staples,
    certificate: &Certificate,
    issuer: &Certificate,
) -> Result<Option<(Vec<u8>, Timestamp)>> {
    let response = match &node.ca {
        // From the responder's cache, unless the status has changed.
        Some(ca) => ca::staple::staple(ca, certificate, issuer).await?.to_vec(),
        None => {
            let now = node.clock.now();
            // A clock that was set back does not extend the wait.
            if staples
                .asked
                .is_some_and(|(at, wait)| at <= now && now < at + wait)
            {
                return Ok(None);
            }
            staples.asked = Some((now, RETRY));
            let request = ca::staple::staple_request(certificate, issuer).context("no request")?;
            let url = format!("{}/ocsp", node.settings.public.http_url);
            let response = tokio::time::timeout(TIMEOUT, fetch(&url, request)).await;
            let response = response.with_context(|| format!("{url} does not answer"))??;
            staples.asked = Some((now, REFETCH));
            response
        }
    };
    let valid_until = verify(node, &response, certificate, issuer)?;
    Ok(Some((response, valid_until)))
}

/// Checks a response as clients do, and returns its nextUpdate.
fn verify(
    node: &Node,
    response: &[u8],
    certificate: &Certificate,
    issuer: &Certificate,
) -> Result<Timestamp> {
    let read = BasicResponse::from_der(response)?;
    read.verify(issuer)?;
    let now = node.clock.now();
    let [answer] = read.answers() else {
        bail!("the response is not about one certificate");
    };
    if answer.cert_id.serial() != Some(certificate.serial()) {
        bail!("the response is about another certificate");
    }
    match answer.next_update {
        Some(next_update) if answer.this_update <= now && now < next_update => Ok(next_update),
        _ => bail!("the response is not valid at this time"),
    }
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
