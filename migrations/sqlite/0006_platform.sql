-- Organizational units own everything that can be owned (`unit_id` columns). The tree
-- below the root comes with the directory.
CREATE TABLE unit (
    id          TEXT PRIMARY KEY,
    parent_id   TEXT REFERENCES unit (id),
    name        TEXT NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;
INSERT INTO unit (id, parent_id, name, created_at) VALUES ('root', NULL, 'root', 0);

-- A job is due at once while it has a token; every act that schedules it writes
-- another one. Until now a negative last_run was the token.
ALTER TABLE job ADD COLUMN due_token INTEGER;
UPDATE job SET due_token = -last_run, last_run = 0 WHERE last_run < 0;

-- The next step of the tree, claimed before its head is signed, so that any node that
-- completes it signs the same head. The claim is open while claim_from is the tree's size;
-- the commit of the step sets claim_from to -1.
ALTER TABLE audit_tree ADD COLUMN claim_from INTEGER NOT NULL DEFAULT -1;
ALTER TABLE audit_tree ADD COLUMN claim_size INTEGER NOT NULL DEFAULT 0;
ALTER TABLE audit_tree ADD COLUMN claim_root BLOB;
-- The number of the first entry and of the entries of each run, 8 bytes each.
ALTER TABLE audit_tree ADD COLUMN claim_runs BLOB;

-- A node of 0.1.0 that still runs beside this schema sequences without claims, and so
-- could publish a second head of some size. It never writes claim_from, so none of its
-- steps is committed, not even one that happens to end at the size that was claimed.
CREATE TRIGGER audit_tree_of_0_1_0 BEFORE UPDATE OF size ON audit_tree
    WHEN NEW.size <> OLD.size AND NOT
        (OLD.claim_from = OLD.size AND NEW.size = OLD.claim_size AND NEW.claim_from = -1)
BEGIN
    SELECT RAISE(ABORT, 'this database was migrated by a newer xinshu: stop this node and start the newer version');
END;
