// A Node application with openid-client. It prints where the person shall go,
// reads where they came back to, and prints what it learnt.
import { createInterface } from 'node:readline/promises';

const client = await import(`${process.env.XINSHU_NODE_MODULES}/openid-client/build/index.js`);
const [issuer, clientId, clientSecret, redirectUri] = process.argv.slice(2);

const config = await client.discovery(new URL(issuer), clientId, clientSecret);
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
const authorize = client.buildAuthorizationUrl(config, {
  redirect_uri: redirectUri,
  scope: 'openid profile email offline_access',
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
  nonce,
});
console.log(authorize.href);

const input = createInterface({ input: process.stdin });
const callback = await input[Symbol.asyncIterator]().next();
input.close();
const tokens = await client.authorizationCodeGrant(config, new URL(callback.value), {
  pkceCodeVerifier: verifier,
  expectedState: state,
  expectedNonce: nonce,
  idTokenExpected: true,
});
const claims = tokens.claims();
const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
const active = await client.tokenIntrospection(config, refreshed.access_token);
await client.tokenRevocation(config, refreshed.refresh_token);
let afterRevocation = 'accepted';
try {
  await client.refreshTokenGrant(config, refreshed.refresh_token);
} catch (error) {
  afterRevocation = error.error;
}
const logout = client.buildEndSessionUrl(config, {
  id_token_hint: tokens.id_token,
  post_logout_redirect_uri: redirectUri,
  state,
});
console.log(JSON.stringify({ claims, info, active: active.active, afterRevocation, logout: logout.href, state }));
