-- The audit log: every act, a leaf of one Merkle tree (docs/decisions/audit-log.md).
CREATE TABLE audit_entry (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Place in the tree, given by the sequencer within a second.
    leaf_index  INTEGER UNIQUE,
    action      TEXT NOT NULL,
    -- The canonical JSON that is hashed.
    body        TEXT NOT NULL,
    -- Personal data the body only commits to; NULL where there is none or it was erased.
    personal    TEXT
) STRICT;
CREATE INDEX audit_entry_waiting ON audit_entry (id) WHERE leaf_index IS NULL;

-- The tree's state after the last batch: size and the frontier of RFC 6962 subtrees.
CREATE TABLE audit_tree (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    origin      TEXT NOT NULL,
    key_uri     TEXT NOT NULL,
    size        INTEGER NOT NULL,
    frontier    BLOB NOT NULL
) STRICT;

CREATE TABLE audit_checkpoint (
    tree_size   INTEGER PRIMARY KEY,
    root        BLOB NOT NULL,
    at          INTEGER NOT NULL,
    note        TEXT NOT NULL
) STRICT;

-- Who may do what must be done once: a lease with an end, and when it was last done.
CREATE TABLE job (
    name        TEXT PRIMARY KEY,
    holder      TEXT NOT NULL,
    lease_until INTEGER NOT NULL,
    last_run    INTEGER NOT NULL
) STRICT;
