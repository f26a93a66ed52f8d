//! Running other programs.

use std::{
    ffi::OsStr,
    io::Write as _,
    net::TcpListener,
    os::unix::process::ExitStatusExt as _,
    path::PathBuf,
    process::{Command, Stdio},
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

/// A port that is free now, for programs that cannot choose one themselves.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

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
