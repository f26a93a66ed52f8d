//! A full disk: a clear answer, nothing lost, and recovery without a restart.

use std::{path::PathBuf, process::Command};

use testkit::{Options, Xinshu, run, wait_until};

use crate::{XINSHU, assert_log_holds, issue, order, serial};

/// A small file system of a test's own.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: PathBuf) -> Self {
        std::fs::create_dir(&at).unwrap();
        privileged("mount")
            .args(["-t", "tmpfs", "-o", "size=6m,mode=1777", "xinshu"])
            .arg(&at)
            .status()
            .unwrap();
        let mounted = run(Command::new("mountpoint").arg("-q").arg(&at));
        assert!(
            mounted.ok,
            "this test mounts a small tmpfs, which needs root or sudo"
        );
        Self(at)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = privileged("umount").arg("-l").arg(&self.0).status();
    }
}

fn privileged(program: &str) -> Command {
    let root = run(Command::new("id").arg("-u")).text().trim() == "0";
    if root {
        return Command::new(program);
    }
    let mut sudo = Command::new("sudo");
    sudo.args(["-n", program]);
    sudo
}

#[test]
fn a_full_disk_is_told_and_mends_itself() {
    let mut node = Xinshu::prepare(XINSHU, Options::default());
    let disk = SmallDisk::mount(node.file("disk"));
    node.set(format!(
        "database.url=sqlite:{}/xinshu.db",
        disk.0.display()
    ));
    node.initialize().success();
    let order = order(&node);
    let server = node.serve();
    let (status, answer) = issue(&server, &order);
    assert_eq!(status, 201, "{answer}");
    let mut received = vec![serial(&answer)];

    let filler = disk.0.join("filler");
    run(Command::new("dd").args([
        "if=/dev/zero",
        "bs=4096",
        &format!("of={}", filler.display()),
    ]));
    let mut refused = None;
    wait_until("the disk to be full for the database too", || {
        let (status, answer) = issue(&server, &order);
        match status {
            201 => received.push(serial(&answer)),
            _ => refused = Some((status, answer)),
        }
        refused.is_some()
    });
    let (status, answer) = refused.unwrap();
    assert_eq!(status, 503, "{answer}");
    assert!(answer.to_lowercase().contains("retry-after:"), "{answer}");
    wait_until("the cause in the server's log", || {
        server.log().contains("the disk is full")
    });
    let ready = server.curl(["-f"], &format!("{}/healthz", server.ops));
    assert!(ready.ok, "the process still lives");

    std::fs::remove_file(filler).unwrap();
    wait_until("the server to serve again", || {
        let (status, answer) = issue(&server, &order);
        if status == 201 {
            received.push(serial(&answer));
        }
        status == 201
    });
    for serial in &received {
        assert!(
            server
                .local(["-f"], &format!("/api/v1/certificates/{serial}"))
                .ok,
            "{serial} is lost"
        );
    }
    assert_log_holds(&node);
}
