-- Each filter of the list of certificates has an index that yields its rows in the list's order:
-- the newest first, or by the end of validity. A subject may be longer than an index entry of
-- PostgreSQL, so its beginning is indexed.
DROP INDEX ca_certificate_issued;
CREATE INDEX ca_certificate_issued ON ca_certificate (issued_at, serial);
CREATE INDEX ca_certificate_subject ON ca_certificate (substr(subject, 1, 200), issued_at, serial);
CREATE INDEX ca_certificate_authority ON ca_certificate (authority_id, issued_at, serial);
CREATE INDEX ca_certificate_profile ON ca_certificate (profile, issued_at, serial);
CREATE INDEX ca_certificate_end ON ca_certificate (not_after, serial);

-- Revoked certificates are listed in the same orders.
ALTER TABLE ca_revocation ADD COLUMN issued_at BIGINT NOT NULL DEFAULT 0;
UPDATE ca_revocation SET issued_at = COALESCE((
    SELECT c.issued_at FROM ca_certificate AS c
    WHERE c.serial = ca_revocation.serial AND c.authority_id = ca_revocation.authority_id), 0);
CREATE INDEX ca_revocation_issued ON ca_revocation (issued_at, serial);
CREATE INDEX ca_revocation_end ON ca_revocation (not_after, serial);
