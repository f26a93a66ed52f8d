#![forbid(unsafe_code)]
//! Files and folders that only their owner may read, written whole or not at all.

use std::{
    fs::{self, File, OpenOptions},
    hash::{BuildHasher, RandomState},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// The mode of a private file.
pub const FILE_MODE: u32 = 0o600;
/// The mode of a private folder.
pub const FOLDER_MODE: u32 = 0o700;

/// Why a file or folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system reported.
        source: io::Error,
    },
    /// Others than the owner can reach it.
    #[error("{path} has mode {mode:04o}: others can reach it; run: chmod {want:o} {path}", path = path.display())]
    LoosePermissions {
        /// The file or folder.
        path: PathBuf,
        /// Its mode now.
        mode: u32,
        /// The mode it must have.
        want: u32,
    },
}

/// Creates a folder that only its owner can enter, with its parents, or checks
/// that an existing one is such a folder.
///
/// # Errors
/// Any [`Error`].
pub fn create_folder(path: &Path) -> Result<(), Error> {
    fs::DirBuilder::new()
        .mode(FOLDER_MODE)
        .recursive(true)
        .create(path)
        .map_err(|source| io_error(path, source))?;
    check(path)
}

/// Refuses a file or folder that its group or others can reach.
///
/// # Errors
/// Any [`Error`].
pub fn check(path: &Path) -> Result<(), Error> {
    let metadata = fs::metadata(path).map_err(|source| io_error(path, source))?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(Error::LoosePermissions {
        path: path.to_owned(),
        mode,
        want: if metadata.is_dir() {
            FOLDER_MODE
        } else {
            FILE_MODE
        },
    })
}

/// Creates an empty private file unless the file exists already.
///
/// # Errors
/// [`Error::Io`].
pub fn create_if_missing(path: &Path) -> Result<(), Error> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(FILE_MODE)
        .open(path)
        .map(drop)
        .map_err(|source| io_error(path, source))
}

/// Writes a new private file, durable when this returns.
///
/// The name appears with the whole content or not at all, and an existing file is
/// never replaced.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] if the file exists, also when two processes race
/// for the name.
pub fn create_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = temporary_beside(path)?;
    let written = write_new(&temporary, FILE_MODE, content)
        // Unlike a rename, a link fails if the name is taken.
        .and_then(|()| fs::hard_link(&temporary, path));
    let removed = fs::remove_file(&temporary);
    written?;
    removed?;
    sync_folder_of(path)
}

/// Writes a file with this mode, replacing an existing one; durable when this returns.
///
/// Readers see the old content or the new one, nothing between. Public files, such
/// as a trust anchor, are written this way too, with mode 0644.
///
/// # Errors
/// [`Error::Io`].
pub fn replace(path: &Path, mode: u32, content: &[u8]) -> Result<(), Error> {
    let write = || {
        let temporary = temporary_beside(path)?;
        let written =
            write_new(&temporary, mode, content).and_then(|()| fs::rename(&temporary, path));
        if written.is_err() {
            // It may not have been created at all.
            let _ = fs::remove_file(&temporary);
        }
        written?;
        sync_folder_of(path)
    };
    write().map_err(|source| io_error(path, source))
}

/// Overwrites a file with zeros and unlinks it.
///
/// Copy-on-write and flash storage may keep the old blocks, so secrets must be
/// encrypted all the same.
///
/// # Errors
/// [`io::ErrorKind::NotFound`] if there is no such file, and any other.
pub fn destroy(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let length = file.metadata()?.len();
    io::copy(&mut io::Read::take(io::repeat(0), length), &mut file)?;
    file.sync_all()?;
    fs::remove_file(path)?;
    sync_folder_of(path)
}

/// A hidden name that no other process or thread uses now.
fn temporary_beside(path: &Path) -> io::Result<PathBuf> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    // The standard library keys each hasher with fresh random numbers.
    let unique = RandomState::new().hash_one(std::process::id());
    Ok(folder.join(format!(".{}.{unique:016x}.tmp", name.to_string_lossy())))
}

fn write_new(path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()
}

fn io_error(path: &Path, source: io::Error) -> Error {
    Error::Io {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn what_is_created_is_private_and_what_is_loose_is_refused() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("a/b");
        create_folder(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
        let file = folder.join("secret");
        create_new(&file, b"text").unwrap();
        assert_eq!(
            (mode(&file), fs::read(&file).unwrap()),
            (0o600, b"text".to_vec())
        );
        check(&file).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(
            check(&file),
            Err(Error::LoosePermissions {
                mode: 0o640,
                want: 0o600,
                ..
            })
        ));
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o711)).unwrap();
        assert!(matches!(
            create_folder(&folder),
            Err(Error::LoosePermissions {
                mode: 0o711,
                want: 0o700,
                ..
            })
        ));
    }

    #[test]
    fn a_new_file_never_replaces_another_and_leaves_nothing_beside_it() {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("secret");
        create_new(&file, b"one").unwrap();
        let second = create_new(&file, b"two").unwrap_err();
        assert_eq!(second.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&file).unwrap(), b"one");
        replace(&file, 0o644, b"three").unwrap();
        assert_eq!(
            (mode(&file), fs::read(&file).unwrap()),
            (0o644, b"three".to_vec())
        );
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
        destroy(&file).unwrap();
        assert_eq!(destroy(&file).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn an_existing_file_is_left_alone() {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("database");
        create_if_missing(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        fs::write(&file, b"rows").unwrap();
        create_if_missing(&file).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"rows");
    }
}
