//! The REST API keeps what the last release described, except for what `docs/api-changes.md` lists.

use std::collections::BTreeSet;

use serde_json::Value;
use testkit::{Options, Xinshu};

use crate::XINSHU;

const LAST_RELEASE: &str = include_str!("../../data/0.1.0/openapi.json");
const LISTED: &str = include_str!("../../../docs/api-changes.md");

/// What a schema refers to at most, one inside another.
const DEPTH: usize = 8;

#[test]
fn every_change_since_the_last_release_is_listed() {
    let before: Value = serde_json::from_str(LAST_RELEASE).unwrap();
    let node = Xinshu::prepare(XINSHU, Options::default());
    let now = node.xinshu(["openapi"]).success().json();
    let (before, now) = (facts(&before), facts(&now));
    // What clients read is gone, or what they send is not accepted.
    let gone = before.difference(&now);
    // What they do not send is required.
    let required = now
        .difference(&before)
        .filter(|fact| fact.ends_with(" is required"))
        // A new operation cannot break who calls the old ones.
        .filter(|fact| before.iter().any(|old| old.starts_with(&operation(fact))));
    let changes: BTreeSet<String> = gone
        .map(|fact| format!("- gone: `{fact}`"))
        .chain(required.map(|fact| format!("- new: `{fact}`")))
        .collect();
    let listed: BTreeSet<String> = LISTED
        .lines()
        .filter(|line| line.starts_with("- gone: ") || line.starts_with("- new: "))
        .map(|line| line.split(" — ").next().unwrap_or(line).to_owned())
        .collect();
    let missing: Vec<_> = changes.difference(&listed).collect();
    let stale: Vec<_> = listed.difference(&changes).collect();
    assert!(
        missing.is_empty(),
        "not in docs/api-changes.md:\n{missing:#?}"
    );
    assert!(stale.is_empty(), "listed, but not so:\n{stale:#?}");
}

/// The operation of a fact: method and path.
fn operation(fact: &str) -> String {
    let mut words = fact.split(' ');
    format!(
        "{} {} ",
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default()
    )
}

/// The description as sentences that can be compared one by one.
fn facts(description: &Value) -> BTreeSet<String> {
    let mut facts = BTreeSet::new();
    for (path, item) in members(&description["paths"]) {
        for (method, operation) in members(item) {
            let name = format!("{} {path}", method.to_uppercase());
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let parameter_name = parameter["name"].as_str().unwrap();
                facts.insert(format!("{name} parameter {parameter_name}"));
                if parameter["required"] == true {
                    facts.insert(format!("{name} parameter {parameter_name} is required"));
                }
            }
            for (_, content) in members(&operation["requestBody"]["content"]) {
                let body = format!("{name} request");
                schema(
                    &mut facts,
                    description,
                    &content["schema"],
                    &body,
                    true,
                    DEPTH,
                );
            }
            for (status, response) in members(&operation["responses"]) {
                // Errors have one form, which other tests check.
                if !status.starts_with('2') {
                    continue;
                }
                let answer = format!("{name} {status}");
                facts.insert(answer.clone());
                for (_, content) in members(&response["content"]) {
                    schema(
                        &mut facts,
                        description,
                        &content["schema"],
                        &answer,
                        false,
                        DEPTH,
                    );
                }
            }
        }
    }
    facts
}

fn schema(
    facts: &mut BTreeSet<String>,
    description: &Value,
    part: &Value,
    name: &str,
    is_request: bool,
    depth: usize,
) {
    if depth == 0 {
        return;
    }
    if let Some(reference) = part["$ref"].as_str() {
        let part = description.pointer(reference.trim_start_matches('#'));
        let part = part.unwrap_or_else(|| panic!("{reference} leads nowhere"));
        return schema(facts, description, part, name, is_request, depth - 1);
    }
    for part in ["oneOf", "allOf", "anyOf"]
        .iter()
        .flat_map(|of| part[*of].as_array().into_iter().flatten())
    {
        schema(facts, description, part, name, is_request, depth - 1);
    }
    if part["items"].is_object() {
        facts.insert(format!("{name} []"));
        let name = format!("{name} []");
        schema(
            facts,
            description,
            &part["items"],
            &name,
            is_request,
            depth - 1,
        );
    }
    let required: BTreeSet<&str> = part["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for (member, value) in members(&part["properties"]) {
        let name = format!("{name} {member}");
        facts.insert(name.clone());
        if is_request && required.contains(member.as_str()) {
            facts.insert(format!("{name} is required"));
        }
        schema(facts, description, value, &name, is_request, depth - 1);
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
