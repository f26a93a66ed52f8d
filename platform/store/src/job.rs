//! What waits to be written, with the way back to its caller.

use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use crate::{AppendBatch, StoreError, Tx};

/// One caller's write.
pub(crate) enum Job {
    Append {
        rows: AppendBatch,
        done: oneshot::Sender<Result<(), StoreError>>,
    },
    Work(Box<dyn Work>),
}

/// A unit of work with its answer inside.
pub(crate) trait Work: Send {
    fn run<'t>(&'t mut self, tx: &'t mut Tx<'_>) -> BoxFuture<'t, Verdict>;
    /// Forgets what an earlier run has found: it was rolled back.
    fn forget(&mut self);
    fn is_abandoned(&self) -> bool;
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// What a unit of work left behind.
pub(crate) enum Verdict {
    Keep,
    Refused,
    Broken(StoreError),
}

/// Wraps a closure into a job and the receiver of its answer.
pub(crate) fn transaction<T, E, F>(work: F) -> (Job, oneshot::Receiver<Result<T, E>>)
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: for<'t> FnMut(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
{
    let (done, answer) = oneshot::channel();
    let job = Closure {
        work,
        result: None,
        done,
    };
    (Job::Work(Box::new(job)), answer)
}

struct Closure<T, E, F> {
    work: F,
    result: Option<Result<T, E>>,
    done: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Work for Closure<T, E, F>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: for<'t> FnMut(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
{
    fn run<'t>(&'t mut self, tx: &'t mut Tx<'_>) -> BoxFuture<'t, Verdict> {
        Box::pin(async move {
            let result = (self.work)(tx).await;
            let verdict = if let Some(error) = tx.take_failure() {
                Verdict::Broken(error)
            } else if result.is_ok() {
                Verdict::Keep
            } else {
                Verdict::Refused
            };
            self.result = Some(result);
            verdict
        })
    }

    fn forget(&mut self) {
        self.result = None;
    }

    fn is_abandoned(&self) -> bool {
        self.done.is_closed()
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let result = match (committed, self.result) {
            (Ok(()), Some(result)) => result,
            // A refusal may rest on what a neighbour wrote; where that was not
            // committed, nobody knows whether it still holds. Its own failed
            // statement (a key that is taken) is its own, though.
            (Err(StoreError::Conflict(_) | StoreError::Unexpected(_)), Some(Err(refusal))) => {
                Err(refusal)
            }
            (Ok(()), None) => Err(StoreError::Stopped.into()),
            (Err(error), _) => Err(error.into()),
        };
        // The caller may have given up; its write stands all the same.
        let _ = self.done.send(result);
    }
}

impl Job {
    /// Forgets what an earlier try has found.
    pub(crate) fn forget(&mut self) {
        if let Self::Work(work) = self {
            work.forget();
        }
    }

    /// True where nobody waits for the answer any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        match self {
            Self::Append { done, .. } => done.is_closed(),
            Self::Work(work) => work.is_abandoned(),
        }
    }

    pub(crate) fn answer(self, committed: Result<(), StoreError>) {
        match self {
            Self::Append { done, .. } => drop(done.send(committed)),
            Self::Work(work) => work.answer(committed),
        }
    }
}
