//! A SoftHSM2 token of its own for each test.
//!
//! SoftHSM2 reads its configuration once a process, from `SOFTHSM2_CONF`. So a
//! test runs itself again in a process that has the variable, and there only.

use std::{
    env, fs,
    future::Future,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use hsm_adapters::{KeyError, Pkcs11Settings, Pkcs11Store, Sm2Settings};

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "2468";
/// How long a call may take.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

/// A folder with a SoftHSM2 token in it.
pub(crate) struct SoftHsm {
    folder: PathBuf,
}

impl SoftHsm {
    /// Where SoftHSM2 keeps its tokens.
    pub(crate) fn tokens(&self) -> PathBuf {
        self.folder.join("tokens")
    }

    /// The token's address with library and PIN file.
    pub(crate) fn uri(&self) -> String {
        self.uri_with_pin("pin")
    }

    fn uri_with_pin(&self, file: &str) -> String {
        let pin = self.folder.join(file);
        format!(
            "pkcs11:token=xinshu?module-path={MODULE}&pin-source=file:{}",
            pin.display()
        )
    }

    /// Opens the adapter with few sessions.
    pub(crate) async fn open(&self) -> Result<Pkcs11Store, KeyError> {
        self.open_with(&self.uri(), 4096).await
    }

    /// Opens the adapter with a PIN that is wrong.
    pub(crate) async fn open_with_wrong_pin(&self) -> Result<Pkcs11Store, KeyError> {
        self.open_with(&self.uri_with_pin("wrong-pin"), 4096).await
    }

    /// Opens the adapter at another address, or with another queue.
    pub(crate) async fn open_with(&self, uri: &str, queue: usize) -> Result<Pkcs11Store, KeyError> {
        Pkcs11Store::open(Pkcs11Settings {
            uri: uri.parse()?,
            queue,
            timeout: TIMEOUT,
            sessions: 2,
            sm2: Sm2Settings::default(),
        })
        .await
    }
}

/// Runs `test` in a process of its own with a fresh token. `name` is the test's.
pub(crate) fn with_softhsm<F: Future<Output = ()>>(name: &str, test: impl FnOnce(SoftHsm) -> F) {
    if let Some(configuration) = env::var_os("SOFTHSM2_CONF") {
        let folder = Path::new(&configuration).parent().unwrap().to_owned();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        return runtime.block_on(test(SoftHsm { folder }));
    }
    assert!(
        Path::new(MODULE).exists(),
        "SoftHSM2 is missing: install the package softhsm2 (wanted {MODULE})"
    );
    let temporary = tempfile::tempdir().unwrap();
    let configuration = prepare(temporary.path());
    let output = Command::new(env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture"])
        .env("SOFTHSM2_CONF", configuration)
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    println!("{out}\n{err}");
    assert!(
        output.status.success(),
        "{name} failed: {}\n{out}\n{err}",
        output.status
    );
    assert!(out.contains("1 passed"), "{name} did not run:\n{out}");
}

fn prepare(folder: &Path) -> PathBuf {
    let tokens = folder.join("tokens");
    let configuration = folder.join("softhsm2.conf");
    fs::create_dir(&tokens).unwrap();
    let text = format!(
        "directories.tokendir = {}\nlog.level = ERROR\n",
        tokens.display()
    );
    fs::write(&configuration, text).unwrap();
    for (file, pin) in [("pin", PIN), ("wrong-pin", "1357")] {
        fs::write(folder.join(file), pin).unwrap();
        fs::set_permissions(folder.join(file), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let made = Command::new("softhsm2-util")
        .args([
            "--init-token",
            "--free",
            "--label",
            "xinshu",
            "--so-pin",
            "8642",
            "--pin",
            PIN,
        ])
        .env("SOFTHSM2_CONF", &configuration)
        .output()
        .expect("softhsm2-util is missing: install the package softhsm2");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    configuration
}
