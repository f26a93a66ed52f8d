//! The sources of the software key store's passphrase.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use crate::KeyError;

/// The systemd credential that holds the passphrase.
const CREDENTIAL: &str = "xinshu-passphrase";
/// The environment variable that holds the passphrase.
const VARIABLE: &str = "XINSHU_KEYS__PASSPHRASE";
/// No passphrase or PIN is longer; a larger file is not one.
const MAX_SECRET_BYTES: u64 = 4096;

/// Reads the passphrase from the first source that there is: `file`, the
/// systemd credential `xinshu-passphrase`, the environment's
/// `XINSHU_KEYS__PASSPHRASE`. `None` if there is no source.
///
/// # Errors
/// [`KeyError::LoosePermissions`] where others can read the file,
/// [`KeyError::Unavailable`] if it cannot be read, [`KeyError::Damaged`]
/// if it is not a single line of text.
pub fn read_passphrase(file: Option<&Path>) -> Result<Option<Zeroizing<String>>, KeyError> {
    if let Some(path) = file {
        return read_secret_file(path).map(Some);
    }
    if let Some(folder) = env::var_os("CREDENTIALS_DIRECTORY") {
        let path = PathBuf::from(folder).join(CREDENTIAL);
        if path.exists() {
            // systemd alone can reach the folder, whatever mode it shows for the
            // file: 0440 from version 254 on.
            return read_secret(&path).map(Some);
        }
    }
    match env::var(VARIABLE) {
        Ok(text) => one_line(VARIABLE, &Zeroizing::new(text)).map(Some),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(damaged(VARIABLE, "it is not UTF-8")),
    }
}

/// Reads a passphrase or PIN from a file that only its owner can read; a line
/// end after it is left out.
///
/// # Errors
/// As [`read_passphrase`].
pub fn read_secret_file(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    private_files::check(path)?;
    read_secret(path)
}

fn read_secret(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let name = path.display().to_string();
    let metadata = fs::metadata(path).map_err(|error| KeyError::io(path, &error))?;
    if metadata.len() > MAX_SECRET_BYTES {
        return Err(damaged(&name, "it is too long to be a passphrase or PIN"));
    }
    let bytes = Zeroizing::new(fs::read(path).map_err(|error| KeyError::io(path, &error))?);
    let text = std::str::from_utf8(&bytes).map_err(|_| damaged(&name, "it is not UTF-8"))?;
    one_line(&name, text)
}

fn one_line(name: &str, text: &str) -> Result<Zeroizing<String>, KeyError> {
    let line = text.trim_end_matches(['\r', '\n']);
    if line.is_empty() {
        return Err(damaged(name, "it is empty"));
    }
    if line.contains(['\r', '\n', '\0']) {
        return Err(damaged(name, "it holds more than one line"));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

fn damaged(path: &str, reason: &str) -> KeyError {
    KeyError::Damaged {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn file(content: &[u8], mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_file_gives_its_one_line() {
        let (_folder, path) = file(b"correct horse\r\n", 0o400);
        assert_eq!(*read_secret_file(&path).unwrap(), "correct horse");
        assert_eq!(
            *read_passphrase(Some(&path)).unwrap().unwrap(),
            "correct horse"
        );
    }

    #[test]
    fn a_file_that_others_read_is_refused() {
        let (_folder, path) = file(b"secret", 0o640);
        assert!(matches!(
            read_secret_file(&path),
            Err(KeyError::LoosePermissions {
                mode: 0o640,
                want: 0o600,
                ..
            })
        ));
    }

    #[test]
    fn what_is_no_line_is_refused() {
        for content in [&b""[..], b"\n", b"a\nb", b"a\0b", b"\xff", &[b'a'; 5000]] {
            let (_folder, path) = file(content, 0o600);
            assert!(matches!(
                read_secret_file(&path),
                Err(KeyError::Damaged { .. })
            ));
        }
    }
}
