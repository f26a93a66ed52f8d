-- The audit log: every act, a leaf of one Merkle tree (docs/decisions/audit-log.md).
CREATE TABLE audit_entry (
    -- The number of its stream times 2^40, and its place in the stream: without a gap.
    id          BIGINT PRIMARY KEY,
    -- The latest act among those committed together with it: puts in order what
    -- several connections have written.
    written_at  BIGINT NOT NULL,
    action      TEXT NOT NULL,
    -- The canonical JSON that is hashed.
    body        TEXT NOT NULL,
    -- Personal data the body only commits to; NULL where there is none or it was erased.
    personal    TEXT
);

-- One line of entries for each connection that writes: whoever writes waits for
-- nobody, and what has no place in the tree yet is what follows next_id.
CREATE TABLE audit_stream (
    id          BIGINT PRIMARY KEY,
    next_id     BIGINT NOT NULL
);

-- Runs of entries that follow each other both in their stream and in the tree:
-- the sequencer's work, a row for many entries.
CREATE TABLE audit_batch (
    -- Place of its first entry in the tree.
    leaf_index  BIGINT PRIMARY KEY,
    entry_id    BIGINT NOT NULL UNIQUE,
    entries     BIGINT NOT NULL
);

-- Entries with their places; `batch` is the leaf_index of their batch.
CREATE VIEW audit_placed AS
    SELECT b.leaf_index AS batch, b.leaf_index + (e.id - b.entry_id) AS leaf_index,
           e.id, e.action, e.body, e.personal
    FROM audit_batch b JOIN audit_entry e ON e.id >= b.entry_id AND e.id < b.entry_id + b.entries;

-- Entries that wait for their place.
CREATE VIEW audit_waiting AS
    SELECT e.id, e.written_at, e.action, e.body, e.personal
    FROM audit_stream s JOIN audit_entry e ON e.id >= s.next_id AND e.id < (s.id + 1) * 1099511627776;

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
