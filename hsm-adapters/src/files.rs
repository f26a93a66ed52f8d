//! Files that only their owner may read, written whole or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use crate::KeyError;

/// Makes a folder that only its owner can enter, or checks that it is one.
pub(crate) fn private_folder(path: &Path) -> Result<(), KeyError> {
    match fs::DirBuilder::new()
        .mode(0o700)
        .recursive(true)
        .create(path)
    {
        Ok(()) => check_mode(path, 0o700),
        Err(error) => Err(io_error(path, &error)),
    }
}

/// Refuses a file or folder that its group or others can reach.
pub(crate) fn check_mode(path: &Path, want: u32) -> Result<(), KeyError> {
    let metadata = fs::metadata(path).map_err(|error| io_error(path, &error))?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(KeyError::LoosePermissions {
        path: path.display().to_string(),
        mode,
        want,
    })
}

/// Writes a new file with mode 0600, durable when this returns.
///
/// The name appears with the whole content or not at all, and never replaces
/// another file: `AlreadyExists` says that one was there, also when two
/// processes race for the name.
pub(crate) fn create_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let temporary = folder.join(format!(
        ".{}.{}.tmp",
        name.to_string_lossy(),
        hex::encode(random::<8>()?)
    ));
    let written = write_private(&temporary, content)
        // A link, unlike a rename, fails where the name is taken.
        .and_then(|()| fs::hard_link(&temporary, path));
    let removed = fs::remove_file(&temporary);
    written?;
    removed?;
    sync_folder(folder)
}

/// Overwrites a file with zeros and unlinks it.
///
/// On copy-on-write and flash storage the old blocks may outlive this; the
/// passphrase still guards them.
pub(crate) fn destroy(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let length = file.metadata()?.len();
    io::copy(&mut io::Read::take(io::repeat(0), length), &mut file)?;
    file.sync_all()?;
    fs::remove_file(path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Fresh random bytes from the operating system's generator.
pub(crate) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| io::Error::other("no random numbers"))?;
    Ok(bytes)
}

/// An I/O error, told as a key error about `path`.
pub(crate) fn io_error(path: &Path, error: &io::Error) -> KeyError {
    KeyError::Unavailable {
        store: path.display().to_string(),
        reason: error.to_string(),
    }
}

fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
