//! Settings by environment and flags.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::{SETTINGS, check::has_password};

/// The known settings that environment and flags override, as TOML values: `init`
/// writes them to the file, so that the next command sees the same.
pub fn overrides(
    environment: impl IntoIterator<Item = (String, String)>,
    flags: &[String],
) -> BTreeMap<&'static str, String> {
    let overrides = overrides_from(environment, flags, &mut Vec::new());
    let known = overrides.into_iter().filter_map(|(_, name, value)| {
        let setting = SETTINGS.iter().find(|setting| setting.name == name)?;
        Some((setting.name, value.to_string()))
    });
    known.collect()
}

/// Settings by environment and flags, the latter last: source, name and value.
pub(super) fn overrides_from(
    environment: impl IntoIterator<Item = (String, String)>,
    flags: &[String],
    errors: &mut Vec<String>,
) -> Vec<(String, String, Value)> {
    let mut overrides = Vec::new();
    for (name, value) in environment {
        let Some(setting) = name.strip_prefix("XINSHU_") else {
            continue;
        };
        // One underscore belongs to a name, two part section and key.
        if setting.contains("__") && setting != "KEYS__PASSPHRASE" {
            let dotted = setting.to_lowercase().replace("__", ".");
            overrides.push((name, dotted, literal(&value)));
        }
    }
    for flag in flags {
        match flag.split_once('=') {
            Some((name, value)) => {
                let name = name.trim().to_owned();
                if name == "database.url" && has_password(value) {
                    errors.push(
                        "--set database.url: every user of the machine sees a password on a command line; \
                         set XINSHU_DATABASE__URL, or write it in xinshu.toml"
                            .to_owned(),
                    );
                }
                overrides.push((format!("--set {name}"), name, literal(value)));
            }
            None => errors.push(format!("--set {flag}: give name=value")),
        }
    }
    overrides
}

/// A TOML value, or else the text itself: `8`, `true`, `0.0.0.0:443`.
pub(super) fn literal(text: &str) -> Value {
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
