-- E-mail addresses that count as verified, claims in ID tokens, a grace for refresh tokens,
-- and the origins of applications in browsers.

-- An administrator entered it, so it counts as verified unless they said otherwise.
ALTER TABLE idp_user ADD COLUMN email_verified INTEGER NOT NULL DEFAULT 1;

-- Whether ID tokens carry the claims of profile and email.
ALTER TABLE idp_client ADD COLUMN claims_in_id_token INTEGER NOT NULL DEFAULT 0;

-- From this and the token itself its successor is derived, so that a retry returns the same
-- one; without the token it reveals nothing.
ALTER TABLE idp_refresh_token ADD COLUMN successor_seed BLOB;

-- The origins of a client's redirect URIs (RFC 6454). An origin on this machine is there
-- without its port too, since the port of a native application is free.
CREATE TABLE idp_client_origin (
    origin    TEXT NOT NULL,
    client_id TEXT NOT NULL,
    PRIMARY KEY (origin, client_id)
) STRICT;
CREATE INDEX idp_client_origin_client ON idp_client_origin (client_id);

CREATE TEMP TABLE client_origin AS
WITH uri AS (
    SELECT c.id AS client_id,
           lower(substr(u.value, 1, instr(u.value, '://') + 2)) AS scheme,
           substr(u.value, instr(u.value, '://') + 3) AS rest
    FROM idp_client c, json_each(c.redirect_uris) u
    WHERE u.value LIKE 'https://%' OR u.value LIKE 'http://%'
)
SELECT client_id, scheme,
       lower(substr(rest, 1, min(instr(rest || '/', '/'), instr(rest || '?', '?')) - 1)) AS host
FROM uri;

INSERT OR IGNORE INTO idp_client_origin (origin, client_id)
SELECT CASE WHEN scheme = 'https://' AND host LIKE '%:443' THEN scheme || substr(host, 1, length(host) - 4)
            WHEN scheme = 'http://' AND host LIKE '%:80' THEN scheme || substr(host, 1, length(host) - 3)
            ELSE scheme || host END, client_id
FROM client_origin;

INSERT OR IGNORE INTO idp_client_origin (origin, client_id)
SELECT CASE WHEN host LIKE '[%' THEN scheme || substr(host, 1, instr(host, ']'))
            WHEN instr(host, ':') > 0 THEN scheme || substr(host, 1, instr(host, ':') - 1)
            ELSE scheme || host END, client_id
FROM client_origin WHERE scheme = 'http://';

DROP TABLE client_origin;
