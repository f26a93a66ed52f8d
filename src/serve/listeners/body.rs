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
const MAX_DRAINED: usize = 16 * 1024 * 1024;
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// What a route leaves unread of a request's body.
pub(super) struct UnreadBody(Option<oneshot::Receiver<Incoming>>);

/// A request's body for its route, and what will be left of it.
pub(super) fn returnable(body: Incoming) -> (Body, UnreadBody) {
    if body.is_end_stream() {
        return (Body::new(body), UnreadBody(None));
    }
    let (returns, unread) = oneshot::channel();
    let body = ReturnableBody {
        body: Some(body),
        returns: Some(returns),
    };
    (Body::new(body), UnreadBody(Some(unread)))
}

impl UnreadBody {
    /// Reads what is left, within limits, while the answer is sent.
    pub(super) fn drain(self) {
        let Some(mut body) = self.0.and_then(|mut unread| unread.try_recv().ok()) else {
            return;
        };
        tokio::spawn(tokio::time::timeout(DRAIN_TIMEOUT, async move {
            let mut total = 0_usize;
            while total <= MAX_DRAINED
                && let Some(Ok(frame)) = body.frame().await
            {
                total = total.saturating_add(frame.data_ref().map_or(0, Bytes::len));
            }
        }));
    }
}

/// A body that returns to the connection when its route drops it before the end.
struct ReturnableBody {
    body: Option<Incoming>,
    returns: Option<oneshot::Sender<Incoming>>,
}

impl HttpBody for ReturnableBody {
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

impl Drop for ReturnableBody {
    fn drop(&mut self) {
        if let (Some(body), Some(returns)) = (self.body.take(), self.returns.take())
            && !body.is_end_stream()
        {
            // The connection may have ended, and with it the one who would drain it.
            let _ = returns.send(body);
        }
    }
}
