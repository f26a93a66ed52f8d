//! Listeners: bytes from the network to requests, bounded in number and time.

mod body;
mod connection;
mod idle;
mod socket;
mod tls;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use platform_runtime::settings::Listen;
use tokio::{
    net::{TcpListener, UnixListener},
    sync::watch,
    task::JoinSet,
};

pub(super) use self::tls::{AcceptedAuthorities, ServerCertificate};
use self::{
    connection::{Connections, Limits},
    tls::Tls,
};

/// Listeners that are bound and do not serve yet.
pub(in crate::serve) struct Listeners {
    pub(in crate::serve) https: TcpListener,
    pub(in crate::serve) mtls: TcpListener,
    pub(in crate::serve) http: TcpListener,
    pub(in crate::serve) ops: TcpListener,
    pub(in crate::serve) socket: UnixListener,
}

/// What each listener serves.
pub(in crate::serve) struct Sites {
    pub(in crate::serve) https: Router,
    pub(in crate::serve) mtls: Router,
    pub(in crate::serve) http: Router,
    pub(in crate::serve) ops: Router,
    pub(in crate::serve) socket: Router,
}

/// Where the listeners are, once bound.
#[derive(Clone, Copy)]
pub(in crate::serve) struct Addresses {
    pub(in crate::serve) https: SocketAddr,
    pub(in crate::serve) mtls: SocketAddr,
    pub(in crate::serve) http: SocketAddr,
    pub(in crate::serve) ops: SocketAddr,
}

impl Listeners {
    /// Binds all addresses, so that the ready line names only listeners that exist.
    pub(in crate::serve) async fn bind(
        listen: &Listen,
        socket_path: &std::path::Path,
    ) -> io::Result<Self> {
        let bind = async |name: &str, address: SocketAddr| {
            TcpListener::bind(address).await.map_err(|error| {
                io::Error::new(error.kind(), format!("listen.{name} = {address}: {error}"))
            })
        };
        Ok(Self {
            https: bind("https", listen.https).await?,
            mtls: bind("mtls", listen.mtls).await?,
            http: bind("http", listen.http).await?,
            ops: bind("ops", listen.ops).await?,
            socket: socket::bind(socket_path).await?,
        })
    }

    pub(in crate::serve) fn addresses(&self) -> io::Result<Addresses> {
        Ok(Addresses {
            https: self.https.local_addr()?,
            mtls: self.mtls.local_addr()?,
            http: self.http.local_addr()?,
            ops: self.ops.local_addr()?,
        })
    }

    /// Serves until `stop` turns true, then finishes what was accepted.
    pub(in crate::serve) async fn serve(
        self,
        sites: Sites,
        listen: &Listen,
        certificate: Arc<ServerCertificate>,
        authorities: Arc<AcceptedAuthorities>,
        stop: watch::Receiver<bool>,
    ) -> Result<(), rustls::Error> {
        let limits = |connections| Limits {
            connections: Connections::at_most(connections),
            head: Duration::from_secs(listen.header_seconds.into()),
            request: Duration::from_secs(listen.body_seconds.into()),
            idle: Duration::from_secs(listen.idle_seconds.into()),
        };
        let server_tls = Tls::server(Arc::clone(&certificate))?;
        let mutual_tls = Tls::mutual(certificate, authorities)?;
        let mut servers = JoinSet::new();
        servers.spawn(connection::serve_tls(
            self.https,
            server_tls,
            sites.https,
            limits(listen.max_connections),
            stop.clone(),
        ));
        servers.spawn(connection::serve_tls(
            self.mtls,
            mutual_tls,
            sites.mtls,
            limits(listen.max_connections),
            stop.clone(),
        ));
        servers.spawn(connection::serve_plain(
            self.http,
            sites.http,
            limits(listen.max_connections),
            stop.clone(),
        ));
        servers.spawn(connection::serve_plain(
            self.ops,
            sites.ops,
            limits(64),
            stop.clone(),
        ));
        servers.spawn(socket::serve(
            self.socket,
            sites.socket,
            limits(64),
            stop.clone(),
        ));
        let mut stop = stop;
        // An error means that the sender is gone: the process is ending too.
        let _ = stop.wait_for(|stop| *stop).await;
        drain(servers, Duration::from_secs(listen.drain_seconds.into())).await;
        Ok(())
    }
}

/// Waits until accepted requests are finished, for so long at most.
async fn drain(mut servers: JoinSet<()>, at_most: Duration) {
    let drained = tokio::time::timeout(at_most, async {
        while servers.join_next().await.is_some() {}
    });
    if drained.await.is_err() {
        tracing::warn!(
            drain_seconds = at_most.as_secs(),
            "requests were cut off at the stop"
        );
    }
}
