//! The one table of settings: names, defaults and meanings.
//!
//! `init` writes it as a commented `xinshu.toml`, `docs/settings.md` prints it,
//! and whatever is not in it is refused with the nearest name that is.

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// Its dotted name: section and key.
    pub name: &'static str,
    /// Its default as a TOML value; `DATA` stands for the data folder.
    pub default: &'static str,
    /// What it means, with units.
    pub meaning: &'static str,
}

const fn setting(name: &'static str, default: &'static str, meaning: &'static str) -> Setting {
    Setting {
        name,
        default,
        meaning,
    }
}

/// Every setting there is.
#[rustfmt::skip]
pub static SETTINGS: &[Setting] = &[
    setting("listen.https", "\"127.0.0.1:8443\"", "Address of the TLS listener: sign-in, REST, log. Port 0 picks a free one."),
    setting("listen.http", "\"127.0.0.1:8080\"", "Address of the plain listener: CRLs, OCSP, CA certificates, time-stamps."),
    setting("listen.ops", "\"127.0.0.1:8090\"", "Address of the operations listener: /metrics, /healthz, /readyz. Keep it inside."),
    setting("listen.max_connections", "20000", "Open connections a listener holds at most; more wait in the system's queue."),
    setting("listen.header_seconds", "10", "Seconds a client may take to send a request's head, and to finish a TLS handshake. So long may an HTTP/1.1 connection stay without a request."),
    setting("listen.body_seconds", "20", "Seconds a request may take from its head to its answer. A client that reads nothing of its answer for so long is cut off."),
    setting("listen.idle_seconds", "60", "Seconds an HTTP/2 connection may stay without a request; it ends within twice that time."),
    setting("listen.drain_seconds", "20", "Seconds that a stop waits for accepted requests to end."),
    setting("public.url", "\"https://localhost:8443\"", "The issuer, and base of every TLS address, as clients see it. Fixed once applications trust it."),
    setting("public.http_url", "\"http://localhost:8080\"", "Base of the CRL, OCSP and CA addresses that certificates carry."),
    setting("database.url", "\"sqlite:DATA/xinshu.db\"", "sqlite:PATH, or postgres://USER:PASSWORD@HOST/DATABASE for many nodes."),
    setting("keys.store", "\"software:\"", "Where new private keys are made: software:, or an RFC 7512 URI such as pkcs11:token=xinshu?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/xinshu/pin"),
    setting("keys.stores", "\"\"", "Further stores that private keys may be in, separated by spaces and named as in keys.store. The software keystore is always open."),
    setting("keys.folder", "\"DATA/keys\"", "Folder of the software keystore (mode 0700)."),
    setting("keys.passphrase_file", "\"DATA/keys/passphrase\"", "File with the keystore's passphrase (mode 0600). A systemd credential named xinshu-passphrase, or XINSHU_KEYS__PASSPHRASE, comes first."),
    setting("keys.sessions", "0", "PKCS#11 sessions that sign side by side; 0 means one a core, at least two."),
    setting("keys.queue", "4096", "Signatures that may wait for a device; more are refused at once as busy."),
    setting("keys.timeout_seconds", "10", "Seconds a signature may take."),
    setting("keys.sm2_id", "\"1234567812345678\"", "The default signer's id of SM2 signatures (GM/T 0009 section 10)."),
    setting("keys.sm2_mechanisms", "\"\"", "What a PKCS#11 token calls SM2, as numbers from its vendor's header: making a key pair, signing a digest, and the key type where it is not CKK_EC, such as 0x80000201,0x80000203. Empty where it has no SM2."),
    setting("log.level", "\"info\"", "error, warn, info, debug or trace; or filters such as info,ca=debug."),
    setting("log.format", "\"json\"", "json, or text for reading by eye."),
    setting("ca.policy", "\"1.3.6.1.4.1.99999.2\"", "The arc under which each profile has its certificate policy: .1 tls-server, .2 person, .3 OCSP responders, .4 time-stamping units. Replace the example arc by your organization's."),
    setting("ca.crl_hours", "24", "Hours between scheduled CRLs; one is also published at each start and revocation."),
    setting("ca.crl_lifetime_hours", "96", "Hours from a CRL's thisUpdate to its nextUpdate; must exceed ca.crl_hours."),
    setting("ca.ocsp_lifetime_hours", "12", "Hours from an OCSP answer's thisUpdate to its nextUpdate."),
    setting("ca.server_certificate_days", "90", "Lifetime of this server's own TLS certificate; it is renewed after two thirds."),
    setting("idp.access_token_minutes", "10", "Lifetime of access tokens and ID tokens."),
    setting("idp.session_hours", "12", "Hours after which a sign-in ends, whatever happens."),
    setting("idp.idle_minutes", "120", "Minutes without use after which a sign-in ends."),
    setting("idp.refresh_days", "30", "Days after a sign-in until its refresh tokens expire, however often they are used."),
    setting("idp.refresh_idle_days", "30", "Days without use after which a refresh token expires."),
    setting("idp.signing_key_days", "90", "Days after which the keys that sign tokens are rotated; 3650 at most. `xinshu signing-key rotate` does it at any time."),
    setting("tsa.policy", "\"1.3.6.1.4.1.99999.1.1\"", "OID of the time-stamp policy. Replace the example arc by your organization's."),
    setting("tsa.accuracy_milliseconds", "1000", "The accuracy that time-stamps state."),
];
