//! Running other programs.

use std::{
    ffi::OsStr,
    fs::File,
    io::Write as _,
    net::TcpListener,
    os::unix::process::ExitStatusExt as _,
    path::PathBuf,
    process::{Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU16, Ordering},
    },
    time::{Duration, Instant},
};

/// How a program ended.
#[derive(Debug)]
pub struct Outcome {
    /// Exit status 0.
    pub ok: bool,
    /// Exit status.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: String,
}

impl Outcome {
    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {} {}", self.text(), self.stderr))
    }

    /// Itself where the program succeeded; fails the test where not.
    #[track_caller]
    pub fn success(self) -> Self {
        assert!(
            self.ok,
            "failed ({:?}): {}{}",
            self.code,
            self.text(),
            self.stderr
        );
        self
    }
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Outcome {
    run_with(command, b"")
}

/// Runs a command to its end with `input` on its standard input.
pub fn run_with(command: &mut Command, input: &[u8]) -> Outcome {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("{command:?} did not start: {error}; run scripts/test-deps")
        });
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A program that does not read its input closes the pipe: no failure.
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    let mut stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if let Some(signal) = output.status.signal() {
        stderr.push_str(&format!("ended by signal {signal}\n"));
    }
    Outcome {
        ok: output.status.success(),
        code: output.status.code(),
        stdout: output.stdout,
        stderr,
    }
}

/// Runs `program` with `arguments` to its end.
pub fn tool<S: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = S>) -> Outcome {
    run(Command::new(program).args(arguments))
}

/// A port for a program that cannot choose one itself, kept for this process
/// until it ends: nobody who asks here gets it again, and since it lies below the
/// range that systems take for outgoing connections, none of those gets it either.
pub fn free_port() -> u16 {
    static KEPT: Mutex<Vec<File>> = Mutex::new(Vec::new());
    static TURN: AtomicU16 = AtomicU16::new(0);
    let locks = cache().join("ports");
    std::fs::create_dir_all(&locks).unwrap();
    let size = PORTS.end - PORTS.start;
    let first = (std::process::id().wrapping_mul(101) % u32::from(size)) as u16;
    for _ in 0..size {
        let turn = TURN.fetch_add(1, Ordering::Relaxed);
        let port = PORTS.start + (first + turn % size) % size;
        let lock = File::create(locks.join(port.to_string())).unwrap();
        // The lock ends with the process, however it ends.
        if lock.try_lock().is_ok() && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            KEPT.lock().unwrap().push(lock);
            return port;
        }
    }
    panic!("no port from {} to {} is free", PORTS.start, PORTS.end);
}

/// Below Linux's ip_local_port_range, which begins at 32768.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// Asks again until `condition` holds; fails the test after a minute.
#[track_caller]
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < patience, "waited a minute for {what}");
        std::thread::sleep(Duration::from_millis(25));
    }
}

/// A program of the tests' own Python, such as `python3` or a linter.
#[track_caller]
pub fn python(program: &str) -> PathBuf {
    let path = cache().join("python/bin").join(program);
    assert!(
        path.exists(),
        "{} is not there; run scripts/test-deps",
        path.display()
    );
    path
}

/// Where the tests' own programs are installed by `scripts/test-deps`.
pub fn cache() -> PathBuf {
    let home = std::env::var_os("HOME").unwrap();
    PathBuf::from(home).join(".cache/xinshu")
}

/// Sets its flag when it goes, also where a test fails: threads that work until it is set
/// would keep the failure waiting for ever.
#[derive(Debug)]
pub struct SetAtEnd<'a>(pub &'a AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
