//! OpenSSL's command line, in a temporary folder.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

/// A folder with files for OpenSSL to read.
pub(crate) struct Openssl {
    folder: TempDir,
}

impl Openssl {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Runs `openssl` with words split at spaces, in the folder.
    pub(crate) fn run(&self, words: &str) -> Output {
        openssl(self.path(), words)
    }

    /// What it prints, if it succeeds.
    pub(crate) fn text(&self, words: &str) -> String {
        succeeds(&self.run(words), words)
    }
}

fn openssl(folder: &Path, words: &str) -> Output {
    Command::new("openssl")
        .args(words.split_whitespace())
        .current_dir(folder)
        .output()
        .expect("openssl is installed")
}

/// Standard output and standard error of a command that succeeded.
pub(crate) fn succeeds(output: &Output, words: &str) -> String {
    let text = both(output);
    assert!(output.status.success(), "{words}: {text}");
    text
}

/// The same of one that failed.
pub(crate) fn fails(output: &Output, words: &str) -> String {
    let text = both(output);
    assert!(!output.status.success(), "{words}: {text}");
    text
}

fn both(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    text
}
