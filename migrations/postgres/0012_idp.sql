-- E-mail addresses that count as verified, claims in ID tokens, a grace for refresh tokens,
-- and the origins of applications in browsers.

-- An administrator entered it, so it counts as verified unless they said otherwise.
ALTER TABLE idp_user ADD COLUMN email_verified BIGINT NOT NULL DEFAULT 1;

-- Whether ID tokens carry the claims of profile and email.
ALTER TABLE idp_client ADD COLUMN claims_in_id_token BIGINT NOT NULL DEFAULT 0;

-- From this and the token itself its successor is derived, so that a retry returns the same
-- one; without the token it reveals nothing.
ALTER TABLE idp_refresh_token ADD COLUMN successor_seed BYTEA;

-- The origins of a client's redirect URIs (RFC 6454). An origin on this machine is there
-- without its port too, since the port of a native application is free.
CREATE TABLE idp_client_origin (
    origin    TEXT NOT NULL,
    client_id TEXT NOT NULL,
    PRIMARY KEY (origin, client_id)
);
CREATE INDEX idp_client_origin_client ON idp_client_origin (client_id);

INSERT INTO idp_client_origin (origin, client_id)
SELECT regexp_replace(regexp_replace(origin, '^(https://.*):443$', '\1'), '^(http://.*):80$', '\1'), id
FROM (
    SELECT c.id, lower(substring(u.value from '^[Hh][Tt][Tt][Pp][Ss]?://[^/?]+')) AS origin
    FROM idp_client c, jsonb_array_elements_text(c.redirect_uris::jsonb) u
) o
WHERE origin IS NOT NULL
ON CONFLICT DO NOTHING;

INSERT INTO idp_client_origin (origin, client_id)
SELECT regexp_replace(origin, ':[0-9]+$', ''), client_id
FROM idp_client_origin WHERE origin LIKE 'http://%'
ON CONFLICT DO NOTHING;
