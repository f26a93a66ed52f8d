//! A running server.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};

use crate::{
    Answer,
    command::{Outcome, run},
};

/// A running server; killed with its owner.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Base of the TLS listener, `https://localhost:PORT`.
    pub https: String,
    /// Base of the TLS listener that asks for client certificates.
    pub mtls: String,
    /// Base of the plain listener, `http://localhost:PORT`.
    pub http: String,
    /// Base of the operations listener.
    pub ops: String,
    log: Arc<Mutex<String>>,
    root: PathBuf,
}

impl Server {
    /// Runs `xinshu serve` until it is ready, or returns what it wrote before it ended.
    pub(crate) fn start(mut command: Command, root: PathBuf) -> Result<Self, String> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        let kept = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            let mut line = String::new();
            while errors.read_line(&mut line).is_ok_and(|length| length > 0) {
                kept.lock().unwrap().push_str(&line);
                line.clear();
            }
        });
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        output.read_line(&mut ready).unwrap();
        if !ready.starts_with("ready ") {
            child.wait().unwrap();
            reader.join().unwrap();
            return Err(log.lock().unwrap().clone());
        }
        std::thread::spawn(move || output.read_to_end(&mut Vec::new()));
        let address = |name: &str| {
            let field = ready
                .split_whitespace()
                .find_map(|field| field.strip_prefix(name));
            let address = field.unwrap_or_default();
            format!(
                "localhost:{}",
                address.rsplit(':').next().unwrap_or_default()
            )
        };
        Ok(Self {
            child,
            https: format!("https://{}", address("https=")),
            mtls: format!("https://{}", address("mtls=")),
            http: format!("http://{}", address("http=")),
            ops: format!("http://{}", address("ops=")),
            log,
            root,
        })
    }

    /// The trust anchor.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The REST API over the local socket of the server's data folder.
    pub fn local<'a>(&self, arguments: impl IntoIterator<Item = &'a str>, path: &str) -> Outcome {
        run(Command::new("curl")
            .args(["-sS", "--max-time", "60", "--unix-socket"])
            .arg(self.root.with_file_name("xinshu.sock"))
            .args(arguments)
            .arg(format!("http://localhost{path}")))
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// The process' number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends the process at once, as a power failure would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks the process to stop, and tells whether it ended well.
    pub fn stop(&mut self) -> bool {
        self.signal("TERM");
        self.child.wait().unwrap().success()
    }

    /// Waits until a process that was told to stop has ended, and tells whether it ended well.
    pub fn stop_was_clean(&mut self) -> bool {
        self.child.wait().unwrap().success()
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        run(Command::new("kill").args([&format!("-{name}"), &pid])).success();
    }

    /// curl, with the trust anchor; `url` may begin with `/` for the TLS listener.
    pub fn curl<'a>(&self, arguments: impl IntoIterator<Item = &'a str>, url: &str) -> Outcome {
        let url = if url.starts_with('/') {
            format!("{}{url}", self.https)
        } else {
            url.to_owned()
        };
        run(Command::new("curl")
            .args(["-sS", "--noproxy", "*", "--max-time", "60", "--cacert"])
            .arg(&self.root)
            .args(arguments)
            .arg(url))
    }

    /// Asks by curl and takes the answer apart, whatever its status.
    #[track_caller]
    pub fn ask<'a>(&self, arguments: impl IntoIterator<Item = &'a str>, url: &str) -> Answer {
        // Without `Expect:` no interim answer comes first.
        let arguments = ["-i", "--http1.1", "-H", "Expect:"]
            .into_iter()
            .chain(arguments);
        Answer::parse(&self.curl(arguments, url).success())
    }

    /// Moves the server's clock; only where it was built with `test-clock`.
    #[track_caller]
    pub fn advance(&self, seconds: i64) {
        let moved = self.ask(
            ["-X", "POST"],
            &format!("{}/test/clock/{seconds}", self.ops),
        );
        assert_eq!(moved.status, 200, "the clock stands: {}", moved.text());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process' resident memory in KiB.
pub fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}
