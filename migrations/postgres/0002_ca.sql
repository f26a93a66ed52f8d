-- The certificate authority. One row of `ca` for each authority of the hierarchy.
CREATE TABLE ca (
    name        TEXT PRIMARY KEY,
    -- The authority that issued it; its own name where it is a root.
    issuer      TEXT NOT NULL,
    key_uri     TEXT NOT NULL,
    certificate BYTEA NOT NULL,
    created_at  BIGINT NOT NULL
);

-- Certificates of this system's own services: the OCSP responder of an
-- authority (`ocsp:NAME`) and the server's TLS certificates, one a key (`tls:HASH`).
CREATE TABLE ca_service (
    name        TEXT NOT NULL,
    key_uri     TEXT NOT NULL,
    issuer      TEXT NOT NULL,
    certificate BYTEA NOT NULL,
    not_after   BIGINT NOT NULL,
    PRIMARY KEY (name, not_after)
);

-- What was about to be signed, committed before it is (design rule 2). A serial
-- that is here was used, whether or not its certificate left the house.
CREATE TABLE ca_intent (
    serial      BYTEA PRIMARY KEY,
    issuer      TEXT NOT NULL,
    tbs_digest  BYTEA NOT NULL,
    at          BIGINT NOT NULL
);

CREATE TABLE ca_certificate (
    serial      BYTEA PRIMARY KEY,
    issuer      TEXT NOT NULL,
    profile     TEXT NOT NULL,
    subject     TEXT NOT NULL,
    requester   TEXT NOT NULL,
    issued_at   BIGINT NOT NULL,
    not_after   BIGINT NOT NULL,
    der         BYTEA NOT NULL
);
CREATE INDEX ca_certificate_issued ON ca_certificate (issued_at);

CREATE TABLE ca_revocation (
    serial      BYTEA PRIMARY KEY,
    issuer      TEXT NOT NULL,
    reason      BIGINT NOT NULL,
    revoked_at  BIGINT NOT NULL,
    not_after   BIGINT NOT NULL
);
CREATE INDEX ca_revocation_issuer ON ca_revocation (issuer, revoked_at);

CREATE TABLE ca_crl (
    issuer      TEXT NOT NULL,
    crl_number  BIGINT NOT NULL,
    this_update BIGINT NOT NULL,
    next_update BIGINT NOT NULL,
    der         BYTEA NOT NULL,
    PRIMARY KEY (issuer, crl_number)
);

-- The last CRL number given out, so that a number that was never published is not given again.
CREATE TABLE ca_crl_number (
    issuer      TEXT PRIMARY KEY,
    crl_number  BIGINT NOT NULL
);

-- Counts revocations, in the order they were committed: a change tells every
-- node that the OCSP answers it keeps are old.
CREATE TABLE ca_generation (
    id          BIGINT PRIMARY KEY CHECK (id = 1),
    generation  BIGINT NOT NULL
);
INSERT INTO ca_generation (id, generation) VALUES (1, 0);
