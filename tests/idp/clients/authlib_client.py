"""An application with Authlib and requests, which reads nothing but the ID token. It prints
where the person shall go, reads where they came back to, and prints what it learnt."""

import json
import sys

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt
from authlib.oidc.core import CodeIDToken

issuer, client_id, client_secret, callback = sys.argv[1:]
metadata = requests.get(f"{issuer}/.well-known/openid-configuration").json()
keys = JsonWebKey.import_key_set(requests.get(metadata["jwks_uri"]).json())
session = OAuth2Session(
    client_id, client_secret, scope="openid profile email offline_access", redirect_uri=callback,
    code_challenge_method="S256", token_endpoint_auth_method="client_secret_basic",
)
verifier = "a-verifier-of-more-than-43-characters-0123456789"
address, state = session.create_authorization_url(
    metadata["authorization_endpoint"], code_verifier=verifier, nonce="a-nonce"
)
print(address, flush=True)

token = session.fetch_token(
    metadata["token_endpoint"], authorization_response=input(), code_verifier=verifier, state=state
)
claims = jwt.decode(
    token["id_token"], keys, claims_cls=CodeIDToken,
    claims_options={"iss": {"essential": True, "value": issuer}, "aud": {"value": client_id}, "at_hash": {"essential": True}},
    claims_params={"nonce": "a-nonce", "access_token": token["access_token"]},
)
claims.validate()

# The answer to a refresh is lost, and the application tries again.
first = dict(token)
lost = session.refresh_token(metadata["token_endpoint"], refresh_token=first["refresh_token"])
again = session.refresh_token(metadata["token_endpoint"], refresh_token=first["refresh_token"])
used = session.refresh_token(metadata["token_endpoint"], refresh_token=again["refresh_token"])
try:
    session.refresh_token(metadata["token_endpoint"], refresh_token=first["refresh_token"])
    reuse = "accepted"
except Exception as error:
    reuse = getattr(error, "error", str(error))
info = requests.get(
    metadata["userinfo_endpoint"], headers={"Authorization": f"Bearer {used['access_token']}"}
)
print(json.dumps({
    "claims": dict(claims),
    "same successor": lost["refresh_token"] == again["refresh_token"],
    "reuse": reuse,
    "userinfo afterwards": info.status_code,
}))
