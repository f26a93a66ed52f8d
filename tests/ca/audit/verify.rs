//! `xinshu audit verify` after somebody's hand was in the database.

use testkit::{Options, Postgres, Xinshu, wait_until};

use crate::support::Ca;

#[test]
fn in_sqlite() {
    found(Ca::start("p256"), |hex| format!("x'{hex}'"));
}

#[test]
fn in_postgresql() {
    let ca = Ca::with(Options {
        settings: vec![format!("database.url={}", Postgres::shared().database())],
        ..Options::default()
    });
    found(ca, |hex| format!("'\\x{hex}'"));
}

const TABLES: [&str; 10] = [
    "ca_authority",
    "ca_authority_certificate",
    "ca_certificate",
    "ca_revocation",
    "audit_entry",
    "audit_stream",
    "audit_batch",
    "audit_tree",
    "audit_checkpoint",
    "ca_revocation_epoch",
];

/// SQL for the number of the entry that has a place in the log, or had it.
fn number_at(place: i64) -> String {
    format!(
        "(SELECT entry_id + {place} - leaf_index FROM audit_batch WHERE leaf_index <= {place} \
         ORDER BY leaf_index DESC LIMIT 1)"
    )
}

/// Keeps the tables as they are under another name.
fn keep(node: &Xinshu, moment: &str) {
    for table in TABLES {
        node.sql(&format!(
            "CREATE TABLE {moment}_{table} AS SELECT * FROM {table}"
        ));
    }
}

/// Puts the tables back as they were kept.
fn put_back(node: &Xinshu, moment: &str) {
    for table in TABLES {
        node.sql(&format!(
            "DELETE FROM {table}; INSERT INTO {table} SELECT * FROM {moment}_{table}"
        ));
    }
}

/// `blob` writes bytes in SQL, from their hexadecimal digits.
fn found(mut ca: Ca, blob: fn(&str) -> String) {
    let csr = ca.web("www.example.org");
    let [first, second] = [ca.issue("tls-server", &csr), ca.issue("tls-server", &csr)];
    let third = ca.issue_by_command("tls-server", &csr);
    ca.revoke(&first.serial, "keyCompromise").expect(204);
    wait_until("every entry's place in the log", || {
        ca.node.sql("SELECT COUNT(*) FROM audit_waiting").trim() == "0"
    });
    let note = ca.server.ask([], "/log/checkpoint").expect(200).text();
    let checkpoint = ca.written("checkpoint", &note);
    assert!(ca.server.stop());
    let node = &ca.node;
    node.xinshu(["audit", "verify"]).success();
    keep(node, "good");

    for [what, sql, expected] in EDITS {
        let fill = |text: &str| {
            text.replace("FIRST", &blob(&first.serial))
                .replace("SECOND", &blob(&second.serial))
                .replace("PLACE(3)", &number_at(3))
                .replace("PLACE(4)", &number_at(4))
                .replace("THIRD", &blob(&third.serial))
        };
        node.sql(&fill(sql));
        let verified = node.xinshu(["audit", "verify"]);
        assert_eq!(
            verified.code,
            Some(1),
            "{what}: not found: {}{}",
            verified.text(),
            verified.stderr
        );
        assert!(
            verified.text().contains(expected),
            "{what}: {}",
            verified.text()
        );
        put_back(node, "good");
    }
    // Names of persons may be erased; then who asked for a certificate is not compared.
    node.sql("UPDATE audit_entry SET personal = NULL");
    node.xinshu(["audit", "verify"]).success();
    put_back(node, "good");
    node.xinshu(["audit", "verify"]).success();
    node.xinshu([
        "audit",
        "verify",
        "--checkpoint",
        checkpoint.to_str().unwrap(),
    ])
    .success();
    rolled_back(&mut ca);
}

/// A rollback to an older state as a whole shows only to who kept a checkpoint.
fn rolled_back(ca: &mut Ca) {
    ca.server = ca.node.serve();
    ca.issue("tls-server", &ca.web("later.example.org"));
    wait_until("every entry's place in the log", || {
        ca.node.sql("SELECT COUNT(*) FROM audit_waiting").trim() == "0"
    });
    let note = ca.server.ask([], "/log/checkpoint").expect(200).text();
    let checkpoint = ca.written("checkpoint", &note);
    assert!(ca.server.stop());
    put_back(&ca.node, "good");
    ca.node.xinshu(["audit", "verify"]).success();
    let verified = ca.node.xinshu([
        "audit",
        "verify",
        "--checkpoint",
        checkpoint.to_str().unwrap(),
    ]);
    assert_eq!(verified.code, Some(1), "{}", verified.text());
    assert!(
        verified.text().contains("it was rolled back"),
        "{}",
        verified.text()
    );
}

/// What is done, by which SQL, and what must be found. FIRST is the serial number
/// of a revoked certificate, SECOND that of a good one, THIRD that of one which a person
/// asked for.
const EDITS: [[&str; 3]; 27] = [
    [
        "a certificate is swapped",
        "UPDATE ca_certificate SET der = (SELECT der FROM ca_certificate WHERE serial = FIRST) \
         WHERE serial = SECOND",
        "on record is not the one that was logged",
    ],
    [
        "a certificate is deleted",
        "DELETE FROM ca_certificate WHERE serial = SECOND",
        "is no longer on record",
    ],
    [
        "a certificate is slipped in",
        "INSERT INTO ca_certificate (serial, authority_id, profile, profile_version, subject, \
         requester, issued_at, not_after, der) \
         SELECT tbs_digest, authority_id, 'tls-server', 1, 'CN=x', 'x', 1, 1, tbs_digest \
         FROM ca_intent LIMIT 1",
        "the log has no entry for its issuance",
    ],
    [
        "its issuer is altered",
        "UPDATE ca_certificate SET authority_id = (SELECT id FROM ca_authority \
         WHERE name = 'root') WHERE serial = SECOND",
        "is no longer on record",
    ],
    [
        "its subject is altered",
        "UPDATE ca_certificate SET subject = 'CN=nobody' WHERE serial = SECOND",
        "is not what was logged",
    ],
    [
        "its end is altered",
        "UPDATE ca_certificate SET not_after = not_after + 1000000 WHERE serial = SECOND",
        "is not what was logged",
    ],
    [
        "its profile is altered",
        "UPDATE ca_certificate SET profile = 'person' WHERE serial = SECOND",
        "is not what was logged",
    ],
    [
        "the client that asked for it is altered",
        "UPDATE ca_certificate SET requester = 'client:other' WHERE serial = SECOND",
        "is not what was logged",
    ],
    [
        "the person who asked for it is altered",
        "UPDATE ca_certificate SET requester = 'local:other' WHERE serial = THIRD",
        "is not what was logged",
    ],
    [
        "a revocation is deleted",
        "DELETE FROM ca_revocation",
        "is on record as good",
    ],
    [
        "a revocation is slipped in",
        "INSERT INTO ca_revocation (serial, authority_id, reason, revoked_at, not_after) \
         SELECT serial, authority_id, 1, issued_at, not_after FROM ca_certificate WHERE serial = SECOND",
        "the log has no entry for its revocation",
    ],
    [
        "its reason is altered",
        "UPDATE ca_revocation SET reason = 4",
        "on record is not the one that was logged",
    ],
    [
        "its time is altered",
        "UPDATE ca_revocation SET revoked_at = revoked_at + 1000000",
        "on record is not the one that was logged",
    ],
    [
        "it is hidden from CRLs by its end",
        "UPDATE ca_revocation SET not_after = 1",
        "on record is not the one that was logged",
    ],
    [
        "it is hidden from CRLs by its issuer",
        "UPDATE ca_revocation SET authority_id = 'nobody'",
        "is on record as good",
    ],
    [
        "an authority is swapped",
        "UPDATE ca_certificate SET der = (SELECT der FROM ca_certificate WHERE profile = 'root') \
         WHERE profile = 'issuing'",
        "authority issuing was created but is no longer on record",
    ],
    [
        "an authority's certificate is given to another",
        "UPDATE ca_authority_certificate SET key_uri = 'software:other' WHERE authority_id = \
         (SELECT id FROM ca_authority WHERE name = 'issuing')",
        "authority issuing on record",
    ],
    [
        "a certificate of an authority is deleted",
        "DELETE FROM ca_certificate WHERE profile = 'issuing'",
        "is no longer on record",
    ],
    [
        "an authority is deleted",
        "DELETE FROM ca_authority WHERE name = 'issuing'",
        "authority issuing was created but is no longer on record",
    ],
    [
        "an entry is altered",
        "UPDATE audit_entry SET body = replace(body, 'keyCompromise', 'superseded')",
        "one of them was changed",
    ],
    [
        "an entry is deleted",
        "DELETE FROM audit_entry WHERE id = PLACE(3)",
        "entries 3 to 3 are missing",
    ],
    [
        "the last entry is deleted",
        "DELETE FROM audit_entry WHERE id = (SELECT id FROM audit_placed ORDER BY leaf_index DESC LIMIT 1)",
        "rolled back",
    ],
    [
        "entries are reordered",
        "UPDATE audit_entry SET id = 1 WHERE id = PLACE(3); \
         UPDATE audit_entry SET id = PLACE(3) WHERE id = PLACE(4); \
         UPDATE audit_entry SET id = PLACE(4) WHERE id = 1",
        "reordered",
    ],
    [
        "an entry is listed under another action",
        "UPDATE audit_entry SET action = 'nothing' WHERE id = PLACE(3)",
        "under an action it does not record",
    ],
    [
        "an actor's name is altered",
        "UPDATE audit_entry SET personal = replace(personal, 'actor\":\"', 'actor\":\"not-') \
         WHERE id = PLACE(3)",
        "is not the one that was logged",
    ],
    [
        "a checkpoint is altered",
        "UPDATE audit_checkpoint SET note = replace(note, 'log', 'lag')",
        "checkpoint",
    ],
    [
        "the tree's state is altered",
        // As if the step was claimed, which the schema asks for.
        "UPDATE audit_tree SET claim_from = size, claim_size = size - 1; \
         UPDATE audit_tree SET size = size - 1, claim_from = -1",
        "the log's stored state",
    ],
];
