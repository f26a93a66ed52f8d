-- How a password was prepared before it was hashed: 1 as it was typed (0.1.0), 2 as RFC 8265
-- section 4.2 says. The former are renewed when their users sign in.
ALTER TABLE idp_credential ADD COLUMN form INTEGER NOT NULL DEFAULT 1;

-- Browsers that a user has signed in with, by the digest of their long-lived cookie. Their
-- attempts are counted apart from those of unknown browsers.
CREATE TABLE idp_device (
    token_key    BLOB NOT NULL,
    user_id      TEXT NOT NULL,
    last_used_at INTEGER NOT NULL,
    PRIMARY KEY (token_key, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX idp_device_user ON idp_device (user_id, last_used_at);
CREATE INDEX idp_device_last ON idp_device (last_used_at);
