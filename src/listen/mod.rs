//! Listeners: bytes from the network to requests, bounded in number and time.

mod connection;
mod idle;
mod socket;
mod tls;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use platform::settings::Listen;
use tokio::{
    net::{TcpListener, UnixListener},
    sync::watch,
    task::JoinSet,
};

pub(crate) use socket::user_name;
pub(crate) use tls::{ClientCertificate, ServerCertificate};

use connection::{Connections, Limits};

/// Listeners that are bound and do not serve yet.
pub(crate) struct Listeners {
    pub(crate) https: TcpListener,
    pub(crate) http: TcpListener,
    pub(crate) ops: TcpListener,
    pub(crate) socket: UnixListener,
}

/// What each listener serves.
pub(crate) struct Sites {
    pub(crate) https: Router,
    pub(crate) http: Router,
    pub(crate) ops: Router,
    pub(crate) socket: Router,
}

/// Where the listeners are, once bound.
#[derive(Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) https: SocketAddr,
    pub(crate) http: SocketAddr,
    pub(crate) ops: SocketAddr,
}

impl Listeners {
    /// Binds all addresses, so that nothing is announced that does not listen.
    pub(crate) async fn bind(listen: &Listen, socket_path: &std::path::Path) -> io::Result<Self> {
        let bind = async |name: &str, address: SocketAddr| {
            TcpListener::bind(address).await.map_err(|error| {
                io::Error::new(error.kind(), format!("listen.{name} = {address}: {error}"))
            })
        };
        Ok(Self {
            https: bind("https", listen.https).await?,
            http: bind("http", listen.http).await?,
            ops: bind("ops", listen.ops).await?,
            socket: socket::bind(socket_path).await?,
        })
    }

    pub(crate) fn addresses(&self) -> io::Result<Addresses> {
        Ok(Addresses {
            https: self.https.local_addr()?,
            http: self.http.local_addr()?,
            ops: self.ops.local_addr()?,
        })
    }

    /// Serves until `stop` turns true, then finishes what was accepted.
    pub(crate) async fn serve(
        self,
        sites: Sites,
        listen: &Listen,
        certificate: Arc<ServerCertificate>,
        stop: watch::Receiver<bool>,
    ) -> Result<(), rustls::Error> {
        let limits = |connections| Limits {
            connections: Connections::at_most(connections),
            head: Duration::from_secs(listen.header_seconds.into()),
            request: Duration::from_secs(listen.body_seconds.into()),
            idle: Duration::from_secs(listen.idle_seconds.into()),
        };
        let tls = tls::acceptor(certificate)?;
        let mut servers = JoinSet::new();
        servers.spawn(connection::serve_tls(
            self.https,
            tls,
            sites.https,
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
        let drain = Duration::from_secs(listen.drain_seconds.into());
        let drained = tokio::time::timeout(drain, async {
            while servers.join_next().await.is_some() {}
        });
        if drained.await.is_err() {
            tracing::warn!(
                drain_seconds = drain.as_secs(),
                "requests were cut off at the stop"
            );
        }
        Ok(())
    }
}
