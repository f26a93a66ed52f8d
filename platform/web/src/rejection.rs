//! What is wrong with a request, in words for the author of the request: serde's messages name
//! Rust types.

/// The message for a value at `path`, or for the whole if that is empty.
pub(crate) fn explain(path: &str, message: &str) -> String {
    let at = |what: String| match path {
        "" | "." | "?" => what,
        path => format!("{path}: {what}"),
    };
    if let Some((name, known)) = named(message, "unknown field `") {
        // The path ends with this very name.
        return match known {
            Some(known) => format!("there is no {name} here; there are {known}"),
            None => format!("there is no {name} here; nothing is expected"),
        };
    }
    if let Some((name, _)) = named(message, "missing field `") {
        return at(format!("{name} is missing"));
    }
    if let Some((name, _)) = named(message, "duplicate field `") {
        return at(format!("{name} is given twice"));
    }
    if let Some((value, known)) = named(message, "unknown variant `") {
        let value = match value {
            "" => "it is empty".to_owned(),
            value => format!("{value:?} is none of its values"),
        };
        return at(format!("{value}; it can be {}", known.unwrap_or_default()));
    }
    for kind in ["invalid type: ", "invalid value: ", "invalid length: "] {
        let found = message.strip_prefix(kind);
        if let Some((found, expected)) = found.and_then(|found| found.split_once(", expected ")) {
            return at(format!("{} is not {}", value(found), type_name(expected)));
        }
    }
    at(match message {
        "invalid digit found in string" => "a whole number is expected".to_owned(),
        "cannot parse integer from empty string" => "it is empty; a number is expected".to_owned(),
        "number too large to fit in target type" => "the number is too large".to_owned(),
        "provided string was not `true` or `false`" => "it can be true or false".to_owned(),
        other => other.to_owned(),
    })
}

/// The name that follows `beginning`, and what is expected instead.
fn named<'a>(message: &'a str, beginning: &str) -> Option<(&'a str, Option<String>)> {
    let rest = message.strip_prefix(beginning)?;
    let (name, rest) = rest.split_once('`')?;
    let known = rest.strip_prefix(", expected ").map(|known| {
        let known = known.strip_prefix("one of ").unwrap_or(known);
        known.replace('`', "")
    });
    Some((name, known))
}

/// A value as serde describes it, such as "integer `-1`" or "string \"x\"", or its type.
fn value(found: &str) -> &str {
    match found.split_once(' ') {
        Some(("string", text)) => text,
        Some(("integer" | "boolean", number)) => number.trim_matches('`'),
        Some(("floating", point)) => point.trim_start_matches("point ").trim_matches('`'),
        _ => match found {
            "map" => "an object",
            "sequence" => "an array",
            other => other,
        },
    }
}

fn type_name(expected: &str) -> &str {
    match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" | "u64" | "usize" => "a whole number that is 0 or more",
        "i32" | "i64" => "a whole number",
        "a sequence" => "an array",
        "a map" => "an object",
        other if other.starts_with("struct ") => "an object",
        other => other,
    }
}
