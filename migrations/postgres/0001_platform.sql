-- The audit log: every act, a leaf of one Merkle tree (docs/decisions/audit-log.md).
CREATE TABLE audit_entry (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Place in the tree, given by the sequencer within a second.
    leaf_index  BIGINT UNIQUE,
    action      TEXT NOT NULL,
    -- The canonical JSON that is hashed.
    body        TEXT NOT NULL,
    -- Personal data the body only commits to; NULL where there is none or it was erased.
    personal    TEXT
);
CREATE INDEX audit_entry_waiting ON audit_entry (id) WHERE leaf_index IS NULL;

-- The tree's state after the last batch: size and the frontier of RFC 6962 subtrees.
CREATE TABLE audit_tree (
    id          BIGINT PRIMARY KEY CHECK (id = 1),
    origin      TEXT NOT NULL,
    key_uri     TEXT NOT NULL,
    size        BIGINT NOT NULL,
    frontier    BYTEA NOT NULL
);

CREATE TABLE audit_checkpoint (
    tree_size   BIGINT PRIMARY KEY,
    root        BYTEA NOT NULL,
    at          BIGINT NOT NULL,
    note        TEXT NOT NULL
);

-- Who may do what must be done once: a lease with an end, and when it was last done.
CREATE TABLE job (
    name        TEXT PRIMARY KEY,
    holder      TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    last_run    BIGINT NOT NULL
);
