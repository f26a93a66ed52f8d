//! What waits to be written, with the way back to its caller.

use futures_util::future::LocalBoxFuture;
use tokio::sync::oneshot;

use crate::{AppendBatch, StoreError, Tx};

/// One caller's write, as a writer sees it.
pub(crate) trait Job: Send {
    /// Runs the unit of work, if it is one, and says whether it accepted.
    fn run(&mut self, tx: &mut Tx<'_>) -> impl Future<Output = Option<bool>>;
    /// The rows to append, if it is not a unit of work.
    fn rows(&mut self) -> Option<&mut AppendBatch>;
    /// Drops the result of an earlier try.
    fn forget(&mut self);
    /// True if nobody waits for the result any more.
    fn is_abandoned(&self) -> bool;
    fn reply(self, committed: Result<(), StoreError>);
}

/// Rows to append. A writer of these alone is an ordinary task of the runtime, since no
/// unit of work is there whose future is not `Send`.
pub(crate) struct Append {
    rows: AppendBatch,
    done: oneshot::Sender<Result<(), StoreError>>,
}

/// Anything, for the writers that serve units of work.
pub(crate) enum Write {
    Append(Append),
    Work(Box<dyn Work>),
}

/// A unit of work with its result inside.
pub(crate) trait Work: Send {
    /// Runs it; false if it returned an error.
    fn run<'t>(&'t mut self, tx: &'t mut Tx<'_>) -> LocalBoxFuture<'t, bool>;
    /// Drops the result of an earlier run, which was rolled back.
    fn forget(&mut self);
    fn is_abandoned(&self) -> bool;
    fn reply(self: Box<Self>, committed: Result<(), StoreError>);
}

/// Wraps rows into a job and the receiver of its result.
pub(crate) fn append(rows: AppendBatch) -> (Append, oneshot::Receiver<Result<(), StoreError>>) {
    let (done, receiver) = oneshot::channel();
    (Append { rows, done }, receiver)
}

/// Wraps a closure into a job and the receiver of its result.
pub(crate) fn transaction<T, E, F>(work: F) -> (Write, oneshot::Receiver<Result<T, E>>)
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: AsyncFnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
{
    let (done, receiver) = oneshot::channel();
    let job = Closure {
        work,
        result: None,
        done,
    };
    (Write::Work(Box::new(job)), receiver)
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
    F: AsyncFnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
{
    fn run<'t>(&'t mut self, tx: &'t mut Tx<'_>) -> LocalBoxFuture<'t, bool> {
        Box::pin(async move {
            let result = (self.work)(tx).await;
            self.result.insert(result).is_ok()
        })
    }

    fn forget(&mut self) {
        self.result = None;
    }

    fn is_abandoned(&self) -> bool {
        self.done.is_closed()
    }

    fn reply(self: Box<Self>, committed: Result<(), StoreError>) {
        let result = match (committed, self.result) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(StoreError::Stopped.into()),
            // A refusal may depend on rows that another job of this batch wrote. If the
            // batch was rolled back, do not report it, unless it is this job's own
            // failed statement (a key that is taken).
            (Err(error), Some(Err(refusal))) if error.is_of_the_row() => Err(refusal),
            (Err(error), _) => Err(error.into()),
        };
        // The caller may have stopped waiting; the write is committed all the same.
        let _ = self.done.send(result);
    }
}

impl Job for Append {
    async fn run(&mut self, _: &mut Tx<'_>) -> Option<bool> {
        None
    }

    fn rows(&mut self) -> Option<&mut AppendBatch> {
        Some(&mut self.rows)
    }

    fn forget(&mut self) {}

    fn is_abandoned(&self) -> bool {
        self.done.is_closed()
    }

    fn reply(self, committed: Result<(), StoreError>) {
        // The caller may have stopped waiting; the write is committed all the same.
        let _ = self.done.send(committed);
    }
}

impl Job for Write {
    async fn run(&mut self, tx: &mut Tx<'_>) -> Option<bool> {
        match self {
            Self::Append(_) => None,
            Self::Work(work) => Some(work.run(tx).await),
        }
    }

    fn rows(&mut self) -> Option<&mut AppendBatch> {
        match self {
            Self::Append(append) => append.rows(),
            Self::Work(_) => None,
        }
    }

    fn forget(&mut self) {
        if let Self::Work(work) = self {
            work.forget();
        }
    }

    fn is_abandoned(&self) -> bool {
        match self {
            Self::Append(append) => append.is_abandoned(),
            Self::Work(work) => work.is_abandoned(),
        }
    }

    fn reply(self, committed: Result<(), StoreError>) {
        match self {
            Self::Append(append) => append.reply(committed),
            Self::Work(work) => work.reply(committed),
        }
    }
}
