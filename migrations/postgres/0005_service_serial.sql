-- Certificates of services are kept by their serial numbers, so that a revocation
-- is found; two of them may end at the same moment.
CREATE TABLE ca_service_by_serial (
    serial      BYTEA PRIMARY KEY,
    name        TEXT NOT NULL,
    key_uri     TEXT NOT NULL,
    issuer      TEXT NOT NULL,
    certificate BYTEA NOT NULL,
    not_after   BIGINT NOT NULL
);

-- Each was recorded among all certificates before it was kept here.
INSERT INTO ca_service_by_serial (serial, name, key_uri, issuer, certificate, not_after)
SELECT c.serial, s.name, s.key_uri, s.issuer, s.certificate, s.not_after
FROM ca_service AS s JOIN ca_certificate AS c ON c.der = s.certificate;

DROP TABLE ca_service;
ALTER TABLE ca_service_by_serial RENAME TO ca_service;
CREATE INDEX ca_service_by_name ON ca_service (name, not_after);
