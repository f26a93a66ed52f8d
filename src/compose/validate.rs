//! Settings that only the services which use them can judge.

use platform_runtime::settings::Settings;

use super::{branding, keyring::sm2_mechanisms};
use crate::logging;

/// What is wrong with the settings, a sentence each.
pub(crate) fn validate(settings: &Settings) -> Vec<String> {
    let mut errors = Vec::new();
    for (name, oid) in [
        ("ca.policy", &settings.ca.policy),
        ("tsa.policy", &settings.tsa.policy),
    ] {
        if pki::ObjectIdentifier::new(oid).is_err() {
            errors.push(format!(
                "{name} = {oid:?} is not an OID such as 1.3.6.1.4.1.99999.2"
            ));
        }
    }
    if let Err(error) = sm2_mechanisms(&settings.keys) {
        errors.push(format!(
            "keys.sm2_mechanisms = {:?} is not {error}",
            settings.keys.sm2_mechanisms
        ));
    }
    if let Err(error) = branding(settings) {
        errors.push(format!("pages.logo: {error}"));
    }
    if let Err(error) = logging::filter(&settings.log) {
        errors.push(format!("log.level = {:?}: {error}", settings.log.level));
    }
    errors
}
