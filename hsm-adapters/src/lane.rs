//! A bounded line of callers in front of a few threads.
//!
//! A full line is told at once, a caller waits no longer than its time, and a
//! caller that goes away gives its place up: its work is skipped.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex, MutexGuard};
use tokio::sync::oneshot;

use crate::KeyError;

/// Work that one of the threads does with its own `C`.
pub(crate) trait Job<C>: Send {
    /// Does the work and keeps the answer.
    fn run(&mut self, context: &mut C);
    /// Keeps `error` as the answer, without doing the work.
    fn fail(&mut self, error: KeyError);
    /// Tells the caller the answer.
    fn answer(self: Box<Self>);
    /// True where nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
    /// True for a signature; other work may take long, and its answer says what was
    /// made or is gone.
    fn is_short(&self) -> bool;
}

/// The line itself. `C` is what a thread holds, such as a session.
pub(crate) struct Lane<C> {
    store: String,
    limit: usize,
    timeout: Duration,
    waiting: Mutex<Waiting<C>>,
    wake: Condvar,
    abandoned: AtomicUsize,
}

struct Waiting<C> {
    jobs: VecDeque<Box<dyn Job<C>>>,
    idle: usize,
    closed: bool,
}

impl<C> Lane<C> {
    pub(crate) fn new(store: &str, limit: usize, timeout: Duration) -> Arc<Self> {
        Arc::new(Self {
            store: store.to_owned(),
            limit: limit.max(1),
            timeout,
            waiting: Mutex::new(Waiting {
                jobs: VecDeque::new(),
                idle: 0,
                closed: false,
            }),
            wake: Condvar::new(),
            abandoned: AtomicUsize::new(0),
        })
    }

    /// Has a signature made by one of the threads, within the lane's time.
    ///
    /// # Errors
    /// [`KeyError::Busy`] at once where the line is full, [`KeyError::TimedOut`],
    /// and what the work itself answers.
    pub(crate) async fn sign<T, W>(&self, work: W) -> Result<T, KeyError>
    where
        T: Send + 'static,
        W: FnOnce(&mut C) -> Result<T, KeyError> + Send + 'static,
    {
        self.wait(self.timeout, true, work).await
    }

    /// As [`Self::sign`], for other work and with a time of its own.
    pub(crate) async fn call<T, W>(&self, timeout: Duration, work: W) -> Result<T, KeyError>
    where
        T: Send + 'static,
        W: FnOnce(&mut C) -> Result<T, KeyError> + Send + 'static,
    {
        self.wait(timeout, false, work).await
    }

    async fn wait<T, W>(&self, timeout: Duration, short: bool, work: W) -> Result<T, KeyError>
    where
        T: Send + 'static,
        W: FnOnce(&mut C) -> Result<T, KeyError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let deadline = Instant::now() + timeout;
        self.push(Box::new(Request {
            work: Some(work),
            result: None,
            reply,
            deadline,
            short,
        }))?;
        let mut place = Place {
            abandoned: &self.abandoned,
            taken: true,
        };
        let answered = tokio::time::timeout(timeout, answer).await;
        match answered {
            Ok(Ok(result)) => {
                place.taken = false;
                result
            }
            Ok(Err(_)) => {
                place.taken = false;
                Err(self.gone())
            }
            Err(_) => Err(KeyError::TimedOut {
                store: self.store.clone(),
                seconds: timeout.as_secs(),
            }),
        }
    }

    /// Waits for work and takes the calling thread's fair share of it into
    /// `batch`: one job while the line is short, up to [`BATCH`] when it is
    /// long, so that one wake-up serves many. False once the lane is closed.
    ///
    /// Answers that are `done` are given before the thread waits.
    pub(crate) fn take(
        &self,
        threads: usize,
        batch: &mut Vec<Box<dyn Job<C>>>,
        done: &mut Answers<C>,
    ) -> bool {
        let mut waiting = self.waiting.lock();
        while waiting.jobs.is_empty() {
            if !done.jobs.is_empty() {
                MutexGuard::unlocked(&mut waiting, || done.give());
                continue;
            }
            if waiting.closed {
                return false;
            }
            waiting.idle += 1;
            self.wake.wait(&mut waiting);
            waiting.idle -= 1;
            done.since = Instant::now();
        }
        let share = (waiting.jobs.len() / threads.max(1)).clamp(1, BATCH);
        batch.extend(waiting.jobs.drain(..share));
        drop(waiting);
        batch.retain(|job| {
            let wanted = !job.is_abandoned();
            if !wanted {
                self.forget_one();
            }
            wanted
        });
        true
    }

    /// Answers everyone who waits with `error`.
    pub(crate) fn fail_all(&self, error: &KeyError) {
        let jobs = std::mem::take(&mut self.waiting.lock().jobs);
        for mut job in jobs {
            job.fail(error.clone());
            job.answer();
        }
    }

    /// Lets the threads go once the line is empty, and nobody in any more.
    pub(crate) fn close(&self) {
        self.waiting.lock().closed = true;
        self.wake.notify_all();
    }

    fn push(&self, job: Box<dyn Job<C>>) -> Result<(), KeyError> {
        let mut waiting = self.waiting.lock();
        if waiting.closed {
            return Err(self.gone());
        }
        if waiting.jobs.len() >= self.limit && self.abandoned.swap(0, Ordering::Relaxed) > 0 {
            waiting.jobs.retain(|job| !job.is_abandoned());
        }
        if waiting.jobs.len() >= self.limit {
            return Err(KeyError::Busy {
                store: self.store.clone(),
                limit: self.limit,
            });
        }
        waiting.jobs.push_back(job);
        let someone_sleeps = waiting.idle > 0;
        drop(waiting);
        if someone_sleeps {
            self.wake.notify_one();
        }
        Ok(())
    }

    fn forget_one(&self) {
        // A hint only: at worst a full line is searched once in vain.
        let _ = self
            .abandoned
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
                count.checked_sub(1)
            });
    }

    fn gone(&self) -> KeyError {
        KeyError::Unavailable {
            store: self.store.clone(),
            reason: "it is closing".to_owned(),
        }
    }
}

struct Request<T, W> {
    work: Option<W>,
    result: Option<Result<T, KeyError>>,
    reply: oneshot::Sender<Result<T, KeyError>>,
    deadline: Instant,
    short: bool,
}

impl<C, T, W> Job<C> for Request<T, W>
where
    T: Send,
    W: FnOnce(&mut C) -> Result<T, KeyError> + Send,
{
    fn run(&mut self, context: &mut C) {
        if let Some(work) = self.work.take() {
            self.result = Some(work(context));
        }
    }

    fn fail(&mut self, error: KeyError) {
        self.result = Some(Err(error));
    }

    fn answer(self: Box<Self>) {
        if let Some(result) = self.result {
            // Nobody listens any more if this fails; the result has no owner then.
            let _ = self.reply.send(result);
        }
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed() || Instant::now() > self.deadline
    }

    fn is_short(&self) -> bool {
        self.short
    }
}

/// Signatures that a thread has ready and holds back for a moment: each wakes a task,
/// and on few cores a wake-up between two signatures costs more than the wait. Its
/// owner gives them before it does anything but sign, and before it waits.
pub(crate) struct Answers<C> {
    jobs: Vec<Box<dyn Job<C>>>,
    /// When the thread gave some last, or had rested.
    since: Instant,
}

impl<C> Answers<C> {
    pub(crate) fn new() -> Self {
        Self {
            jobs: Vec::new(),
            since: Instant::now(),
        }
    }

    /// Keeps the answer of a job that is done, for [`HOLD`] and one more signature at
    /// most. That of a slow device is given at once, and so is any but a signature.
    pub(crate) fn keep(&mut self, job: Box<dyn Job<C>>) {
        let short = job.is_short();
        self.jobs.push(job);
        if !short || self.since.elapsed() > HOLD {
            self.give();
        }
    }

    /// Gives all of them.
    pub(crate) fn give(&mut self) {
        self.jobs.drain(..).for_each(|job| job.answer());
        self.since = Instant::now();
    }
}

impl<C> Drop for Answers<C> {
    /// Also where a job panics: what is done, is done.
    fn drop(&mut self) {
        self.give();
    }
}

/// Closes its lane when the last user of it goes.
pub(crate) struct LaneOwner<C>(Arc<Lane<C>>);

impl<C> LaneOwner<C> {
    pub(crate) fn new(lane: Arc<Lane<C>>) -> Arc<Self> {
        Arc::new(Self(lane))
    }
}

impl<C> std::ops::Deref for LaneOwner<C> {
    type Target = Lane<C>;

    fn deref(&self) -> &Lane<C> {
        &self.0
    }
}

impl<C> Drop for LaneOwner<C> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Counts a caller who left before the answer came.
struct Place<'a> {
    abandoned: &'a AtomicUsize,
    taken: bool,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.taken {
            self.abandoned.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Most jobs that a thread takes at once.
const BATCH: usize = 32;
/// How long answers are held back for those behind them, while there are any.
const HOLD: Duration = Duration::from_millis(4);

#[cfg(test)]
mod tests {
    use super::*;

    /// A job that tells that it was answered; a signature or not.
    struct Told(std::sync::mpsc::Sender<()>, bool);

    const SOON: Duration = Duration::from_secs(60);

    impl Job<()> for Told {
        fn run(&mut self, (): &mut ()) {}
        fn fail(&mut self, _: KeyError) {}
        fn answer(self: Box<Self>) {
            let _ = self.0.send(());
        }
        fn is_abandoned(&self) -> bool {
            false
        }
        fn is_short(&self) -> bool {
            self.1
        }
    }

    fn far_away() -> Instant {
        Instant::now() + Duration::from_secs(3600)
    }

    #[test]
    fn quick_answers_wait_for_each_other_and_slow_ones_do_not() {
        let (told, answers) = std::sync::mpsc::channel();
        let mut done = Answers::new();
        done.since = far_away();
        done.keep(Box::new(Told(told.clone(), true)));
        assert!(answers.try_recv().is_err(), "held back");
        done.since = Instant::now() - 2 * HOLD;
        done.keep(Box::new(Told(told.clone(), true)));
        assert_eq!(answers.try_iter().count(), 2);
        done.since = far_away();
        done.keep(Box::new(Told(told.clone(), true)));
        done.keep(Box::new(Told(told.clone(), false)));
        assert_eq!(answers.try_iter().count(), 2, "not a signature");
        done.since = far_away();
        done.keep(Box::new(Told(told, true)));
        drop(done);
        assert_eq!(answers.try_iter().count(), 1, "its thread ended");
    }

    #[test]
    fn no_answer_is_held_back_while_its_thread_waits() {
        let lane = Lane::new("test", 8, Duration::from_secs(60));
        let (told, answers) = std::sync::mpsc::channel();
        let thread = std::thread::spawn({
            let lane = Arc::clone(&lane);
            move || {
                let (mut batch, mut done) = (Vec::new(), Answers::new());
                while lane.take(1, &mut batch, &mut done) {
                    done.since = far_away();
                    batch.drain(..).for_each(|job| done.keep(job));
                }
            }
        });
        lane.push(Box::new(Told(told.clone(), true))).unwrap();
        answers.recv_timeout(SOON).unwrap();
        // The second finds a thread that rested.
        lane.push(Box::new(Told(told, true))).unwrap();
        answers.recv_timeout(SOON).unwrap();
        lane.close();
        thread.join().unwrap();
    }
}
