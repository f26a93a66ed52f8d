-- The SHA-256 of the SubjectPublicKeyInfo of each certificate that was revoked because its key is
-- compromised: no certificate is issued for such a key again.
CREATE TABLE ca_compromised_key (
    authority_id TEXT NOT NULL,
    serial       BYTEA NOT NULL,
    key_digest   BYTEA NOT NULL,
    PRIMARY KEY (authority_id, serial)
);
CREATE INDEX ca_compromised_key_digest ON ca_compromised_key (key_digest);
