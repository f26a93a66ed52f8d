//! Settings: `xinshu.toml`, then `XINSHU_SECTION__KEY`, then flags.
//!
//! Everything that is wrong is reported in one message, and nothing starts (rule 9).

mod check;
mod overrides;
mod table;
mod values;

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use serde::Deserialize;
use toml::{Table, Value};

pub use overrides::overrides;
pub use table::*;
pub use values::{DatabaseUrl, LogFormat};

use overrides::{literal, overrides_from};

/// Everything that is wrong with the settings, a line each.
#[derive(Debug, thiserror::Error)]
#[error("the settings cannot be used:\n{}", .0.iter().map(|line| format!("  - {line}")).collect::<Vec<_>>().join("\n"))]
pub struct SettingsError(pub Vec<String>);

impl Settings {
    /// Reads the settings of a data folder.
    ///
    /// `environment` is the process' (name, value) pairs; `flags` are `name=value`
    /// texts from the command line.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn load(
        data: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &[String],
    ) -> Result<Self, SettingsError> {
        Self::load_and_check(data, environment, flags, |_| Vec::new())
    }

    /// As [`Self::load`]; `also` returns what else is wrong with settings that parse.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn load_and_check(
        data: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &[String],
        also: impl FnOnce(&Self) -> Vec<String>,
    ) -> Result<Self, SettingsError> {
        let mut errors = Vec::new();
        let mut values = defaults(data);
        let file = data.join("xinshu.toml");
        match std::fs::read_to_string(&file) {
            Ok(text) => apply_file(&file, &text, &mut values, &mut errors),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => errors.push(format!("{}: {error}", file.display())),
        }
        for (source, name, value) in overrides_from(environment, flags, &mut errors) {
            apply(&source, &name, value, &mut values, &mut errors);
        }
        check_bounds(&values, &mut errors);
        let Some(settings) = parse(&values, &mut errors) else {
            return Err(SettingsError(errors));
        };
        check::validate(&settings, &mut errors);
        errors.extend(also(&settings));
        if errors.is_empty() {
            Ok(settings)
        } else {
            Err(SettingsError(errors))
        }
    }
}

/// The commented `xinshu.toml` that `init` writes; `given` replaces defaults.
pub fn commented_file(given: &BTreeMap<&str, String>) -> String {
    let mut text = String::from(
        "# Settings of this Xinshu node. Each line is a default unless its comment sign was taken away.\n\
         # XINSHU_SECTION__KEY in the environment, and --set section.key=value, override them.\n",
    );
    let mut section = "";
    for setting in SETTINGS {
        let (of, key) = setting.name.split_once('.').unwrap_or(("", setting.name));
        if of != section {
            section = of;
            // Writing to a String cannot fail.
            let _ = write!(text, "\n[{section}]\n");
        }
        let _ = match given.get(setting.name) {
            Some(value) => writeln!(text, "# {}\n{key} = {value}", setting.description()),
            None => writeln!(
                text,
                "# {}\n#{key} = {}",
                setting.description(),
                setting.default
            ),
        };
    }
    text
}

fn defaults(data: &Path) -> BTreeMap<&'static str, Value> {
    SETTINGS
        .iter()
        .map(|setting| {
            let value = match literal(setting.default) {
                Value::String(text) => Value::String(text.replace("DATA", &data.to_string_lossy())),
                other => other,
            };
            (setting.name, value)
        })
        .collect()
}

fn apply_file(
    file: &Path,
    text: &str,
    values: &mut BTreeMap<&'static str, Value>,
    errors: &mut Vec<String>,
) {
    let source = file.display().to_string();
    let table: Table = match toml::from_str(text) {
        Ok(table) => table,
        Err(error) => {
            errors.push(format!("{source}: {error}"));
            return;
        }
    };
    for (section, entries) in table {
        match entries {
            Value::Table(entries) => {
                for (key, value) in entries {
                    apply(&source, &format!("{section}.{key}"), value, values, errors);
                }
            }
            value => apply(&source, &section, value, values, errors),
        }
    }
}

fn apply(
    source: &str,
    name: &str,
    value: Value,
    values: &mut BTreeMap<&'static str, Value>,
    errors: &mut Vec<String>,
) {
    if let Some(slot) = values.get_mut(name) {
        *slot = value;
        return;
    }
    let nearest = SETTINGS
        .iter()
        .map(|setting| (strsim::osa_distance(setting.name, name), setting.name))
        .min()
        .map_or("", |(_, nearest)| nearest);
    errors.push(format!(
        "{source}: there is no setting {name}; did you mean {nearest}?"
    ));
}

/// Adds a sentence for each number out of its setting's bounds.
fn check_bounds(values: &BTreeMap<&'static str, Value>, errors: &mut Vec<String>) {
    for setting in SETTINGS {
        if let Some(bounds) = &setting.bounds
            && let Some(Value::Integer(value)) = values.get(setting.name)
            && !u32::try_from(*value).is_ok_and(|value| bounds.contains(&value))
        {
            errors.push(format!(
                "{} ({value}) must be from {} to {}",
                setting.name,
                bounds.start(),
                bounds.end()
            ));
        }
    }
}

fn parse(values: &BTreeMap<&'static str, Value>, errors: &mut Vec<String>) -> Option<Settings> {
    let mut table = Table::new();
    for (name, value) in values {
        let (section, key) = name.split_once('.')?;
        if let Value::Table(section) = table
            .entry(section.to_owned())
            .or_insert_with(|| Value::Table(Table::new()))
        {
            // Numbers from the environment are TOML numbers; settings that are text may
            // look like numbers and stay text.
            section.insert(key.to_owned(), value.clone());
        }
    }
    match Settings::deserialize(table.clone()) {
        Ok(settings) => Some(settings),
        Err(_) => {
            find_bad_values(values, errors);
            None
        }
    }
}

/// Finds every value of a wrong type by putting each alone among the defaults.
fn find_bad_values(values: &BTreeMap<&'static str, Value>, errors: &mut Vec<String>) {
    let good = defaults(Path::new("DATA"));
    for (name, value) in values {
        let mut trial = Table::new();
        for (other, default) in &good {
            let value = if other == name { value } else { default };
            let Some((section, key)) = other.split_once('.') else {
                continue;
            };
            if let Value::Table(section) = trial
                .entry(section.to_owned())
                .or_insert_with(|| Value::Table(Table::new()))
            {
                section.insert(key.to_owned(), value.clone());
            }
        }
        if let Err(error) = Settings::deserialize(trial) {
            errors.push(format!("{name} = {value}: {}", error.message()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(
        file: &str,
        environment: &[(&str, &str)],
        flags: &[&str],
    ) -> Result<Settings, SettingsError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("xinshu.toml"), file).unwrap();
        let environment = environment
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        Settings::load(folder.path(), environment, &flags)
    }

    #[test]
    fn the_file_init_writes_is_all_defaults() {
        let written = load(&commented_file(&BTreeMap::new()), &[], &[]).unwrap();
        assert_eq!(written.public.url, "https://localhost:8443");
        assert!(written.database.url.ends_with("/xinshu.db"));
    }

    #[test]
    fn flags_beat_the_environment_and_that_beats_the_file() {
        let file =
            "[listen]\nhttps = \"127.0.0.1:1\"\nhttp = \"127.0.0.1:1\"\nops = \"127.0.0.1:1\"\n";
        let environment = [
            ("XINSHU_LISTEN__HTTP", "127.0.0.1:2"),
            ("XINSHU_LISTEN__OPS", "127.0.0.1:2"),
        ];
        let settings = load(file, &environment, &["listen.ops=127.0.0.1:3"]).unwrap();
        let ports = [
            settings.listen.https,
            settings.listen.http,
            settings.listen.ops,
        ]
        .map(|a| a.port());
        assert_eq!(ports, [1, 2, 3]);
    }

    #[test]
    fn everything_wrong_is_reported_at_once_with_the_nearest_name() {
        let file =
            "[listen]\nhtps = \"127.0.0.1:1\"\nops = \"nowhere\"\n[ca]\ncrl_hours = \"often\"\n";
        let message = load(file, &[], &[]).unwrap_err().to_string();
        assert!(
            message.contains("no setting listen.htps; did you mean listen.https?"),
            "{message}"
        );
        assert!(message.contains("listen.ops"), "{message}");
        assert!(message.contains("ca.crl_hours"), "{message}");
    }

    #[test]
    fn what_would_do_harm_is_refused() {
        for (file, part) in [
            ("[ca]\ncrl_hours = 96\n", "must exceed ca.crl_hours"),
            (
                "[idp]\nsession_hours = 1\n",
                "must not exceed idp.session_hours",
            ),
            ("[idp]\nrefresh_days = 4000000000\n", "from 1 to 3650"),
            ("[keys]\nqueue = 0\n", "keys.queue (0) must be from 1"),
            ("[keys]\nstore = \"vault:\"\n", "keys.store"),
            (
                "[database]\nurl = \"mysql://a:secret@b/c\"\n",
                "database.url",
            ),
        ] {
            let message = load(file, &[], &[]).unwrap_err().to_string();
            assert!(message.contains(part), "{file}: {message}");
            assert!(!message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn a_password_on_the_command_line_is_refused() {
        for url in [
            "postgres://x:secret@h/x",
            "postgres://h/x?user=x&password=secret",
        ] {
            let flag = format!("database.url={url}");
            let message = load("", &[], &[&flag]).unwrap_err().to_string();
            assert!(message.contains("XINSHU_DATABASE__URL"), "{message}");
            assert!(!message.contains("secret"), "{message}");
            load("", &[("XINSHU_DATABASE__URL", url)], &[]).unwrap();
        }
        load("", &[], &["database.url=postgres://x@h:5432/x"]).unwrap();
    }

    #[test]
    fn the_caller_may_add_errors() {
        let folder = tempfile::tempdir().unwrap();
        let flags = ["ca.crl_hours=96".to_owned()];
        let object = |settings: &Settings| vec![format!("no {}", settings.tsa.policy)];
        let all = Settings::load_and_check(folder.path(), [], &flags, object);
        let message = all.unwrap_err().to_string();
        for part in ["must exceed ca.crl_hours", "no 1.3.6.1.4.1.99999.1.1"] {
            assert!(message.contains(part), "{message}");
        }
    }
}
