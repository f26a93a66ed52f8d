//! Names of object identifiers, for messages.

use const_oid::{ObjectIdentifier, db::DB};

use crate::name;

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

/// Names that are better known than those of the standards' modules, and names that no
/// standard gives.
const NAMES: &[(ObjectIdentifier, &str)] = &[
    // Curves and keys.
    (oid("1.2.840.10045.3.1.1"), "P-192"),
    (oid("1.3.132.0.33"), "P-224"),
    (oid("1.3.132.0.35"), "P-521"),
    (oid("1.3.132.0.10"), "secp256k1"),
    (oid("1.3.36.3.3.2.8.1.1.7"), "brainpoolP256r1"),
    (oid("1.3.36.3.3.2.8.1.1.11"), "brainpoolP384r1"),
    (oid("1.3.36.3.3.2.8.1.1.13"), "brainpoolP512r1"),
    (oid("1.3.101.110"), "X25519"),
    (oid("1.3.101.111"), "X448"),
    (oid("1.3.101.113"), "Ed448"),
    (oid("1.2.840.10040.4.1"), "DSA"),
    (oid("1.2.840.113549.1.3.1"), "Diffie-Hellman"),
    (oid("1.2.840.113549.1.1.10"), "RSASSA-PSS"),
    (oid("1.2.643.7.1.1.1.1"), "GOST R 34.10-2012"),
    (oid("1.2.643.7.1.1.1.2"), "GOST R 34.10-2012"),
    (oid("2.16.840.1.101.3.4.3.17"), "ML-DSA-44"),
    (oid("2.16.840.1.101.3.4.3.18"), "ML-DSA-65"),
    (oid("2.16.840.1.101.3.4.3.19"), "ML-DSA-87"),
    // Kinds of otherName.
    (oid("1.3.6.1.4.1.311.20.2.3"), "userPrincipalName"),
    (oid("1.3.6.1.4.1.311.25.1"), "ntdsReplication"),
    (oid("1.3.6.1.5.2.2"), "KRB5PrincipalName"),
    (oid("1.3.6.1.5.5.7.8.3"), "permanentIdentifier"),
    (oid("1.3.6.1.5.5.7.8.4"), "hardwareModuleName"),
    (oid("1.3.6.1.5.5.7.8.5"), "xmppAddr"),
    (oid("1.3.6.1.5.5.7.8.7"), "SRVName"),
    (oid("1.3.6.1.5.5.7.8.9"), "SmtpUTF8Mailbox"),
    // Extensions.
    (oid("1.3.6.1.5.5.7.1.24"), "tlsFeature (must-staple)"),
    (
        oid("1.3.6.1.4.1.311.20.2"),
        "Microsoft certificate template name",
    ),
    (
        oid("1.3.6.1.4.1.311.21.7"),
        "Microsoft certificate template",
    ),
    (
        oid("1.3.6.1.4.1.311.21.10"),
        "Microsoft application policies",
    ),
    (oid("1.3.6.1.4.1.311.25.2"), "Microsoft security identifier"),
    (oid("2.16.840.1.113730.1.1"), "Netscape certificate type"),
    (oid("2.16.840.1.113730.1.13"), "Netscape comment"),
    (oid("1.2.840.113549.1.9.15"), "smimeCapabilities"),
    // Extended key usages.
    (oid("1.3.6.1.4.1.311.20.2.2"), "Microsoft smart card logon"),
    (oid("1.3.6.1.5.5.7.3.1"), "serverAuth"),
    (oid("1.3.6.1.5.5.7.3.2"), "clientAuth"),
    (oid("1.3.6.1.5.5.7.3.3"), "codeSigning"),
    (oid("1.3.6.1.5.5.7.3.4"), "emailProtection"),
    (oid("1.3.6.1.5.5.7.3.8"), "timeStamping"),
    (oid("1.3.6.1.5.5.7.3.9"), "OCSPSigning"),
    // Attributes of names.
    (oid("2.5.4.13"), "description"),
    (oid("2.5.4.17"), "postalCode"),
    (oid("2.5.4.45"), "x500UniqueIdentifier"),
    (oid("1.2.840.113549.1.9.2"), "unstructuredName"),
    (oid("1.2.840.113549.1.9.8"), "unstructuredAddress"),
];

/// The name of what `oid` identifies; its digits if no name is known.
pub fn name_of(oid: ObjectIdentifier) -> String {
    if let Some((_, name)) = NAMES.iter().find(|(known, _)| *known == oid) {
        return (*name).to_owned();
    }
    if let Some(name) = name::attribute_name(oid) {
        return name.to_owned();
    }
    let Some(name) = DB.by_oid(&oid) else {
        return oid.to_string();
    };
    // `id-ce-keyUsage` is known as keyUsage.
    let prefixes = ["id-ce-", "id-pe-", "id-kp-", "id-at-"];
    let short = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix));
    short.unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_people_use() {
        for (text, name) in [
            ("2.5.29.15", "keyUsage"),
            ("1.3.132.0.35", "P-521"),
            ("2.5.4.10", "organizationName"),
            ("1.3.6.1.5.2.2", "KRB5PrincipalName"),
            ("1.2.3.4.5", "1.2.3.4.5"),
        ] {
            assert_eq!(name_of(oid(text)), name);
        }
    }
}
