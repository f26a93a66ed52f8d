-- Organizational units own everything that can be owned (`unit_id` columns). The tree
-- below the root comes with the directory.
CREATE TABLE unit (
    id          TEXT PRIMARY KEY,
    parent_id   TEXT REFERENCES unit (id),
    name        TEXT NOT NULL,
    created_at  BIGINT NOT NULL
);
INSERT INTO unit (id, parent_id, name, created_at) VALUES ('root', NULL, 'root', 0);

-- A job is due at once while it has a token; every act that schedules it writes
-- another one. Until now a negative last_run was the token.
ALTER TABLE job ADD COLUMN due_token BIGINT;
UPDATE job SET due_token = -last_run, last_run = 0 WHERE last_run < 0;

-- The next step of the tree, claimed before its head is signed, so that any node that
-- completes it signs the same head. The claim is open while claim_from is the tree's size;
-- the commit of the step sets claim_from to -1.
ALTER TABLE audit_tree ADD COLUMN claim_from BIGINT NOT NULL DEFAULT -1;
ALTER TABLE audit_tree ADD COLUMN claim_size BIGINT NOT NULL DEFAULT 0;
ALTER TABLE audit_tree ADD COLUMN claim_root BYTEA;
-- The number of the first entry and of the entries of each run, 8 bytes each.
ALTER TABLE audit_tree ADD COLUMN claim_runs BYTEA;

CREATE FUNCTION refuse_write_of_0_1_0() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'this database was migrated by a newer xinshu: stop this node and start the newer version'
        USING ERRCODE = '57000';
END $$;

-- A node of 0.1.0 that still runs beside this schema fails at its next write, and says
-- why; later versions notice by themselves. Only 0.1.0 names its connections so.
CREATE TRIGGER audit_entry_of_0_1_0 BEFORE INSERT ON audit_entry
    FOR EACH STATEMENT WHEN (current_setting('application_name') = 'xinshu')
    EXECUTE FUNCTION refuse_write_of_0_1_0();

-- Such a node also sequences without claims, and so could publish a second head of some
-- size. It never writes claim_from, so none of its steps is committed, not even one that
-- happens to end at the size that was claimed.
CREATE TRIGGER audit_tree_of_0_1_0 BEFORE UPDATE OF size ON audit_tree
    FOR EACH ROW WHEN (NEW.size <> OLD.size AND NOT
        (OLD.claim_from = OLD.size AND NEW.size = OLD.claim_size AND NEW.claim_from = -1))
    EXECUTE FUNCTION refuse_write_of_0_1_0();
