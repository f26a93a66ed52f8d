-- A unit belongs to an organizational unit, says who may use it, and states an accuracy. Its
-- certificate and key are those of the service 'tsa:NAME' in ca_service: there is no second copy.
CREATE TABLE tsa_unit_9 (
    name            TEXT PRIMARY KEY,
    unit_id         TEXT NOT NULL DEFAULT 'root',
    policy          TEXT NOT NULL,
    -- Whether anyone may have time-stamps; others need the permission tsa.stamp.
    is_public       INTEGER NOT NULL,
    accuracy_micros INTEGER NOT NULL,
    created_at      INTEGER NOT NULL
) STRICT;
INSERT INTO tsa_unit_9 (name, policy, is_public, accuracy_micros, created_at)
SELECT name, policy, 1, 1000000, created_at FROM tsa_unit;
DROP TABLE tsa_unit;
ALTER TABLE tsa_unit_9 RENAME TO tsa_unit;
