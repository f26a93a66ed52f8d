-- An authority is not a certificate: it has an id, keys, and any number of certificates.
-- Certificates of authorities are certificates like any other. A certificate is identified by
-- the authority that issued it and its serial number.
CREATE TABLE ca_authority (
    id          TEXT PRIMARY KEY,
    unit_id     TEXT NOT NULL DEFAULT 'root',
    -- In addresses: /ca/NAME.cer, /crl/NAME.crl.
    name        TEXT NOT NULL UNIQUE,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE ca_key (
    authority_id TEXT NOT NULL,
    uri          TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (authority_id, uri)
) STRICT;

-- Which certificates are about authorities: issuer_id and serial identify the certificate,
-- authority_id is its subject. A root has issued its own.
CREATE TABLE ca_authority_certificate (
    issuer_id    TEXT NOT NULL,
    serial       BLOB NOT NULL,
    authority_id TEXT NOT NULL,
    key_uri      TEXT NOT NULL,
    PRIMARY KEY (issuer_id, serial)
) STRICT;
CREATE INDEX ca_authority_certificate_subject ON ca_authority_certificate (authority_id);

-- The authorities of 0.1.0 keep their names as ids. SQL cannot read the serial numbers of
-- their certificates: the program moves these rows into ca_certificate when it opens the
-- database.
CREATE TABLE ca_migrated_certificate (
    authority_id TEXT PRIMARY KEY,
    issuer_id    TEXT NOT NULL,
    key_uri      TEXT NOT NULL,
    der          BLOB NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;
INSERT INTO ca_authority (id, name, created_at) SELECT name, name, created_at FROM ca;
INSERT INTO ca_key (authority_id, uri, created_at) SELECT name, key_uri, created_at FROM ca;
INSERT INTO ca_migrated_certificate (authority_id, issuer_id, key_uri, der, created_at)
SELECT name, issuer, key_uri, certificate, created_at FROM ca;
DROP TABLE ca;

-- Serial numbers come first: people and OCSP ask by them, sometimes by them alone.
CREATE TABLE ca_intent_7 (
    authority_id TEXT NOT NULL,
    serial       BLOB NOT NULL,
    tbs_digest   BLOB NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (serial, authority_id)
) STRICT, WITHOUT ROWID;
INSERT INTO ca_intent_7 (authority_id, serial, tbs_digest, at)
SELECT issuer, serial, tbs_digest, at FROM ca_intent;
DROP TABLE ca_intent;
ALTER TABLE ca_intent_7 RENAME TO ca_intent;

CREATE TABLE ca_certificate_7 (
    authority_id    TEXT NOT NULL,
    serial          BLOB NOT NULL,
    unit_id         TEXT NOT NULL DEFAULT 'root',
    profile         TEXT NOT NULL,
    profile_version INTEGER NOT NULL,
    subject         TEXT NOT NULL,
    requester       TEXT NOT NULL,
    issued_at       INTEGER NOT NULL,
    not_after       INTEGER NOT NULL,
    der             BLOB NOT NULL,
    PRIMARY KEY (serial, authority_id)
) STRICT;
INSERT INTO ca_certificate_7
(authority_id, serial, profile, profile_version, subject, requester, issued_at, not_after, der)
SELECT issuer, serial, profile, 1, subject, requester, issued_at, not_after, der
FROM ca_certificate;
DROP TABLE ca_certificate;
ALTER TABLE ca_certificate_7 RENAME TO ca_certificate;
CREATE INDEX ca_certificate_issued ON ca_certificate (issued_at);

CREATE TABLE ca_revocation_7 (
    authority_id TEXT NOT NULL,
    serial       BLOB NOT NULL,
    reason       INTEGER NOT NULL,
    revoked_at   INTEGER NOT NULL,
    not_after    INTEGER NOT NULL,
    PRIMARY KEY (authority_id, serial)
) STRICT;
INSERT INTO ca_revocation_7 (authority_id, serial, reason, revoked_at, not_after)
SELECT issuer, serial, reason, revoked_at, not_after FROM ca_revocation;
DROP TABLE ca_revocation;
ALTER TABLE ca_revocation_7 RENAME TO ca_revocation;
CREATE INDEX ca_revocation_listed ON ca_revocation (authority_id, revoked_at);

-- The certificate itself is in ca_certificate.
CREATE TABLE ca_service_7 (
    authority_id TEXT NOT NULL,
    serial       BLOB NOT NULL,
    name         TEXT NOT NULL,
    profile      TEXT NOT NULL,
    key_uri      TEXT NOT NULL,
    not_after    INTEGER NOT NULL,
    PRIMARY KEY (authority_id, serial)
) STRICT;
INSERT INTO ca_service_7 (authority_id, serial, name, profile, key_uri, not_after)
SELECT issuer, serial, name,
    CASE WHEN name LIKE 'ocsp:%' THEN 'ocsp-responder'
         WHEN name LIKE 'tsa:%' THEN 'time-stamping'
         ELSE 'server' END,
    key_uri, not_after
FROM ca_service;
DROP TABLE ca_service;
ALTER TABLE ca_service_7 RENAME TO ca_service;
CREATE INDEX ca_service_name ON ca_service (name, not_after);

ALTER TABLE ca_crl RENAME COLUMN issuer TO authority_id;
ALTER TABLE ca_crl_number RENAME COLUMN issuer TO authority_id;

-- epoch counts the revocations of an authority in the order they are committed: a change means
-- that cached OCSP responses are stale. published is the epoch that the newest CRL lists; while
-- it is lower, a CRL is due.
CREATE TABLE ca_revocation_epoch (
    authority_id TEXT PRIMARY KEY,
    epoch        INTEGER NOT NULL,
    published    INTEGER NOT NULL
) STRICT;
INSERT INTO ca_revocation_epoch (authority_id, epoch, published)
SELECT id, (SELECT g.generation FROM ca_generation AS g WHERE g.id = 1), 0 FROM ca_authority;
DROP TABLE ca_generation;
