//! The signals that stop a node.

use tokio::signal::unix::{SignalKind, signal};

/// Takes over SIGTERM and SIGINT, and returns what waits for one of them.
pub(super) fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
