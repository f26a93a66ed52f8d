//! Local administration: the REST API over the data folder's Unix socket.

use std::{io, os::unix::fs::PermissionsExt as _, path::Path};

use axum::Router;
use platform_access::Caller;
use tokio::{
    net::{UnixListener, UnixStream},
    sync::watch,
};

use super::connection::{Limits, Peer, backoff, serve as serve_connection, with_write_timeout};
use crate::local_user::user_name;

/// Binds the socket with mode 0600; one left by a process that died is replaced.
pub(crate) async fn bind(path: &Path) -> io::Result<UnixListener> {
    let context =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    if UnixStream::connect(path).await.is_ok() {
        return Err(context(io::Error::new(
            io::ErrorKind::AddrInUse,
            "a server runs on this data folder already",
        )));
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(context(error)),
        _ => {}
    }
    let listener = UnixListener::bind(path).map_err(context)?;
    // The data folder itself is 0700, so there is no moment in which others could connect.
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(context)?;
    Ok(listener)
}

pub(super) async fn serve(
    listener: UnixListener,
    site: Router,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    while let Some(permit) = limits.connections.permit().await {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                backoff(&error).await;
                continue;
            }
        };
        let user = stream
            .peer_cred()
            .map_or_else(|_| "unknown".to_owned(), |peer| user_name(peer.uid()));
        let stream = with_write_timeout(stream, limits.request);
        let (site, limits, stop) = (site.clone(), limits.clone(), stop.clone());
        tokio::spawn(async move {
            let peer = Peer {
                local: Some(Caller::local(user)),
                ..Peer::default()
            };
            serve_connection(stream, site, &limits, peer, stop).await;
            drop(permit);
        });
    }
    limits.connections.ended().await;
    // While this listens, no other server binds the path, so the file is ours.
    let address = listener.local_addr();
    if let Some(path) = address
        .as_ref()
        .ok()
        .and_then(|address| address.as_pathname())
    {
        let _ = std::fs::remove_file(path);
    }
}
