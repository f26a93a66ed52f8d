//! SoftHSM2's token folder removed and restored under load.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use testkit::{Options, SetAtEnd, SoftHsm, Xinshu, wait_until};

use crate::{XINSHU, assert_log_holds, issue, order};

/// How long a call of the token may take.
const TIMEOUT: Duration = Duration::from_secs(40);

#[test]
fn a_token_that_goes_away_is_told_and_used_again_when_it_is_back() {
    let hsm = SoftHsm::new();
    let options = Options {
        settings: vec![
            format!("keys.store={}", hsm.store()),
            format!("keys.timeout_seconds={}", TIMEOUT.as_secs()),
        ],
        environment: vec![(
            "SOFTHSM2_CONF".to_owned(),
            hsm.configuration().display().to_string(),
        )],
        ..Options::default()
    };
    let node = Xinshu::init(XINSHU, options);
    let order = order(&node);
    let server = node.serve();
    let stop = AtomicBool::new(false);
    let (good, told) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let slowest_ms = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let _stop = SetAtEnd(&stop);
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    let start = Instant::now();
                    let (status, answer) = issue(&server, &order);
                    let took = u64::try_from(start.elapsed().as_millis()).unwrap();
                    slowest_ms.fetch_max(took, Ordering::SeqCst);
                    match status {
                        201 => good.fetch_add(1, Ordering::SeqCst),
                        503 => told.fetch_add(1, Ordering::SeqCst),
                        // 0: curl waited in vain. Anything else is a wrong answer.
                        _ => panic!("{status}: {answer}"),
                    };
                }
            });
        }
        wait_until("certificates", || good.load(Ordering::SeqCst) >= 5);
        let away = hsm.tokens().with_extension("away");
        std::fs::rename(hsm.tokens(), &away).unwrap();
        wait_until("clients to be told", || told.load(Ordering::SeqCst) >= 5);
        std::fs::rename(&away, hsm.tokens()).unwrap();
        let before = good.load(Ordering::SeqCst);
        wait_until("certificates again", || {
            good.load(Ordering::SeqCst) >= before + 5
        });
    });
    // A call that hangs lasts until its time is up.
    let slowest = Duration::from_millis(slowest_ms.into_inner());
    assert!(slowest < TIMEOUT / 2, "an answer took {slowest:?}");
    assert_log_holds(&node);
}
