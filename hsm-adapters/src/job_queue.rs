//! A bounded queue of jobs in front of a few threads.
//!
//! A full queue is reported at once, a caller waits no longer than its time limit, and
//! the job of a caller that has gone away is skipped.

use std::{
    collections::VecDeque,
    sync::{Arc, Weak},
    time::Duration,
};

use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

use crate::KeyError;

/// Work for one of the threads.
pub(crate) struct Job<C> {
    work: Work<C>,
    /// Dropped when the caller has its reply, timed out or was cancelled.
    caller: Weak<()>,
    /// True for a signature, whose reply may wait for those of others; anything else
    /// may take long, so it has a batch for itself.
    is_short: bool,
}

/// Does the work with the thread's own `C`, or fails with the error, and returns what
/// sends the reply.
type Work<C> = Box<dyn FnOnce(Result<&mut C, KeyError>) -> Reply + Send>;

/// Sends a reply, which wakes a task.
pub(crate) type Reply = Box<dyn FnOnce() + Send>;

impl<C> Job<C> {
    /// Does the work; `None` if nobody waits for it any more.
    pub(crate) fn run(self, context: Result<&mut C, KeyError>) -> Option<Reply> {
        self.is_awaited().then(|| (self.work)(context))
    }

    fn is_awaited(&self) -> bool {
        self.caller.strong_count() > 0
    }
}

/// The queue. `C` is what a thread works with, such as a session.
pub(crate) struct JobQueue<C> {
    store: String,
    limit: usize,
    timeout: Duration,
    state: Mutex<State<C>>,
    wake: Condvar,
}

struct State<C> {
    jobs: VecDeque<Job<C>>,
    closed: bool,
}

impl<C> JobQueue<C> {
    /// A queue of at most `limit` jobs, which by default take at most `timeout` each,
    /// waiting included.
    pub(crate) fn new(store: &str, limit: usize, timeout: Duration) -> Arc<Self> {
        Arc::new(Self {
            store: store.to_owned(),
            limit: limit.max(1),
            timeout,
            state: Mutex::new(State {
                jobs: VecDeque::new(),
                closed: false,
            }),
            wake: Condvar::new(),
        })
    }

    /// Has `work` done by one of the threads within the queue's time limit.
    ///
    /// # Errors
    /// [`KeyError::Busy`] at once if the queue is full, [`KeyError::TimedOut`],
    /// and those of the work itself.
    pub(crate) async fn call<T, W>(&self, work: W) -> Result<T, KeyError>
    where
        T: Send + 'static,
        W: FnOnce(&mut C) -> Result<T, KeyError> + Send + 'static,
    {
        self.enqueue(self.timeout, false, work).await
    }

    /// As [`Self::call`], for a signature.
    pub(crate) async fn sign<T, W>(&self, work: W) -> Result<T, KeyError>
    where
        T: Send + 'static,
        W: FnOnce(&mut C) -> Result<T, KeyError> + Send + 'static,
    {
        self.enqueue(self.timeout, true, work).await
    }

    /// As [`Self::call`], with another time limit.
    pub(crate) async fn call_within<T, W>(&self, timeout: Duration, work: W) -> Result<T, KeyError>
    where
        T: Send + 'static,
        W: FnOnce(&mut C) -> Result<T, KeyError> + Send + 'static,
    {
        self.enqueue(timeout, false, work).await
    }

    async fn enqueue<T, W>(&self, timeout: Duration, is_short: bool, work: W) -> Result<T, KeyError>
    where
        T: Send + 'static,
        W: FnOnce(&mut C) -> Result<T, KeyError> + Send + 'static,
    {
        let (reply, result) = oneshot::channel();
        let caller = Arc::new(());
        self.push(Job {
            work: Box::new(move |context| {
                let result = context.and_then(work);
                Box::new(move || {
                    // Fails if the caller went away while the work was done.
                    let _ = reply.send(result);
                })
            }),
            caller: Arc::downgrade(&caller),
            is_short,
        })?;
        match tokio::time::timeout(timeout, result).await {
            Ok(Ok(result)) => result,
            // The thread that had the job ended.
            Ok(Err(_)) => Err(self.closing()),
            Err(_) => Err(KeyError::TimedOut {
                store: self.store.clone(),
                seconds: timeout.as_secs(),
            }),
        }
    }

    /// Waits for jobs and takes one, or the share of one of `threads` of the signatures
    /// that are next, into `batch`: at most [`BATCH`], so that one wake-up serves many.
    /// False once the queue is closed and empty.
    pub(crate) fn take(&self, threads: usize, batch: &mut Vec<Job<C>>) -> bool {
        let mut state = self.state.lock();
        while state.jobs.is_empty() {
            if state.closed {
                return false;
            }
            self.wake.wait(&mut state);
        }
        let share = (state.jobs.len() / threads.max(1)).clamp(1, BATCH);
        let signatures = state.jobs.iter().take(share).take_while(|job| job.is_short);
        let count = signatures.count().max(1);
        batch.extend(state.jobs.drain(..count));
        true
    }

    fn push(&self, job: Job<C>) -> Result<(), KeyError> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(self.closing());
        }
        if state.jobs.len() >= self.limit {
            state.jobs.retain(Job::is_awaited);
        }
        if state.jobs.len() >= self.limit {
            return Err(KeyError::Busy {
                store: self.store.clone(),
                limit: self.limit,
            });
        }
        state.jobs.push_back(job);
        drop(state);
        self.wake.notify_one();
        Ok(())
    }

    fn closing(&self) -> KeyError {
        KeyError::Unavailable {
            store: self.store.clone(),
            reason: "it is closing".to_owned(),
        }
    }
}

/// A queue as its device sees it, whatever its jobs work with.
pub(crate) trait WaitingCallers: Send + Sync {
    /// Replies `error` to every waiting caller.
    fn fail_all(&self, error: &KeyError);

    /// Accepts no more jobs; the threads end once the queue is empty.
    fn close(&self);
}

impl<C> WaitingCallers for JobQueue<C> {
    fn fail_all(&self, error: &KeyError) {
        let jobs = std::mem::take(&mut self.state.lock().jobs);
        for job in jobs {
            if let Some(reply) = job.run(Err(error.clone())) {
                reply();
            }
        }
    }

    fn close(&self) {
        self.state.lock().closed = true;
        self.wake.notify_all();
    }
}

/// Closes its queue when the last user of it is dropped.
pub(crate) struct JobQueueOwner<C>(Arc<JobQueue<C>>);

impl<C> JobQueueOwner<C> {
    pub(crate) fn new(queue: Arc<JobQueue<C>>) -> Arc<Self> {
        Arc::new(Self(queue))
    }
}

impl<C> std::ops::Deref for JobQueueOwner<C> {
    type Target = JobQueue<C>;

    fn deref(&self) -> &JobQueue<C> {
        &self.0
    }
}

impl<C> Drop for JobQueueOwner<C> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The most jobs that a thread takes at once.
const BATCH: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn done((): &mut ()) -> Result<(), KeyError> {
        Ok(())
    }

    const SOON: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_full_queue_is_busy_and_a_closed_one_unavailable() {
        let queue: Arc<JobQueue<()>> = JobQueue::new("test", 1, Duration::from_millis(1));
        let timed_out = queue.call(|()| Ok(())).await;
        assert!(matches!(timed_out, Err(KeyError::TimedOut { .. })));
        // Its place is free again for the next caller, but not for one more.
        let (first, second) = tokio::join!(queue.call(|()| Ok(())), queue.call(|()| Ok(())));
        assert!(matches!(first, Err(KeyError::TimedOut { .. })));
        assert!(matches!(second, Err(KeyError::Busy { .. })));
        queue.close();
        let closed = queue.call(|()| Ok(())).await;
        assert!(matches!(closed, Err(KeyError::Unavailable { .. })));
    }

    #[tokio::test]
    async fn the_job_of_a_caller_that_left_is_skipped() {
        let queue: Arc<JobQueue<u32>> = JobQueue::new("test", 8, Duration::from_millis(1));
        let left = queue.call(|count| {
            *count += 1;
            Ok(())
        });
        left.await.unwrap_err();
        let mut count = 0;
        let mut batch = Vec::new();
        assert!(queue.take(1, &mut batch));
        assert!(batch.remove(0).run(Ok(&mut count)).is_none());
        assert_eq!(count, 0);
    }

    #[tokio::test]
    async fn signatures_are_taken_together_and_other_work_alone() {
        let queue: Arc<JobQueue<()>> = JobQueue::new("test", 8, Duration::from_millis(1));
        let taken = async {
            let mut batches = Vec::new();
            let mut batch = Vec::new();
            for _ in 0..3 {
                assert!(queue.take(1, &mut batch));
                batches.push(batch.len());
                batch.clear();
            }
            batches
        };
        let (.., batches) = tokio::join!(
            biased;
            queue.sign(done),
            queue.sign(done),
            queue.call(done),
            queue.sign(done),
            taken
        );
        assert_eq!(batches, [2, 1, 1]);
    }

    #[tokio::test]
    async fn threads_work_until_the_owner_is_dropped() {
        let queue: Arc<JobQueue<u32>> = JobQueue::new("test", 8, SOON);
        let owner = JobQueueOwner::new(Arc::clone(&queue));
        let thread = std::thread::spawn(move || {
            let mut count = 0;
            let mut batch = Vec::new();
            while queue.take(1, &mut batch) {
                for job in batch.drain(..) {
                    job.run(Ok(&mut count)).unwrap()();
                }
            }
            count
        });
        for expected in 1..=3 {
            let count = owner.call(|count| {
                *count += 1;
                Ok(*count)
            });
            assert_eq!(count.await.unwrap(), expected);
        }
        drop(owner);
        assert_eq!(thread.join().unwrap(), 3);
    }
}
