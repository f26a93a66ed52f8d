//! Bodies that were not read when their request was answered.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::BodyExt as _;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::sync::oneshot;

/// How much is read, in bytes, and for how long, so that a client which is still sending
/// gets its answer instead of a broken connection.
const MAX_DRAINED: usize = 1024 * 1024;
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// What a route leaves unread of a body.
pub(super) struct Rest(Option<oneshot::Receiver<Incoming>>);

/// A request's body, and what will be left of it.
pub(super) fn with_rest(body: Incoming) -> (Body, Rest) {
    if body.is_end_stream() {
        return (Body::new(body), Rest(None));
    }
    let (back, rest) = oneshot::channel();
    let lent = Lent {
        body: Some(body),
        back: Some(back),
    };
    (Body::new(lent), Rest(Some(rest)))
}

impl Rest {
    /// Reads what is left, within limits, and drops it.
    pub(super) async fn drain(self) {
        let Some(mut body) = self.0.and_then(|mut rest| rest.try_recv().ok()) else {
            return;
        };
        let drained = async {
            let mut total = 0_usize;
            while total <= MAX_DRAINED
                && let Some(Ok(frame)) = body.frame().await
            {
                total = total.saturating_add(frame.data_ref().map_or(0, Bytes::len));
            }
        };
        let _ = tokio::time::timeout(DRAIN_TIMEOUT, drained).await;
    }
}

/// A body that is given back when its route drops it before the end.
struct Lent {
    body: Option<Incoming>,
    back: Option<oneshot::Sender<Incoming>>,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(SizeHint::default, HttpBody::size_hint)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let (Some(body), Some(back)) = (self.body.take(), self.back.take())
            && !body.is_end_stream()
        {
            // The connection may have ended, and with it the one who would drain it.
            let _ = back.send(body);
        }
    }
}
