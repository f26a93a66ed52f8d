//! Values that parse and would do harm, beyond the bounds in the table.

use super::Settings;

/// Adds a sentence to `errors` for each setting that contradicts another or has a value
/// that no type or bound excludes (rule 9).
pub(super) fn validate(settings: &Settings, errors: &mut Vec<String>) {
    let Settings {
        public,
        database,
        keys,
        ca,
        idp,
        ..
    } = settings;
    if ca.crl_lifetime_hours <= ca.crl_hours {
        errors.push(format!(
            "ca.crl_lifetime_hours ({}) must exceed ca.crl_hours ({}), or CRLs would go stale before the next",
            ca.crl_lifetime_hours, ca.crl_hours
        ));
    }
    if u64::from(idp.idle_minutes) > 60 * u64::from(idp.session_hours) {
        errors.push(format!(
            "idp.idle_minutes ({}) must not exceed idp.session_hours ({}), which ends every sign-in",
            idp.idle_minutes, idp.session_hours
        ));
    }
    for (name, url, scheme) in [
        ("public.url", &public.url, "https://"),
        ("public.mtls_url", &public.mtls_url, "https://"),
        ("public.http_url", &public.http_url, "http://"),
    ] {
        if !url.starts_with(scheme) || url.ends_with('/') || url.contains(['?', '#', ' ']) {
            errors.push(format!(
                "{name} ({url:?}) must begin with {scheme} and end without a slash"
            ));
        } else if url
            .get(scheme.len()..)
            .is_some_and(|rest| rest.contains('/'))
        {
            errors.push(format!(
                "{name} ({url:?}) must have no path: Xinshu answers at the root of its host. \
                 Give it a host name of its own, such as {scheme}id.example.org"
            ));
        }
    }
    let known = ["sqlite:", "postgres:", "postgresql:"];
    if !known.iter().any(|scheme| database.url.starts_with(scheme)) {
        // Not repeated: it may hold a password.
        errors.push("database.url must begin with sqlite: or postgres:".to_owned());
    }
    if !["software:", "pkcs11:"]
        .iter()
        .any(|scheme| keys.store.starts_with(scheme))
    {
        errors.push(format!(
            "keys.store ({:?}) must be software: or begin with pkcs11:",
            keys.store
        ));
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
