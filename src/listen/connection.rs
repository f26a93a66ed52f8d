//! Serving one connection, whatever it came over.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Request};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use platform::web::{ClientAddress, Problem};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use super::tls::{ClientCertificate, peer_certificate};

/// How much a listener bears.
#[derive(Clone)]
pub(super) struct Limits {
    pub(super) connections: Arc<Semaphore>,
    pub(super) head: Duration,
    pub(super) request: Duration,
}

impl Limits {
    /// The same times with connections of its own.
    pub(super) fn own(&self, connections: usize) -> Self {
        Self {
            connections: Arc::new(Semaphore::new(connections)),
            ..self.clone()
        }
    }
}

pub(super) async fn serve_plain(
    listener: TcpListener,
    site: Router,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    while let Some((stream, address, permit)) = accept(&listener, &limits, &mut stop).await {
        let watcher = graceful.watcher();
        let (site, limits) = (site.clone(), limits.clone());
        tokio::spawn(async move {
            serve(stream, site, &limits, Peer::at(address), watcher).await;
            drop(permit);
        });
    }
    graceful.shutdown().await;
}

pub(super) async fn serve_tls(
    listener: TcpListener,
    tls: TlsAcceptor,
    site: Router,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    while let Some((stream, address, permit)) = accept(&listener, &limits, &mut stop).await {
        let watcher = graceful.watcher();
        let (site, limits, tls) = (site.clone(), limits.clone(), tls.clone());
        tokio::spawn(async move {
            match tokio::time::timeout(limits.head, tls.accept(stream)).await {
                Ok(Ok(stream)) => {
                    let peer = Peer {
                        address: Some(address),
                        certificate: peer_certificate(stream.get_ref().1),
                        local: None,
                        http2: stream.get_ref().1.alpn_protocol() == Some(b"h2"),
                    };
                    serve(stream, site, &limits, peer, watcher).await;
                }
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            }
            drop(permit);
        });
    }
    graceful.shutdown().await;
}

/// The next connection, once there is room for it; none when the server stops.
async fn accept(
    listener: &TcpListener,
    limits: &Limits,
    stop: &mut watch::Receiver<bool>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    loop {
        let connection = async {
            let permit = Arc::clone(&limits.connections).acquire_owned().await.ok()?;
            Some((listener.accept().await, permit))
        };
        let (accepted, permit) = tokio::select! {
            connection = connection => connection?,
            _ = stop.wait_for(|stop| *stop) => return None,
        };
        match accepted {
            Ok((stream, address)) => {
                // Small answers should leave at once; a failure only slows them.
                let _ = stream.set_nodelay(true);
                return Some((stream, address, permit));
            }
            Err(error) => {
                // Out of file descriptors, most likely: give others time to end.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Who is at the other end.
#[derive(Clone, Default)]
pub(super) struct Peer {
    pub(super) address: Option<SocketAddr>,
    pub(super) certificate: Option<ClientCertificate>,
    pub(super) local: Option<platform::Caller>,
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

/// Serves one connection until it ends or the server stops.
pub(super) async fn serve<S>(stream: S, site: Router, limits: &Limits, peer: Peer, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let patience = limits.request;
    let http2 = peer.http2;
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let (site, peer) = (site.clone(), peer.clone());
        async move {
            let mut request = request.map(Body::new);
            let extensions = request.extensions_mut();
            extensions.insert(ClientAddress(peer.address.map(|address| address.ip())));
            if let Some(certificate) = peer.certificate {
                extensions.insert(certificate);
            }
            if let Some(caller) = peer.local {
                extensions.insert(caller);
            }
            match tokio::time::timeout(patience, site.oneshot(request)).await {
                Ok(answer) => answer,
                Err(_) => Ok(timed_out()),
            }
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
        watcher.watch(builder.serve_connection(io, service)).await
    } else {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .max_buf_size(64 * 1024);
        watcher.watch(builder.serve_connection(io, service)).await
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

/// The answer to a request that took too long (RFC 9110 §15.5.9).
fn timed_out() -> axum::response::Response {
    use axum::{http::StatusCode, response::IntoResponse as _};
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "Request Timeout",
        "the request was not complete, or not answered, in time",
    )
    .into_response()
}
