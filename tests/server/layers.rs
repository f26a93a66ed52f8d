//! `scripts/check-layers` finds what it is for: a cycle of modules, a cycle of crates,
//! and a dependency against the order.

use std::{fs, path::Path, process::Command};

/// Name, dependencies, and the name and text of each module.
type Crate<'a> = (&'a str, &'a [&'a str], &'a [(&'a str, &'a str)]);

/// A workspace of crates.
fn workspace(crates: &[Crate<'_>]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let members: Vec<String> = crates
        .iter()
        .map(|(name, ..)| format!("{name:?}"))
        .collect();
    let root = format!("[workspace]\nmembers = [{}]\n", members.join(", "));
    fs::write(folder.path().join("Cargo.toml"), root).unwrap();
    for (name, dependencies, modules) in crates {
        let source = folder.path().join(name).join("src");
        fs::create_dir_all(&source).unwrap();
        let mut manifest = format!("[package]\nname = {name:?}\n[dependencies]\n");
        for dependency in *dependencies {
            manifest += &format!("{dependency}.workspace = true\n");
        }
        fs::write(folder.path().join(name).join("Cargo.toml"), manifest).unwrap();
        fs::write(source.join("lib.rs"), "").unwrap();
        for (module, text) in *modules {
            let file = source.join(module);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
    }
    folder
}

/// Whether the script passes, and what it says.
fn check(folder: &Path) -> (bool, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/check-layers");
    let output = Command::new(script).arg(folder).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (output.status.success(), said)
}

#[test]
fn a_sound_structure_passes() {
    let folder = workspace(&[
        (
            "ca",
            &["pki", "crypto"],
            &[
                ("issue.rs", "use crate::model::profile::Profile;"),
                ("model/mod.rs", "pub(crate) mod profile;"),
                ("model/profile.rs", "use super::Limits;"),
            ],
        ),
        ("pki", &["crypto"], &[]),
        ("crypto", &[], &[]),
    ]);
    assert_eq!(check(folder.path()), (true, String::new()));
}

#[test]
fn a_cycle_of_modules_fails() {
    let folder = workspace(&[(
        "ca",
        &[],
        &[
            ("issue.rs", "use crate::{revoke::Reason, store};"),
            ("revoke.rs", "fn f() { crate::publish::crl() }"),
            ("publish/mod.rs", "mod crl;"),
            ("publish/crl.rs", "use crate::issue::Issued;"),
            ("store.rs", ""),
        ],
    )]);
    let (passes, said) = check(folder.path());
    assert!(!passes);
    for module in ["crate::issue", "crate::revoke", "crate::publish"] {
        assert!(said.contains(module), "{said}");
    }
    assert!(!said.contains("crate::store"), "{said}");
}

#[test]
fn a_dependency_against_the_order_and_a_cycle_of_crates_fail() {
    let folder = workspace(&[("pki", &["ca"], &[]), ("ca", &["pki"], &[])]);
    let (passes, said) = check(folder.path());
    assert!(!passes);
    assert!(said.contains("pki -> ca is against the order"), "{said}");
    assert!(said.contains("crates: ca -> pki -> ca"), "{said}");
}

#[test]
fn services_do_not_depend_on_each_other() {
    let folder = workspace(&[("tsa", &["ca"], &[]), ("ca", &[], &[])]);
    let (passes, said) = check(folder.path());
    assert!(!passes, "{said}");
}
