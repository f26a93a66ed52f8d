-- Which actions are among the entries of each block of 256 leaves, so that a list of one action
-- reads the blocks that have it. The sequencer writes a row for many entries, where an index of
-- audit_entry would cost every act.
CREATE TABLE audit_action (
    action      TEXT NOT NULL,
    block       BIGINT NOT NULL,
    PRIMARY KEY (action, block)
);
INSERT INTO audit_action (action, block)
SELECT DISTINCT action, leaf_index / 256 FROM audit_placed;

-- Whoever removes an administrator looks whether another is left.
CREATE INDEX idp_user_permitted ON idp_user (id) WHERE permissions <> '';
