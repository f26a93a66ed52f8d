-- The time-stamp authority: its units, and every token it gave.
CREATE TABLE tsa_unit (
    name        TEXT PRIMARY KEY,
    key_uri     TEXT NOT NULL,
    policy      TEXT NOT NULL,
    -- The unit's certificate and its chain without the root, PEM, leaf first.
    chain       TEXT NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE tsa_token (
    serial      BLOB PRIMARY KEY,
    unit        TEXT NOT NULL,
    policy      TEXT NOT NULL,
    gen_time    INTEGER NOT NULL,
    digest      TEXT NOT NULL,
    imprint     BLOB NOT NULL
) STRICT;
