-- The certificate authority. One row of `ca` for each authority of the hierarchy.
CREATE TABLE ca (
    name        TEXT PRIMARY KEY,
    -- The authority that issued it; its own name where it is a root.
    issuer      TEXT NOT NULL,
    key_uri     TEXT NOT NULL,
    certificate BLOB NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;

-- Certificates of this system's own services: the OCSP responder of an
-- authority (`ocsp:NAME`) and the server's TLS certificates, one a key (`tls:HASH`).
CREATE TABLE ca_service (
    name        TEXT NOT NULL,
    key_uri     TEXT NOT NULL,
    issuer      TEXT NOT NULL,
    certificate BLOB NOT NULL,
    not_after   INTEGER NOT NULL,
    PRIMARY KEY (name, not_after)
) STRICT;

-- What was about to be signed, committed before it is (design rule 2). A serial
-- that is here was used, whether or not its certificate left the house.
CREATE TABLE ca_intent (
    serial      BLOB PRIMARY KEY,
    issuer      TEXT NOT NULL,
    tbs_digest  BLOB NOT NULL,
    at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE ca_certificate (
    serial      BLOB PRIMARY KEY,
    issuer      TEXT NOT NULL,
    profile     TEXT NOT NULL,
    subject     TEXT NOT NULL,
    requester   TEXT NOT NULL,
    issued_at   INTEGER NOT NULL,
    not_after   INTEGER NOT NULL,
    der         BLOB NOT NULL
) STRICT;
CREATE INDEX ca_certificate_issued ON ca_certificate (issued_at);

CREATE TABLE ca_revocation (
    serial      BLOB PRIMARY KEY,
    issuer      TEXT NOT NULL,
    reason      INTEGER NOT NULL,
    revoked_at  INTEGER NOT NULL,
    not_after   INTEGER NOT NULL
) STRICT;
CREATE INDEX ca_revocation_issuer ON ca_revocation (issuer, revoked_at);

CREATE TABLE ca_crl (
    issuer      TEXT NOT NULL,
    crl_number  INTEGER NOT NULL,
    this_update INTEGER NOT NULL,
    next_update INTEGER NOT NULL,
    der         BLOB NOT NULL,
    PRIMARY KEY (issuer, crl_number)
) STRICT;

-- The last CRL number given out, so that a number that was never published is not given again.
CREATE TABLE ca_crl_number (
    issuer      TEXT PRIMARY KEY,
    crl_number  INTEGER NOT NULL
) STRICT;

-- Counts revocations, in the order they were committed: a change tells every
-- node that the OCSP answers it keeps are old.
CREATE TABLE ca_generation (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    generation  INTEGER NOT NULL
) STRICT;
INSERT INTO ca_generation (id, generation) VALUES (1, 0);
