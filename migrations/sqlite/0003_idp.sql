-- The identity provider: people, clients, sessions, and what was handed out.
-- Secrets are stored as digests only; deleting a user or a client deletes what hangs on it.

-- Where the keys that sign tokens live; every node of an installation uses the same.
CREATE TABLE idp_key (
    algorithm   TEXT PRIMARY KEY,
    uri         TEXT NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE idp_user (
    -- `sub`: never given to another user.
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    display_name TEXT,
    email        TEXT,
    -- Argon2id in PHC form; NULL until one was set.
    password     TEXT,
    -- Actions that the user may do, separated by spaces.
    grants       TEXT NOT NULL,
    disabled_at  INTEGER,
    created_at   INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL
) STRICT;

-- A link with which a user sets a password, once.
CREATE TABLE idp_password_link (
    token_hash  BLOB PRIMARY KEY,
    user_id     TEXT NOT NULL,
    expires_at  INTEGER NOT NULL,
    used_at     INTEGER
) STRICT;
CREATE INDEX idp_password_link_user ON idp_password_link (user_id);

CREATE TABLE idp_client (
    id                        TEXT PRIMARY KEY,
    name                      TEXT NOT NULL,
    -- client_secret_basic, client_secret_post or none.
    auth_method               TEXT NOT NULL,
    secret_hash               BLOB,
    -- JSON arrays of text.
    grant_types               TEXT NOT NULL,
    redirect_uris             TEXT NOT NULL,
    post_logout_redirect_uris TEXT NOT NULL,
    resources                 TEXT NOT NULL,
    grants                    TEXT NOT NULL,
    id_token_alg              TEXT NOT NULL,
    disabled_at               INTEGER,
    created_at                INTEGER NOT NULL
) STRICT;

CREATE TABLE idp_session (
    -- `sid` in ID tokens and the handle in lists; proves nothing.
    id           TEXT PRIMARY KEY,
    token_hash   BLOB NOT NULL UNIQUE,
    user_id      TEXT NOT NULL,
    auth_time    INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    -- Digest of the authorization request for which the user has just signed in.
    fresh_for    BLOB,
    address      TEXT,
    user_agent   TEXT
) STRICT;
CREATE INDEX idp_session_user ON idp_session (user_id);
CREATE INDEX idp_session_end ON idp_session (expires_at);

CREATE TABLE idp_code (
    code_hash      BLOB PRIMARY KEY,
    -- Names all tokens that come from this code.
    family_id      TEXT NOT NULL,
    client_id      TEXT NOT NULL,
    user_id        TEXT NOT NULL,
    session_id     TEXT NOT NULL,
    redirect_uri   TEXT NOT NULL,
    scope          TEXT NOT NULL,
    resource       TEXT,
    nonce          TEXT,
    code_challenge TEXT,
    auth_time      INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    redeemed_at    INTEGER
) STRICT;
CREATE INDEX idp_code_end ON idp_code (expires_at);

-- All refresh tokens that descend from one code.
CREATE TABLE idp_refresh_family (
    id          TEXT PRIMARY KEY,
    client_id   TEXT NOT NULL,
    user_id     TEXT NOT NULL,
    session_id  TEXT NOT NULL,
    scope       TEXT NOT NULL,
    resource    TEXT,
    auth_time   INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    revoked_at  INTEGER
) STRICT;
CREATE INDEX idp_refresh_family_user ON idp_refresh_family (user_id);
CREATE INDEX idp_refresh_family_client ON idp_refresh_family (client_id);
CREATE INDEX idp_refresh_family_end ON idp_refresh_family (expires_at);

CREATE TABLE idp_refresh_token (
    token_hash  BLOB PRIMARY KEY,
    family_id   TEXT NOT NULL,
    expires_at  INTEGER NOT NULL,
    used_at     INTEGER
) STRICT;
CREATE INDEX idp_refresh_token_family ON idp_refresh_token (family_id);
CREATE INDEX idp_refresh_token_end ON idp_refresh_token (expires_at);

-- Access tokens (`jti`) and families of them that are void before their end.
CREATE TABLE idp_revoked (
    id          TEXT PRIMARY KEY,
    expires_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX idp_revoked_end ON idp_revoked (expires_at);

-- Attempts by account and by address, and until when no further one is looked at.
CREATE TABLE idp_throttle (
    name        TEXT PRIMARY KEY,
    attempts    INTEGER NOT NULL,
    last_at     INTEGER NOT NULL,
    closed_until INTEGER NOT NULL
) STRICT;
CREATE INDEX idp_throttle_last ON idp_throttle (last_at);
