-- Credentials are rows with a type; permissions have their own name; sessions, codes and
-- grants carry how their user authenticated; signing keys are a set with states.

CREATE TABLE idp_credential (
    id          TEXT PRIMARY KEY,
    user_id     TEXT NOT NULL,
    -- password so far.
    type        TEXT NOT NULL,
    -- What proves it: for a password its Argon2id hash in PHC form.
    secret      TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX idp_credential_user ON idp_credential (user_id, type);

INSERT INTO idp_credential (id, user_id, type, secret, created_at, changed_at)
SELECT 'password-' || id, id, 'password', password, created_at, changed_at
FROM idp_user WHERE password IS NOT NULL;

ALTER TABLE idp_user DROP COLUMN password;
ALTER TABLE idp_user RENAME COLUMN grants TO permissions;
ALTER TABLE idp_user ADD COLUMN unit_id TEXT NOT NULL DEFAULT 'root';

ALTER TABLE idp_client RENAME COLUMN grants TO permissions;
ALTER TABLE idp_client ADD COLUMN unit_id TEXT NOT NULL DEFAULT 'root';

-- A token's key is its time of issue ‖ its SHA-256; the SHA-256 alone for tokens of 0.1.0.
ALTER TABLE idp_password_link RENAME COLUMN token_hash TO token_key;

ALTER TABLE idp_session RENAME COLUMN token_hash TO token_key;
ALTER TABLE idp_session DROP COLUMN fresh_for;
-- Values of `amr`, separated by spaces, and `acr`.
ALTER TABLE idp_session ADD COLUMN methods TEXT NOT NULL DEFAULT 'pwd';
ALTER TABLE idp_session ADD COLUMN acr TEXT NOT NULL DEFAULT 'urn:xinshu:acr:password';

-- A sign-in in progress: what asked for it, as its owner parsed it, and what is missing.
CREATE TABLE idp_interaction (
    interaction_key BLOB PRIMARY KEY,
    request         TEXT NOT NULL,
    -- What the sign-in page shows, JSON.
    page            TEXT NOT NULL,
    -- sign_in or consent.
    missing         TEXT NOT NULL,
    -- The session in which the user authenticated for it.
    session_id      TEXT,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX idp_interaction_end ON idp_interaction (expires_at);

-- Codes live a minute, so those of 0.1.0 are not kept.
DROP TABLE idp_code;
CREATE TABLE idp_code (
    -- Begins with the time of issue, by which codes are deleted too.
    code_key       BLOB PRIMARY KEY,
    -- The grant that comes of it, derived from its key.
    grant_id       TEXT NOT NULL,
    client_id      TEXT NOT NULL,
    user_id        TEXT NOT NULL,
    session_id     TEXT NOT NULL,
    redirect_uri   TEXT NOT NULL,
    scope          TEXT NOT NULL,
    resource       TEXT,
    nonce          TEXT,
    code_challenge TEXT,
    auth_time      INTEGER NOT NULL,
    methods        TEXT NOT NULL,
    acr            TEXT NOT NULL,
    expires_at     INTEGER NOT NULL
) STRICT;

-- What a user granted to a client by one code: redeeming a code is adding its row, and a
-- second redemption conflicts.
ALTER TABLE idp_refresh_family RENAME TO idp_grant;
ALTER TABLE idp_grant ADD COLUMN methods TEXT NOT NULL DEFAULT 'pwd';
ALTER TABLE idp_grant ADD COLUMN acr TEXT NOT NULL DEFAULT 'urn:xinshu:acr:password';
-- Whether it outlives its session. The grants of 0.1.0 in this table all do.
ALTER TABLE idp_grant ADD COLUMN offline INTEGER NOT NULL DEFAULT 1;
DROP INDEX idp_refresh_family_user;
DROP INDEX idp_refresh_family_client;
DROP INDEX idp_refresh_family_end;
CREATE INDEX idp_grant_user ON idp_grant (user_id);
CREATE INDEX idp_grant_client ON idp_grant (client_id);
CREATE INDEX idp_grant_end ON idp_grant (expires_at);

ALTER TABLE idp_refresh_token RENAME COLUMN token_hash TO token_key;
ALTER TABLE idp_refresh_token RENAME COLUMN family_id TO grant_id;
DROP INDEX idp_refresh_token_family;
CREATE INDEX idp_refresh_token_grant ON idp_refresh_token (grant_id);

CREATE TABLE idp_signing_key (
    uri          TEXT PRIMARY KEY,
    -- ES256 or RS256.
    algorithm    TEXT NOT NULL,
    -- pending, next, active, retired or expired.
    state        TEXT NOT NULL,
    -- DER SubjectPublicKeyInfo; recorded at the latest when the key is retired.
    public_key   BLOB,
    created_at   INTEGER NOT NULL,
    activates_at INTEGER NOT NULL,
    retired_at   INTEGER
) STRICT;
CREATE UNIQUE INDEX idp_signing_key_active ON idp_signing_key (algorithm) WHERE state = 'active';

INSERT INTO idp_signing_key (uri, algorithm, state, created_at, activates_at)
SELECT uri, algorithm, 'active', created_at, created_at FROM idp_key;
DROP TABLE idp_key;
