//! Verification by the `openssl` command.

use std::{
    env, fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::Command,
};

use der::pem::{self, LineEnding};

use super::Verify;
use crypto::SignatureAlgorithm;

/// The `openssl` command, version 3 or newer.
#[derive(Clone, Debug)]
pub struct OpenSsl {
    /// The signer's identity in SM2 signatures.
    pub sm2_id: String,
}

impl Default for OpenSsl {
    fn default() -> Self {
        Self {
            sm2_id: crypto::SM2_DEFAULT_ID.to_owned(),
        }
    }
}

impl Verify for OpenSsl {
    fn verify(
        &self,
        public_key: &[u8],
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), String> {
        let told = |error: io::Error| error.to_string();
        let scratch = Scratch::new().map_err(told)?;
        let pem = pem::encode_string("PUBLIC KEY", LineEnding::LF, public_key)
            .map_err(|error| error.to_string())?;
        let key = scratch.write("key.pem", pem.as_bytes()).map_err(told)?;
        let message = scratch.write("message", message).map_err(told)?;
        let signature = scratch.write("signature", signature).map_err(told)?;
        let mut command = Command::new("openssl");
        match algorithm.digest() {
            Some(digest) => {
                let digest = format!("{digest:?}").to_lowercase();
                command
                    .args(["dgst", &format!("-{digest}"), "-verify"])
                    .arg(key);
                if algorithm.is_pss() {
                    command.args(["-sigopt", "rsa_padding_mode:pss"]);
                    command.args(["-sigopt", "rsa_pss_saltlen:digest"]);
                    command.args(["-sigopt", &format!("rsa_mgf1_md:{digest}")]);
                }
                if algorithm == SignatureAlgorithm::Sm2Sm3 {
                    command.args(["-sigopt", &format!("distid:{}", self.sm2_id)]);
                }
                command.arg("-signature").arg(signature).arg(message);
            }
            None => {
                command
                    .args(["pkeyutl", "-verify", "-pubin", "-rawin", "-inkey"])
                    .arg(key);
                command
                    .arg("-sigfile")
                    .arg(signature)
                    .arg("-in")
                    .arg(message);
            }
        }
        let output = command
            .output()
            .map_err(|error| format!("the openssl command does not run: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        let said = [output.stdout, output.stderr].concat();
        Err(format!(
            "openssl: {}",
            String::from_utf8_lossy(&said).trim()
        ))
    }
}

/// A folder that goes away with its files.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> io::Result<Self> {
        let name = format!(
            "xinshu-conformance-{}",
            hex::encode(crypto::random::bytes::<8>())
        );
        let path = env::temp_dir().join(name);
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    fn write(&self, name: &str, content: &[u8]) -> io::Result<PathBuf> {
        let path = self.0.join(name);
        fs::write(&path, content)?;
        Ok(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays behind in the temporary folder holds no secret.
        let _ = fs::remove_dir_all(self.path());
    }
}
