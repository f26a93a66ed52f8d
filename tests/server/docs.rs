//! Documents that must say what the code does.

use std::{fmt::Write as _, fs, path::PathBuf};

use platform_runtime::settings::SETTINGS;

const HEAD: &str = "\
# Settings

Written by a test from the one table in `platform/runtime/src/settings/table.rs`; to rewrite it:
`UPDATE_DOCS=1 cargo test --test server docs`.

A setting's value comes from its default, then `xinshu.toml` in the data folder, then the
environment (`XINSHU_SECTION__KEY`), then the command line (`--set section.key=value`); the
last one wins. `DATA` stands for the data folder. `xinshu init` writes a commented
`xinshu.toml` where there is none. A name that is not here is an error that suggests the
nearest; everything that is wrong is reported in one message, and nothing starts. `xinshu doctor` checks
without serving; it opens the database as `serve` does, and so applies migrations. A change takes effect at the next start.
";

#[test]
fn the_settings_reference_is_that_of_the_code() {
    let mut text = HEAD.to_owned();
    let mut section = "";
    for setting in SETTINGS {
        let (of, _) = setting.name.split_once('.').expect("a section and a key");
        if of != section {
            section = of;
            write!(
                text,
                "\n## {section}\n\n| setting | default | meaning |\n| --- | --- | --- |\n"
            )
            .unwrap();
        }
        let meaning = setting.description().replace('|', "\\|");
        writeln!(
            text,
            "| `{}` | `{}` | {meaning} |",
            setting.name, setting.default
        )
        .unwrap();
    }
    let file = root().join("docs/settings.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, &text).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == text,
        "docs/settings.md is not what the code says; run: UPDATE_DOCS=1 cargo test --test server docs"
    );
}

#[test]
fn every_migration_is_there_for_both_databases() {
    let names = |database: &str| {
        let entries = fs::read_dir(root().join("migrations").join(database)).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let (sqlite, postgres) = (names("sqlite"), names("postgres"));
    assert_eq!(
        sqlite, postgres,
        "migrations/sqlite and migrations/postgres have the same files"
    );
    let numbers: Vec<String> = sqlite
        .iter()
        .map(|name| name.chars().take(4).collect())
        .collect();
    let expected: Vec<String> = (1..=numbers.len())
        .map(|number| format!("{number:04}"))
        .collect();
    assert_eq!(
        numbers, expected,
        "migrations are numbered from 0001 without a gap"
    );
}

#[test]
fn both_readmes_have_the_same_code() {
    let code = |file: &str| -> Vec<String> {
        let text = fs::read_to_string(root().join(file)).unwrap();
        // Every second part between fences is code.
        text.split("```")
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    };
    let english = code("README.md");
    assert!(english.len() > 5, "README.md has its examples");
    assert_eq!(english, code("README.zh-CN.md"));
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        // The target of each `](target)`, without a fragment.
        let targets = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', '#']).next());
        for target in targets.filter(|target| !target.is_empty() && !target.contains("://")) {
            if !document.parent().unwrap().join(target).exists() {
                broken.push(format!("{}: {target}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// README and the like, and everything under docs/ and deploy/.
fn documents() -> Vec<PathBuf> {
    let mut folders = vec![root()];
    folders.extend(
        ["docs", "docs/decisions", "docs/guides", "deploy"].map(|folder| root().join(folder)),
    );
    folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
