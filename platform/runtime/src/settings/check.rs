//! Values that parse and would do harm.

use super::Settings;

const MINUTES_A_YEAR: u32 = 365 * 24 * 60;
const HOURS_A_YEAR: u32 = 365 * 24;
const DAYS_IN_TEN_YEARS: u32 = 3650;
const DAY_IN_SECONDS: u32 = 24 * 3600;

/// Adds what is wrong to `wrong`, a sentence each.
pub(super) fn contradictions(settings: &Settings, wrong: &mut Vec<String>) {
    let Settings {
        listen,
        public,
        database,
        keys,
        ca,
        idp,
        tsa,
        ..
    } = settings;
    if ca.crl_lifetime_hours <= ca.crl_hours {
        wrong.push(format!(
            "ca.crl_lifetime_hours ({}) must exceed ca.crl_hours ({}), or CRLs would go stale before the next",
            ca.crl_lifetime_hours, ca.crl_hours
        ));
    }
    if u64::from(idp.idle_minutes) > 60 * u64::from(idp.session_hours) {
        wrong.push(format!(
            "idp.idle_minutes ({}) must not exceed idp.session_hours ({}), which ends every sign-in",
            idp.idle_minutes, idp.session_hours
        ));
    }
    for (name, url, scheme) in [
        ("public.url", &public.url, "https://"),
        ("public.http_url", &public.http_url, "http://"),
    ] {
        if !url.starts_with(scheme) || url.ends_with('/') || url.contains(['?', '#', ' ']) {
            wrong.push(format!(
                "{name} ({url:?}) must begin with {scheme} and end without a slash"
            ));
        }
    }
    let known = ["sqlite:", "postgres:", "postgresql:"];
    if !known.iter().any(|scheme| database.url.starts_with(scheme)) {
        // Not repeated: it may hold a password.
        wrong.push("database.url must begin with sqlite: or postgres:".to_owned());
    }
    if !["software:", "pkcs11:"]
        .iter()
        .any(|scheme| keys.store.starts_with(scheme))
    {
        wrong.push(format!(
            "keys.store ({:?}) must be software: or begin with pkcs11:",
            keys.store
        ));
    }
    let bounded = [
        ("listen.max_connections", listen.max_connections, 1_000_000),
        (
            "listen.header_seconds",
            listen.header_seconds,
            DAY_IN_SECONDS,
        ),
        ("listen.body_seconds", listen.body_seconds, DAY_IN_SECONDS),
        ("listen.idle_seconds", listen.idle_seconds, DAY_IN_SECONDS),
        ("keys.queue", keys.queue, 1_000_000),
        ("keys.timeout_seconds", keys.timeout_seconds, DAY_IN_SECONDS),
        ("ca.crl_hours", ca.crl_hours, HOURS_A_YEAR),
        ("ca.crl_lifetime_hours", ca.crl_lifetime_hours, HOURS_A_YEAR),
        (
            "ca.ocsp_lifetime_hours",
            ca.ocsp_lifetime_hours,
            HOURS_A_YEAR,
        ),
        (
            "ca.server_certificate_days",
            ca.server_certificate_days,
            DAYS_IN_TEN_YEARS,
        ),
        (
            "idp.access_token_minutes",
            idp.access_token_minutes,
            24 * 60,
        ),
        ("idp.session_hours", idp.session_hours, HOURS_A_YEAR),
        ("idp.idle_minutes", idp.idle_minutes, MINUTES_A_YEAR),
        ("idp.refresh_days", idp.refresh_days, DAYS_IN_TEN_YEARS),
        (
            "idp.refresh_idle_days",
            idp.refresh_idle_days,
            DAYS_IN_TEN_YEARS,
        ),
        (
            "idp.signing_key_days",
            idp.signing_key_days,
            DAYS_IN_TEN_YEARS,
        ),
        (
            "tsa.accuracy_milliseconds",
            tsa.accuracy_milliseconds,
            1000 * DAY_IN_SECONDS,
        ),
    ];
    for (name, value, most) in bounded {
        if !(1..=most).contains(&value) {
            wrong.push(format!("{name} ({value}) must be from 1 to {most}"));
        }
    }
}

/// Whether a database's address holds a password.
pub(super) fn has_password(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority
        .rsplit_once('@')
        .is_some_and(|(user, _)| user.contains(':'))
        || url.contains("password=")
}
