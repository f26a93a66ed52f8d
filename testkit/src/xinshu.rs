//! The real binary: a data folder, and the command line that works on it.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use tempfile::TempDir;

use crate::{
    command::{Outcome, python, run, run_with},
    robot::Robot,
    server::Server,
};

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

    /// Registers a client that may do `actions`.
    #[track_caller]
    pub fn robot(&self, name: &str, actions: &[&str]) -> Robot {
        let mut arguments = vec![
            "client",
            "add",
            name,
            "--grant",
            "client_credentials",
            "--json",
        ];
        arguments.extend(actions.iter().flat_map(|action| ["--allow", action]));
        let made = self.xinshu(arguments).success().json();
        let field = |name: &str| made[name].as_str().expect("a registered client").to_owned();
        Robot {
            id: field("client_id"),
            secret: field("client_secret"),
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

    /// Starts the server with further arguments.
    ///
    /// # Errors
    /// Its log, if it ended before it was ready.
    pub fn try_serve(&self, arguments: &[&str]) -> Result<Server, String> {
        let mut command = self.command();
        command.arg("serve").args(arguments);
        Server::start(command, self.root())
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
