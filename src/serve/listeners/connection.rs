//! Serving one connection, whatever it came over.

use std::{convert::Infallible, io, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, Version, header, uri::Authority},
    response::{IntoResponse as _, Response},
};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::GracefulConnection,
};
use platform_web::{ClientAddress, Problem};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};
use tokio_io_timeout::TimeoutWriter;
use tower::ServiceExt as _;

use super::{
    body::returnable,
    idle::Requests,
    tls::{Tls, peer_certificate},
};
use crate::compose::ClientCertificate;

/// The limits of a listener.
#[derive(Clone)]
pub(super) struct Limits {
    pub(super) connections: Connections,
    pub(super) head: Duration,
    pub(super) request: Duration,
    pub(super) idle: Duration,
}

/// The open connections of a listener.
#[derive(Clone)]
pub(super) struct Connections {
    permits: Arc<Semaphore>,
    limit: u32,
}

impl Connections {
    pub(super) fn at_most(limit: u32) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(limit as usize)),
            limit,
        }
    }

    /// Waits until there is room for one more.
    pub(super) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    /// Waits until all have ended.
    pub(super) async fn ended(&self) {
        let _ = self.permits.acquire_many(self.limit).await;
    }
}

pub(super) async fn serve_plain(
    listener: TcpListener,
    site: Router,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    while let Some((stream, address, permit)) = accept(&listener, &limits, &mut stop).await {
        let (site, limits, stop) = (site.clone(), limits.clone(), stop.clone());
        tokio::spawn(async move {
            serve(stream, site, &limits, Peer::at(address), stop).await;
            drop(permit);
        });
    }
    limits.connections.ended().await;
}

pub(super) async fn serve_tls(
    listener: TcpListener,
    tls: Tls,
    site: Router,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    while let Some((stream, address, permit)) = accept(&listener, &limits, &mut stop).await {
        let (site, limits, stop) = (site.clone(), limits.clone(), stop.clone());
        let tls = tls.clone();
        tokio::spawn(async move {
            let handshake = async {
                let acceptor = tls.acceptor().map_err(io::Error::other)?;
                acceptor.accept(stream).await
            };
            match tokio::time::timeout(limits.head, handshake).await {
                Ok(Ok(stream)) => {
                    let peer = Peer {
                        address: Some(address),
                        certificate: peer_certificate(stream.get_ref().1),
                        local: None,
                        http2: stream.get_ref().1.alpn_protocol() == Some(b"h2"),
                    };
                    serve(stream, site, &limits, peer, stop).await;
                }
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            }
            drop(permit);
        });
    }
    limits.connections.ended().await;
}

/// A stream that fails if nothing could be written to it for a while, because its
/// client does not read. No timer runs while writes succeed at once.
pub(super) type WriteTimeout<S> = Pin<Box<TimeoutWriter<S>>>;

pub(super) fn with_write_timeout<S: AsyncWrite>(stream: S, timeout: Duration) -> WriteTimeout<S> {
    let mut writer = TimeoutWriter::new(stream);
    writer.set_timeout(Some(timeout));
    Box::pin(writer)
}

/// The next connection, once there is room for it; `None` when the server stops.
async fn accept(
    listener: &TcpListener,
    limits: &Limits,
    stop: &mut watch::Receiver<bool>,
) -> Option<(WriteTimeout<TcpStream>, SocketAddr, OwnedSemaphorePermit)> {
    loop {
        let connection = async {
            let permit = limits.connections.permit().await?;
            Some((listener.accept().await, permit))
        };
        let (accepted, permit) = tokio::select! {
            connection = connection => connection?,
            _ = stop.wait_for(|stop| *stop) => return None,
        };
        match accepted {
            Ok((stream, address)) => {
                // Small responses should leave at once; a failure only slows them.
                let _ = stream.set_nodelay(true);
                // Below TLS, where every write is seen.
                return Some((with_write_timeout(stream, limits.request), address, permit));
            }
            Err(error) => backoff(&error).await,
        }
    }
}

/// Waits a little after a connection could not be accepted: most likely the process is
/// out of file descriptors, and other connections need time to end.
pub(super) async fn backoff(error: &io::Error) {
    tracing::warn!(%error, "a connection was not accepted");
    tokio::time::sleep(Duration::from_millis(50)).await;
}

/// Who is at the other end.
#[derive(Clone, Default)]
pub(super) struct Peer {
    pub(super) address: Option<SocketAddr>,
    pub(super) certificate: Option<ClientCertificate>,
    pub(super) local: Option<platform_access::Caller>,
    /// Both sides agreed on HTTP/2 in the TLS handshake (ALPN).
    pub(super) http2: bool,
}

impl Peer {
    fn at(address: SocketAddr) -> Self {
        Self {
            address: Some(address),
            ..Self::default()
        }
    }
}

/// Serves one connection until it ends, was idle for too long, or the server stops.
pub(super) async fn serve<S>(
    stream: S,
    site: Router,
    limits: &Limits,
    peer: Peer,
    stop: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let timeout = limits.request;
    let http2 = peer.http2;
    let requests = Requests::default();
    let counted = requests.clone();
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let (site, peer, in_flight) = (site.clone(), peer.clone(), counted.begin());
        async move {
            let answer = answer(site, peer, timeout, request).await;
            drop(in_flight);
            answer
        }
    });
    let io = TokioIo::new(stream);
    let ended = if http2 {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(128)
            .keep_alive_interval(Duration::from_secs(30))
            .keep_alive_timeout(limits.head)
            .max_header_list_size(32 * 1024);
        let connection = builder.serve_connection(io, service);
        drive(connection, requests.idle(limits.idle), timeout, stop).await
    } else {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            // Also how long it may be idle: the wait for the next head counts.
            .header_read_timeout(limits.head)
            .max_buf_size(64 * 1024);
        let connection = builder.serve_connection(io, service);
        drive(connection, std::future::pending(), timeout, stop).await
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

/// Has one request answered, within the time that it may take.
async fn answer(
    site: Router,
    peer: Peer,
    timeout: Duration,
    request: Request<Incoming>,
) -> Result<Response, Infallible> {
    if !has_valid_host(&request) {
        return Ok(invalid_host());
    }
    // A client that waits for "100 Continue" sends nothing before the answer.
    let waits_to_send = request.headers().contains_key(header::EXPECT);
    let (parts, body) = request.into_parts();
    let (body, unread) = returnable(body);
    let mut request = Request::from_parts(parts, body);
    let extensions = request.extensions_mut();
    extensions.insert(ClientAddress(peer.address.map(|address| address.ip())));
    if let Some(certificate) = peer.certificate {
        extensions.insert(certificate);
    }
    if let Some(caller) = peer.local {
        extensions.insert(caller);
    }
    let answer = match tokio::time::timeout(timeout, site.oneshot(request)).await {
        Ok(answer) => answer,
        Err(_) => Ok(timed_out()),
    };
    if !waits_to_send {
        unread.drain();
    }
    answer
}

/// Drives a connection to its end. Once it is `idle` or the server stops, it accepts no
/// more requests and finishes those that it has.
async fn drive<C: GracefulConnection>(
    connection: C,
    idle: impl Future<Output = ()>,
    timeout: Duration,
    mut stop: watch::Receiver<bool>,
) -> Result<(), C::Error> {
    let mut connection = std::pin::pin!(connection);
    let stopping = async {
        // An error means that the sender is gone: the process is ending too.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    let stopping = tokio::select! {
        biased;
        ended = connection.as_mut() => return ended,
        () = stopping => true,
        () = idle => false,
    };
    connection.as_mut().graceful_shutdown();
    if stopping {
        // Bounded by the drain timeout in `Listeners::serve`.
        return connection.await;
    }
    // Only an HTTP/2 client that does not accept its response is left.
    let ended = tokio::time::timeout(timeout, connection).await;
    ended.unwrap_or(Ok(()))
}

/// True for one `Host` that may be empty, and for none where HTTP/1.1 does not ask for it
/// (RFC 9112 §3.2): HTTP/2 has a pseudo-header instead.
fn has_valid_host(request: &Request<Incoming>) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() != Version::HTTP_11,
        (Some(host), None) => host.is_empty() || is_host(host.as_bytes()),
        (Some(_), Some(_)) => false,
    }
}

/// `uri-host [ ":" port ]` (RFC 9110 §7.2): an authority without user name.
fn is_host(host: &[u8]) -> bool {
    !host.contains(&b'@') && Authority::try_from(host).is_ok()
}

fn invalid_host() -> Response {
    Problem::bad_request("a request has one valid Host header (RFC 9112 §3.2)").into_response()
}

/// The answer to a request that took too long (RFC 9110 §15.5.9).
fn timed_out() -> Response {
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "Request Timeout",
        "the request was not complete, or not answered, in time",
    )
    .into_response()
}
