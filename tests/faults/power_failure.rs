//! `kill -9` during issuance, twenty times.

use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use testkit::{Options, Xinshu};

use crate::{XINSHU, assert_log_holds, issue, order, serial};

const CLIENTS: usize = 4;

#[test]
fn every_certificate_a_client_received_survives_twenty_kills() {
    let node = Xinshu::init(XINSHU, Options::default());
    let order = order(&node);
    let mut seen = HashSet::new();
    for round in 0..20 {
        let mut server = node.serve();
        let received = Mutex::new(Vec::new());
        let answered = AtomicUsize::new(0);
        // Another moment each round: after the first answer, the second, and so on.
        let enough = 1 + round % 7;
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| {
                    // The kill ends the connection, and with it this client.
                    loop {
                        let (status, answer) = issue(&server, &order);
                        if status != 201 {
                            break;
                        }
                        received.lock().unwrap().push(serial(&answer));
                        answered.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
            testkit::wait_until("answers", || answered.load(Ordering::SeqCst) >= enough);
            server.signal("KILL");
        });
        server.kill();
        let received = received.into_inner().unwrap();
        assert!(received.len() >= enough);
        let server = node.serve();
        for serial in received {
            let shown = server.local(["-f"], &format!("/api/v1/certificates/{serial}"));
            assert!(
                shown.ok,
                "round {round}: {serial} was received and is not on record"
            );
            assert!(
                seen.insert(serial.clone()),
                "round {round}: {serial} was given out twice"
            );
        }
        drop(server);
        // The records are compared with the log in both directions.
        assert_log_holds(&node);
    }
}
