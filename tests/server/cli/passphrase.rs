//! The keystore's passphrase from elsewhere than a file beside the keys.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use testkit::{Options, Xinshu, run};

use crate::XINSHU;

const PASSPHRASE: &str = "correct horse battery staple";
const VARIABLE: &str = "XINSHU_KEYS__PASSPHRASE";

/// A node set up with these variables.
fn node(environment: &[(&str, &str)]) -> Xinshu {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Xinshu::init(
        XINSHU,
        Options {
            environment: environment.iter().map(owned).collect(),
            ..Options::default()
        },
    )
}

/// The node's files; its folders hold none deeper.
fn files(node: &Xinshu) -> Vec<PathBuf> {
    let list = |folder: &Path| {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().path())
    };
    let all = list(node.data()).chain(list(&node.data().join("keys")));
    all.filter(|path| path.is_file()).collect()
}

/// Fails unless every key opens with [`PASSPHRASE`], and no file tells it.
fn assert_sealed(node: &Xinshu) {
    let files = files(node);
    let keys: Vec<_> = files
        .iter()
        .filter(|path| path.parent().unwrap().ends_with("keys"))
        .collect();
    assert!(keys.len() > 5, "{keys:?}");
    for key in keys {
        run(Command::new("openssl")
            .args(["pkey", "-noout", "-passin"])
            .arg(format!("pass:{PASSPHRASE}"))
            .arg("-in")
            .arg(key))
        .success();
    }
    for file in files {
        let content = fs::read(&file).unwrap();
        let told = content
            .windows(PASSPHRASE.len())
            .any(|window| window == PASSPHRASE.as_bytes());
        assert!(!told, "{} tells the passphrase", file.display());
    }
}

#[test]
fn a_credential_of_systemd_opens_the_keys_before_the_environment_does() {
    let credentials = tempfile::tempdir().unwrap();
    let file = credentials.path().join("xinshu-passphrase");
    fs::write(&file, format!("{PASSPHRASE}\n")).unwrap();
    // As systemd shows it from version 254 on.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).unwrap();
    let node = node(&[
        (
            "CREDENTIALS_DIRECTORY",
            credentials.path().to_str().unwrap(),
        ),
        (VARIABLE, "another one"),
    ]);
    assert_sealed(&node);
    assert!(node.serve().stop());

    fs::remove_file(&file).unwrap();
    fs::write(&file, "a wrong one").unwrap();
    let log = node.try_serve(&[]).map(drop).unwrap_err();
    assert!(log.contains("wrong PIN or passphrase"), "{log}");
}

#[test]
fn the_environments_passphrase_opens_the_keys() {
    let node = node(&[(VARIABLE, PASSPHRASE)]);
    assert_sealed(&node);
    assert!(node.serve().stop());

    let without = run(node.command().arg("doctor").env_remove(VARIABLE));
    assert_eq!(without.code, Some(1));
    let told = without.text();
    assert!(told.contains("no passphrase is set"), "{told}");
}
