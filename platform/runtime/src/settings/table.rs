//! The one table of settings: name, type, default, bounds and meaning of each.
//!
//! The types of [`super::Settings`] are made from it, `init` writes it as a commented
//! `xinshu.toml`, `docs/settings.md` prints it, and a name that is not in it is an
//! error. To add a setting, add a line here.

use std::{net::SocketAddr, ops::RangeInclusive};

use serde::Deserialize;

use super::values::{DatabaseUrl, LogFormat};

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// Its dotted name: section and key.
    pub name: &'static str,
    /// Its default as a TOML value; `DATA` stands for the data folder.
    pub default: &'static str,
    /// The numbers that it may be.
    pub bounds: Option<RangeInclusive<u32>>,
    /// What it means, with units.
    pub meaning: &'static str,
}

impl Setting {
    /// What it means, and its bounds.
    pub fn description(&self) -> String {
        match &self.bounds {
            Some(bounds) => format!("{} ({} to {})", self.meaning, bounds.start(), bounds.end()),
            None => self.meaning.to_owned(),
        }
    }
}

macro_rules! settings {
    ($(
        $(#[$doc:meta])*
        $section:ident: $Section:ident {
            $($name:ident: $type:ty = $default:literal $(($from:literal..=$to:expr))?, $meaning:literal;)*
        }
    )*) => {
        /// All settings, parsed.
        #[derive(Clone, Debug, Deserialize)]
        pub struct Settings {
            $($(#[$doc])* pub $section: $Section,)*
        }

        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Deserialize)]
            pub struct $Section {
                $(#[doc = $meaning] pub $name: $type,)*
            }
        )*

        /// Every setting there is.
        pub static SETTINGS: &[Setting] = &[$($(Setting {
            name: concat!(stringify!($section), ".", stringify!($name)),
            default: $default,
            bounds: settings!(@bounds $($from..=$to)?),
            meaning: $meaning,
        },)*)*];
    };
    (@bounds) => { None };
    (@bounds $from:literal..=$to:expr) => { Some($from..=$to) };
}

const DAY_SECONDS: u32 = 24 * 3600;
const YEAR_MINUTES: u32 = 365 * 24 * 60;
const YEAR_HOURS: u32 = 365 * 24;
const TEN_YEARS_DAYS: u32 = 3650;

#[rustfmt::skip]
settings! {
    /// Listeners, and how long their clients may take.
    listen: Listen {
        https: SocketAddr = "\"127.0.0.1:8443\"", "Address of the TLS listener: sign-in, REST, log. Port 0 picks a free one.";
        mtls: SocketAddr = "\"127.0.0.1:8444\"", "Address of the TLS listener that asks for a client certificate: REST and the OAuth endpoints. The other one never asks.";
        http: SocketAddr = "\"127.0.0.1:8080\"", "Address of the plain listener: CRLs, OCSP, CA certificates, time-stamps.";
        ops: SocketAddr = "\"127.0.0.1:8090\"", "Address of the operations listener: /metrics, /healthz, /readyz. Keep it inside.";
        max_connections: u32 = "20000" (1..=1_000_000), "Open connections a listener holds at most; more wait in the system's queue.";
        header_seconds: u32 = "10" (1..=DAY_SECONDS), "Seconds a client may take to send a request's head, and to finish a TLS handshake. So long may an HTTP/1.1 connection stay without a request.";
        body_seconds: u32 = "20" (1..=DAY_SECONDS), "Seconds a request may take from its head to its answer. A client that reads nothing of its answer for so long is cut off.";
        idle_seconds: u32 = "60" (1..=DAY_SECONDS), "Seconds an HTTP/2 connection may stay without a request; it ends within twice that time.";
        drain_seconds: u32 = "20", "Seconds that a stop waits for accepted requests to end.";
    }
    /// How clients see this node.
    public: Public {
        url: String = "\"https://localhost:8443\"", "The issuer, and base of every TLS address, as clients see it. Fixed once applications trust it.";
        mtls_url: String = "\"https://localhost:8444\"", "Base of the addresses of listen.mtls, as clients see it.";
        http_url: String = "\"http://localhost:8080\"", "Base of the CRL, OCSP and CA addresses that certificates carry.";
    }
    /// Whose pages people see.
    pages: Pages {
        organization: String = "\"\"", "The organization's name on every page, in place of Xinshu's own.";
        logo: String = "\"\"", "A file with the organization's logo (SVG, PNG, JPEG or WebP, at most 256 KiB), shown on every page in place of Xinshu's own.";
    }
    /// Where everything is stored.
    database: Database {
        url: DatabaseUrl = "\"sqlite:DATA/xinshu.db\"", "sqlite:PATH, or postgres://USER:PASSWORD@HOST/DATABASE for many nodes.";
    }
    /// Where private keys are.
    keys: Keys {
        store: String = "\"software:\"", "Where new private keys are made: software:, or an RFC 7512 URI such as pkcs11:token=xinshu?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/xinshu/pin";
        stores: String = "\"\"", "Further stores that private keys may be in, separated by spaces and named as in keys.store. The software keystore is always open.";
        folder: String = "\"DATA/keys\"", "Folder of the software keystore (mode 0700).";
        passphrase_file: String = "\"DATA/keys/passphrase\"", "File with the keystore's passphrase (mode 0600). A systemd credential named xinshu-passphrase, or XINSHU_KEYS__PASSPHRASE, comes first.";
        sessions: u32 = "0", "PKCS#11 sessions that sign side by side; 0 means one for each core, at least two.";
        queue: u32 = "4096" (1..=1_000_000), "Signatures that may wait for a device; more are refused at once as busy.";
        timeout_seconds: u32 = "10" (1..=DAY_SECONDS), "Seconds a signature may take.";
        sm2_id: String = "\"1234567812345678\"", "The default signer's id of SM2 signatures (GM/T 0009 section 10).";
        sm2_mechanisms: String = "\"\"", "What a PKCS#11 token calls SM2, as numbers from its vendor's header: making a key pair, signing a digest, and the key type where it is not CKK_EC, such as 0x80000201,0x80000203. Empty where it has no SM2.";
    }
    /// Log lines on standard error.
    log: Log {
        level: String = "\"info\"", "error, warn, info, debug or trace; or filters such as info,ca=debug.";
        format: LogFormat = "\"json\"", "json, or text for reading by eye.";
    }
    /// The certificate authority.
    ca: Ca {
        policy: String = "\"1.3.6.1.4.1.99999.2\"", "The arc under which each profile has its certificate policy: .1 tls-server, .2 person, .3 OCSP responders, .4 time-stamping units. Replace the example arc by your organization's.";
        crl_hours: u32 = "24" (1..=YEAR_HOURS), "Hours between scheduled CRLs; one is also published at each start and soon after a revocation.";
        crl_lifetime_hours: u32 = "96" (1..=YEAR_HOURS), "Hours from a CRL's publication to its nextUpdate; must exceed ca.crl_hours.";
        ocsp_lifetime_hours: u32 = "12" (1..=YEAR_HOURS), "Hours from an OCSP answer's producedAt to its nextUpdate.";
        backdate_seconds: u32 = "300" (0..=3600), "Seconds by which thisUpdate of CRLs and OCSP answers lies in the past: clients whose clocks are behind reject what begins in their future.";
        server_certificate_days: u32 = "90" (1..=TEN_YEARS_DAYS), "Lifetime of this server's own TLS certificate; it is renewed after two thirds.";
    }
    /// The identity provider.
    idp: Idp {
        access_token_minutes: u32 = "10" (1..=24 * 60), "Lifetime of access tokens and ID tokens.";
        session_hours: u32 = "12" (1..=YEAR_HOURS), "Hours after which a sign-in ends, whatever happens.";
        idle_minutes: u32 = "120" (1..=YEAR_MINUTES), "Minutes without use after which a sign-in ends.";
        refresh_days: u32 = "30" (1..=TEN_YEARS_DAYS), "Days after a sign-in until its refresh tokens expire, however often they are used.";
        refresh_idle_days: u32 = "30" (1..=TEN_YEARS_DAYS), "Days without use after which a refresh token expires.";
        refresh_grace_seconds: u32 = "30" (10..=60), "Seconds for which a refresh token that was used may be presented again by an application that did not receive the answer: it gets the same successor, unless that was used.";
        password_min_characters: u32 = "15" (8..=64), "Characters that a new password needs at least (NIST SP 800-63B-4: 15 while it is the only factor).";
        short_password_must_change: bool = "true", "Whether a person whose password has fewer characters must set another at the next sign-in; false lets them keep it.";
        signing_key_days: u32 = "90" (1..=TEN_YEARS_DAYS), "Days after which the keys that sign tokens are rotated. `xinshu signing-key rotate` does it at any time, and must where software keys are used with PostgreSQL, because the new key has to be copied to the other nodes.";
    }
    /// The time-stamp authority.
    tsa: Tsa {
        policy: String = "\"1.3.6.1.4.1.99999.1.1\"", "OID of the time-stamp policy. Replace the example arc by your organization's.";
        accuracy_milliseconds: u32 = "1000" (1..=1000 * DAY_SECONDS), "The accuracy that time-stamps state.";
    }
}
