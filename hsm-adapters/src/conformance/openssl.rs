//! The `openssl` command as reference implementation.

use std::{env, fs, os::unix::fs::DirBuilderExt, path::PathBuf, process::Command};

use der::pem::{self, LineEnding};

use super::Reference;
use crypto::{EncryptionAlgorithm, KeyAlgorithm, SignatureAlgorithm};

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

impl Reference for OpenSsl {
    fn verify(
        &self,
        public_key: &[u8],
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), String> {
        let scratch = Scratch::with_public_key(public_key)?;
        scratch.write("message", message)?;
        scratch.write("signature", signature)?;
        let mut command = scratch.openssl();
        match algorithm.digest() {
            Some(digest) => {
                let digest = format!("{digest:?}").to_lowercase();
                command.args(["dgst", &format!("-{digest}"), "-verify", "key.pem"]);
                if algorithm.is_pss() {
                    command.args(["-sigopt", "rsa_padding_mode:pss"]);
                    command.args(["-sigopt", "rsa_pss_saltlen:digest"]);
                    command.args(["-sigopt", &format!("rsa_mgf1_md:{digest}")]);
                }
                if algorithm == SignatureAlgorithm::Sm2Sm3 {
                    command.args(["-sigopt", &format!("distid:{}", self.sm2_id)]);
                }
                command.args(["-signature", "signature", "message"]);
            }
            None => {
                command.args([
                    "pkeyutl", "-verify", "-pubin", "-rawin", "-inkey", "key.pem",
                ]);
                command.args(["-sigfile", "signature", "-in", "message"]);
            }
        }
        run(&mut command).map(drop)
    }

    fn encrypt(
        &self,
        public_key: &[u8],
        algorithm: EncryptionAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, String> {
        let scratch = Scratch::with_public_key(public_key)?;
        scratch.write("message", message)?;
        let mut command = scratch.openssl();
        command.args(["pkeyutl", "-encrypt", "-pubin", "-inkey", "key.pem"]);
        command.args(["-in", "message"]);
        let options: &[&str] = match algorithm {
            EncryptionAlgorithm::RsaOaepSha1 => &["rsa_padding_mode:oaep", "rsa_oaep_md:sha1"],
            EncryptionAlgorithm::RsaOaepSha256 => &["rsa_padding_mode:oaep", "rsa_oaep_md:sha256"],
            EncryptionAlgorithm::RsaPkcs1 => &["rsa_padding_mode:pkcs1"],
            EncryptionAlgorithm::Sm2 => &[],
        };
        for option in options {
            command.args(["-pkeyopt", option]);
        }
        run(&mut command)
    }

    fn agree(
        &self,
        public_key: &[u8],
        algorithm: KeyAlgorithm,
    ) -> Result<(Vec<u8>, Vec<u8>), String> {
        let scratch = Scratch::with_public_key(public_key)?;
        let curve = match algorithm {
            KeyAlgorithm::P256 => "ec_paramgen_curve:P-256",
            KeyAlgorithm::P384 => "ec_paramgen_curve:P-384",
            other => return Err(format!("no agreement with {other} is known here")),
        };
        let openssl = |arguments: &[&str]| run(scratch.openssl().args(arguments));
        openssl(&[
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            curve,
            "-out",
            "own.pem",
        ])?;
        let own = openssl(&["pkey", "-in", "own.pem", "-pubout", "-outform", "DER"])?;
        let secret = openssl(&[
            "pkeyutl", "-derive", "-inkey", "own.pem", "-peerkey", "key.pem",
        ])?;
        Ok((own, secret))
    }
}

/// Runs a command and returns its standard output.
fn run(command: &mut Command) -> Result<Vec<u8>, String> {
    let output = command
        .output()
        .map_err(|error| format!("the openssl command does not run: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let messages = [output.stdout, output.stderr].concat();
    Err(format!(
        "openssl: {}",
        String::from_utf8_lossy(&messages).trim()
    ))
}

/// A folder that is removed with its files.
struct Scratch(PathBuf);

impl Scratch {
    /// A folder with this key as `key.pem`.
    fn with_public_key(public_key: &[u8]) -> Result<Self, String> {
        let random = hex::encode(crypto::random::bytes::<8>());
        let path = env::temp_dir().join(format!("xinshu-conformance-{random}"));
        fs::DirBuilder::new()
            .mode(private_files::FOLDER_MODE)
            .create(&path)
            .map_err(|error| error.to_string())?;
        let scratch = Self(path);
        let pem = pem::encode_string("PUBLIC KEY", LineEnding::LF, public_key)
            .map_err(|error| error.to_string())?;
        scratch.write("key.pem", pem.as_bytes())?;
        Ok(scratch)
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), String> {
        fs::write(self.0.join(name), content).map_err(|error| error.to_string())
    }

    /// The command, run in this folder.
    fn openssl(&self) -> Command {
        let mut command = Command::new("openssl");
        command.current_dir(&self.0);
        command
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // The only secret that may stay behind is that of one agreement of a test key.
        let _ = fs::remove_dir_all(&self.0);
    }
}
