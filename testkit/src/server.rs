//! The real binary: a data folder, the command line, a running server.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};

use tempfile::TempDir;

use crate::command::{Outcome, python, run, run_with};

/// How a node is set up.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--algorithm` of `init`; `p256` where empty.
    pub algorithm: String,
    /// Settings, as `name=value`.
    pub settings: Vec<String>,
    /// Further environment variables.
    pub environment: Vec<(String, String)>,
}

/// One data folder and the binary that works on it.
#[derive(Debug)]
pub struct Xinshu {
    binary: PathBuf,
    folder: Arc<TempDir>,
    data: PathBuf,
    options: Options,
}

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

/// A person who can sign in.
#[derive(Clone, Debug)]
pub struct User {
    /// User name.
    pub name: String,
    /// Password.
    pub password: String,
}

impl Xinshu {
    /// Runs `xinshu init` in a fresh folder.
    pub fn init(binary: impl Into<PathBuf>, options: Options) -> Self {
        let node = Self::prepare(binary, options);
        node.initialize().success();
        node
    }

    /// A fresh folder, not initialized yet.
    pub fn prepare(binary: impl Into<PathBuf>, mut options: Options) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("xinshu-")
            .tempdir()
            .unwrap();
        if options.algorithm.is_empty() {
            "p256".clone_into(&mut options.algorithm);
        }
        // The public addresses name the ports, so these cannot be left to chance.
        let ports = [crate::free_port(), crate::free_port(), crate::free_port()];
        let mut settings = vec![
            format!("listen.https=127.0.0.1:{}", ports[0]),
            format!("listen.http=127.0.0.1:{}", ports[1]),
            format!("listen.mtls=127.0.0.1:{}", ports[2]),
            "listen.ops=127.0.0.1:0".to_owned(),
            format!("public.url=https://localhost:{}", ports[0]),
            format!("public.http_url=http://localhost:{}", ports[1]),
            format!("public.mtls_url=https://localhost:{}", ports[2]),
        ];
        settings.append(&mut options.settings);
        options.settings = settings;
        Self {
            binary: binary.into(),
            data: folder.path().join("data"),
            folder: Arc::new(folder),
            options,
        }
    }

    /// Another node on the same database: a copy of the data folder, as an
    /// operator makes it, and ports of its own.
    #[must_use]
    pub fn second_node(&self) -> Self {
        let mut options = self.options.clone();
        options.settings.push("listen.https=127.0.0.1:0".to_owned());
        options.settings.push("listen.http=127.0.0.1:0".to_owned());
        options.settings.push("listen.mtls=127.0.0.1:0".to_owned());
        let data = self.file("second");
        run(Command::new("cp").arg("-a").arg(&self.data).arg(&data)).success();
        // A copied socket belongs to the first node's server.
        let _ = std::fs::remove_file(data.join("xinshu.sock"));
        Self {
            binary: self.binary.clone(),
            folder: Arc::clone(&self.folder),
            data,
            options,
        }
    }

    /// `xinshu init` and its outcome.
    pub fn initialize(&self) -> Outcome {
        let algorithm = self.options.algorithm.clone();
        self.xinshu([
            "init",
            "--algorithm",
            &algorithm,
            "--organization",
            "Test Office",
        ])
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// A place for this test's own files, beside the data folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The trust anchor.
    pub fn root(&self) -> PathBuf {
        self.data.join("root.pem")
    }

    /// Adds a setting for the commands that follow.
    pub fn set(&mut self, setting: impl Into<String>) {
        self.options.settings.push(setting.into());
    }

    /// Takes a setting back, for a binary that does not know it.
    pub fn unset(&mut self, name: &str) {
        let settings = &mut self.options.settings;
        settings.retain(|setting| {
            setting
                .split_once('=')
                .is_none_or(|(known, _)| known != name)
        });
    }

    /// The command, ready for arguments.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.env("XINSHU_DATA", &self.data);
        for (name, value) in &self.options.environment {
            command.env(name, value);
        }
        for setting in &self.options.settings {
            if let Some((name, value)) = setting.split_once('=') {
                command.env(
                    format!("XINSHU_{}", name.to_uppercase().replace('.', "__")),
                    value,
                );
            }
        }
        command
    }

    /// Runs the binary with `arguments`.
    pub fn xinshu<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Outcome {
        run(self.command().args(arguments))
    }

    /// Runs the binary with `input` on its standard input.
    pub fn xinshu_with<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
        input: &str,
    ) -> Outcome {
        run_with(self.command().args(arguments), input.as_bytes())
    }

    /// Adds a user with a password.
    pub fn user(&self, name: &str) -> User {
        let password = format!("correct horse {name}");
        self.xinshu_with(["user", "add", name, "--password-stdin"], &password)
            .success();
        User {
            name: name.to_owned(),
            password,
        }
    }

    /// Runs SQL on the node's own database behind its back, and gives what it
    /// prints, fields parted by `|`.
    #[track_caller]
    pub fn sql(&self, sql: &str) -> String {
        let url = self
            .options
            .settings
            .iter()
            .rev()
            .find_map(|setting| setting.strip_prefix("database.url="));
        let outcome = match url {
            Some(url) if url.starts_with("postgres") => run(Command::new("psql").args([
                "-qAtX",
                "-v",
                "ON_ERROR_STOP=1",
                "-d",
                url,
                "-c",
                sql,
            ])),
            _ => run(Command::new(python("python3"))
                .args(["-c", SQLITE])
                .arg(self.data.join("xinshu.db"))
                .arg(sql)),
        };
        outcome.success().text()
    }

    /// Starts the server and waits until it is ready.
    pub fn serve(&self) -> Server {
        self.try_serve(&[])
            .unwrap_or_else(|log| panic!("the server did not start: {log}"))
    }

    /// Starts the server with further arguments, or tells what it wrote before it ended.
    pub fn try_serve(&self, arguments: &[&str]) -> Result<Server, String> {
        let mut child = self
            .command()
            .arg("serve")
            .args(arguments)
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
        Ok(Server {
            child,
            https: format!("https://{}", address("https=")),
            mtls: format!("https://{}", address("mtls=")),
            http: format!("http://{}", address("http=")),
            ops: format!("http://{}", address("ops=")),
            log,
            root: self.root(),
        })
    }
}

impl Server {
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

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// SQL on a SQLite file by Python, which has it built in: the program `sqlite3` may be missing.
const SQLITE: &str = "
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=30)
for statement in filter(str.strip, sys.argv[2].split(';')):
    for row in database.execute(statement):
        print('|'.join('' if field is None else str(field) for field in row))
database.commit()
";
