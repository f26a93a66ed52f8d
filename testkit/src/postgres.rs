//! A throw-away PostgreSQL cluster.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
};

use tempfile::TempDir;

use crate::command::{free_port, run, wait_until};

/// One running cluster on a free port. Stops with its owner.
#[derive(Debug)]
pub struct Postgres {
    folder: TempDir,
    port: u16,
    server: Option<Child>,
    durable: bool,
}

static DATABASES: AtomicU32 = AtomicU32::new(0);

impl Postgres {
    /// A cluster of this test alone, which it may stop and start.
    pub fn start() -> Self {
        Self::new(false)
    }

    /// A cluster that waits for its disk, as in production.
    pub fn durable() -> Self {
        Self::new(true)
    }

    /// The cluster that all tests of this process share. It ends with the process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| {
            let (send, receive) = mpsc::channel();
            // The death signal follows the thread that started the server,
            // so that thread must live as long as the process.
            std::thread::spawn(move || {
                let cluster = Self::start();
                // What is static is never dropped.
                let mut shell = remove_after_us(cluster.folder.path());
                let _input = shell.stdin.take();
                send.send(cluster).unwrap();
                shell.wait().unwrap();
            });
            receive.recv().unwrap()
        })
    }

    fn new(durable: bool) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("xinshu-pg-")
            .tempdir()
            .unwrap();
        let owner = run(Command::new("chmod").arg("777").arg(folder.path()));
        assert!(owner.ok, "{}", owner.stderr);
        let mut cluster = Self {
            folder,
            port: free_port(),
            server: None,
            durable,
        };
        let data = cluster.data();
        let mut initdb = as_postgres("initdb");
        run(initdb
            .args([
                "--auth=trust",
                "--username=xinshu",
                "--encoding=UTF8",
                "--no-sync",
                "-D",
            ])
            .arg(data))
        .success();
        cluster.resume();
        cluster
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts the server again after [`Postgres::stop`].
    pub fn resume(&mut self) {
        let fsync = if self.durable {
            "fsync=on"
        } else {
            "fsync=off"
        };
        let server = as_postgres("postgres")
            .arg("-D")
            .arg(self.data())
            .args(["-p", &self.port.to_string(), "-h", "127.0.0.1", "-c", fsync])
            .args([
                "-c",
                "unix_socket_directories=",
                "-c",
                "max_connections=200",
            ])
            .args(["-c", "shared_buffers=64MB"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("PostgreSQL starts; run scripts/test-deps");
        self.server = Some(server);
        let port = self.port.to_string();
        wait_until("PostgreSQL", || {
            run(Command::new("pg_isready").args(["-q", "-h", "127.0.0.1", "-p", &port])).ok
        });
    }

    /// Stops the server at once, as if its machine had died.
    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            signal(&server, "QUIT");
            server.wait().unwrap();
        }
    }

    /// Stops every process of the server where it stands, as a machine that hangs.
    pub fn freeze(&self) {
        self.signal_all("STOP");
    }

    /// Lets the server go on after [`Postgres::freeze`].
    pub fn thaw(&self) {
        self.signal_all("CONT");
    }

    fn signal_all(&self, name: &str) {
        if let Some(server) = &self.server {
            let pid = server.id().to_string();
            // The parent first, so that no child is started meanwhile.
            signal(server, name);
            let children = run(Command::new("pkill").args([&format!("-{name}"), "-P", &pid]));
            assert!(children.ok, "{}", children.stderr);
        }
    }

    /// Makes an empty database and tells its URL.
    pub fn database(&self) -> String {
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        let name = format!("t{}_{number}", std::process::id());
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// The URL of a database.
    pub fn url(&self, name: &str) -> String {
        format!("postgres://xinshu@127.0.0.1:{}/{name}", self.port)
    }

    /// Runs SQL by psql and gives what it prints, fields parted by `|`.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let url = if database.contains("://") {
            database.to_owned()
        } else {
            self.url(database)
        };
        run(Command::new("psql").args(["-qAtX", "-v", "ON_ERROR_STOP=1", "-d", &url, "-c", sql]))
            .success()
            .text()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

fn signal(child: &Child, name: &str) {
    let sent = run(Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]));
    assert!(sent.ok, "{}", sent.stderr);
}

/// Lets a shell remove `folder` when its input ends: once this process has ended,
/// however it ends, and the server with it.
fn remove_after_us(folder: &Path) -> Child {
    Command::new("setsid")
        .args(["sh", "-c", "cat; until rm -rf \"$0\"; do sleep 0.1; done"])
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// A PostgreSQL program, never as root: it refuses that.
fn as_postgres(program: &str) -> Command {
    let program = newest(program);
    let root = run(Command::new("id").arg("-u")).text().trim() == "0";
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "QUIT"]);
    if root {
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    }
    command.arg("--").arg(program).current_dir("/");
    command
}

fn newest(program: &str) -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL is installed; run scripts/test-deps")
        .filter_map(|entry| Some(entry.ok()?.path().join("bin").join(program)))
        .filter(|path| path.exists())
        .collect();
    versions.sort();
    versions
        .pop()
        .expect("PostgreSQL's server is installed; run scripts/test-deps")
}
