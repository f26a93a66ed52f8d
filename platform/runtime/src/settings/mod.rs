//! Settings: `xinshu.toml`, then `XINSHU_SECTION__KEY`, then flags.
//!
//! All that is wrong is told in one message, and nothing starts (design rule 9).

mod check;
mod table;

use std::{collections::BTreeMap, fmt::Write as _, net::SocketAddr, path::Path};

use serde::Deserialize;
use toml::{Table, Value};

pub use table::{SETTINGS, Setting};

/// All settings, parsed.
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "each is told in the table of settings")]
pub struct Settings {
    pub listen: Listen,
    pub public: Public,
    pub database: Database,
    pub keys: Keys,
    pub log: Log,
    pub ca: Ca,
    pub idp: Idp,
    pub tsa: Tsa,
}

#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "each is told in the table of settings")]
pub struct Listen {
    pub https: SocketAddr,
    pub http: SocketAddr,
    pub ops: SocketAddr,
    pub max_connections: u32,
    pub header_seconds: u32,
    pub body_seconds: u32,
    pub idle_seconds: u32,
    pub drain_seconds: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "each is told in the table of settings")]
pub struct Public {
    pub url: String,
    pub http_url: String,
}

#[derive(Clone, Deserialize)]
#[allow(missing_docs, reason = "each is told in the table of settings")]
pub struct Database {
    pub url: String,
}

#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "each is told in the table of settings")]
pub struct Keys {
    pub store: String,
    pub stores: String,
    pub folder: String,
    pub passphrase_file: String,
    pub sessions: u32,
    pub queue: u32,
    pub timeout_seconds: u32,
    pub sm2_id: String,
    pub sm2_mechanisms: String,
}

#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "each is told in the table of settings")]
pub struct Log {
    pub level: String,
    pub format: LogFormat,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For reading by eye.
    Text,
}

#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "each is told in the table of settings")]
pub struct Ca {
    pub policy: String,
    pub crl_hours: u32,
    pub crl_lifetime_hours: u32,
    pub ocsp_lifetime_hours: u32,
    pub server_certificate_days: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "each is told in the table of settings")]
pub struct Idp {
    pub access_token_minutes: u32,
    pub session_hours: u32,
    pub idle_minutes: u32,
    pub refresh_days: u32,
    pub refresh_idle_days: u32,
    pub signing_key_days: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "each is told in the table of settings")]
pub struct Tsa {
    pub policy: String,
    pub accuracy_milliseconds: u32,
}

/// Everything that is wrong with the settings, a line each.
#[derive(Debug, thiserror::Error)]
#[error("the settings cannot be used:\n{}", .0.iter().map(|line| format!("  - {line}")).collect::<Vec<_>>().join("\n"))]
pub struct SettingsError(pub Vec<String>);

impl std::fmt::Debug for Database {
    /// A URL may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Database")
    }
}

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

    /// As [`Self::load`]; `also` tells what else is wrong with settings that parse.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn load_and_check(
        data: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &[String],
        also: impl FnOnce(&Self) -> Vec<String>,
    ) -> Result<Self, SettingsError> {
        let mut wrong = Vec::new();
        let mut values = defaults(data);
        let file = data.join("xinshu.toml");
        match std::fs::read_to_string(&file) {
            Ok(text) => overlay_file(&file, &text, &mut values, &mut wrong),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => wrong.push(format!("{}: {error}", file.display())),
        }
        for (place, name, value) in said(environment, flags, &mut wrong) {
            overlay(&place, &name, value, &mut values, &mut wrong);
        }
        let parsed = parse(&values, &mut wrong);
        match parsed {
            Some(settings) => {
                check::contradictions(&settings, &mut wrong);
                wrong.extend(also(&settings));
                if wrong.is_empty() {
                    Ok(settings)
                } else {
                    Err(SettingsError(wrong))
                }
            }
            None => Err(SettingsError(wrong)),
        }
    }
}

/// The commented `xinshu.toml` that `init` writes; `given` are values it knows better.
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
            Some(value) => writeln!(text, "# {}\n{key} = {value}", setting.meaning),
            None => writeln!(text, "# {}\n#{key} = {}", setting.meaning, setting.default),
        };
    }
    text
}

/// What environment and flags say of settings that there are, as TOML values:
/// `init` writes it down, so that the next command sees the same.
pub fn overrides(
    environment: impl IntoIterator<Item = (String, String)>,
    flags: &[String],
) -> BTreeMap<&'static str, String> {
    let said = said(environment, flags, &mut Vec::new());
    let known = said.into_iter().filter_map(|(_, name, value)| {
        let setting = SETTINGS.iter().find(|setting| setting.name == name)?;
        Some((setting.name, value.to_string()))
    });
    known.collect()
}

/// Settings by environment and flags, the latter last: place, name and value.
fn said(
    environment: impl IntoIterator<Item = (String, String)>,
    flags: &[String],
    wrong: &mut Vec<String>,
) -> Vec<(String, String, Value)> {
    let mut said = Vec::new();
    for (name, value) in environment {
        let Some(setting) = name.strip_prefix("XINSHU_") else {
            continue;
        };
        // One underscore belongs to a name, two part section and key.
        if setting.contains("__") && setting != "KEYS__PASSPHRASE" {
            let dotted = setting.to_lowercase().replace("__", ".");
            said.push((name, dotted, literal(&value)));
        }
    }
    for flag in flags {
        match flag.split_once('=') {
            Some((name, value)) => {
                let name = name.trim().to_owned();
                if name == "database.url" && check::has_password(value) {
                    wrong.push(
                        "--set database.url: every user of the machine sees a password on a command line; \
                         set XINSHU_DATABASE__URL, or write it in xinshu.toml"
                            .to_owned(),
                    );
                }
                said.push((format!("--set {name}"), name, literal(value)));
            }
            None => wrong.push(format!("--set {flag}: give name=value")),
        }
    }
    said
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

/// A TOML value, or else the text as it stands: `8`, `true`, `0.0.0.0:443`.
fn literal(text: &str) -> Value {
    let document = format!("value = {text}");
    toml::from_str::<Table>(&document)
        .ok()
        .and_then(|mut table| {
            if table.len() == 1 {
                table.remove("value")
            } else {
                None
            }
        })
        .filter(|value| !matches!(value, Value::Datetime(_) | Value::Float(_)))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

fn overlay_file(
    file: &Path,
    text: &str,
    values: &mut BTreeMap<&'static str, Value>,
    wrong: &mut Vec<String>,
) {
    let place = file.display().to_string();
    let table: Table = match toml::from_str(text) {
        Ok(table) => table,
        Err(error) => {
            wrong.push(format!("{place}: {error}"));
            return;
        }
    };
    for (section, entries) in table {
        match entries {
            Value::Table(entries) => {
                for (key, value) in entries {
                    overlay(&place, &format!("{section}.{key}"), value, values, wrong);
                }
            }
            value => overlay(&place, &section, value, values, wrong),
        }
    }
}

fn overlay(
    place: &str,
    name: &str,
    value: Value,
    values: &mut BTreeMap<&'static str, Value>,
    wrong: &mut Vec<String>,
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
    wrong.push(format!(
        "{place}: there is no setting {name}; did you mean {nearest}?"
    ));
}

fn parse(values: &BTreeMap<&'static str, Value>, wrong: &mut Vec<String>) -> Option<Settings> {
    let mut table = Table::new();
    for (name, value) in values {
        let (section, key) = name.split_once('.')?;
        if let Value::Table(section) = table
            .entry(section.to_owned())
            .or_insert_with(|| Value::Table(Table::new()))
        {
            // A number given as text by the environment is taken as it was meant,
            // and text settings that look like numbers stay text.
            section.insert(key.to_owned(), value.clone());
        }
    }
    match Settings::deserialize(table.clone()) {
        Ok(settings) => Some(settings),
        Err(_) => {
            blame_each(values, wrong);
            None
        }
    }
}

/// Finds every value of a wrong type by putting each alone among the defaults.
fn blame_each(values: &BTreeMap<&'static str, Value>, wrong: &mut Vec<String>) {
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
            wrong.push(format!("{name} = {value}: {}", error.message()));
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
    fn everything_wrong_is_told_at_once_with_the_nearest_name() {
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
    fn whoever_loads_may_object_too() {
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
