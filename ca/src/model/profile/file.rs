//! Reading a profile from its TOML file.

use jiff::SignedDuration;
use pki::{
    BasicConstraints, KeyAlgorithm, KeyUsage, ObjectIdentifier, attribute_type,
    lint::{AltNameKind, KeyRule},
    oid,
};
use serde::Deserialize;

use super::{
    AlternativeNameRule, CertificateProfile, DefaultAuthority, ExtensionRule, IssuedTo, PolicyRule,
    SubjectRule,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ProfileFile {
    name: String,
    version: u32,
    description: String,
    issued_to: IssuedToFile,
    #[serde(default)]
    policy: Option<PolicyFile>,
    #[serde(default)]
    default_authority: DefaultAuthorityFile,
    lifetime: LifetimeFile,
    keys: KeysFile,
    subject: SubjectFile,
    #[serde(default)]
    alternative_names: AlternativeNamesFile,
    extensions: ExtensionsFile,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum IssuedToFile {
    Requester,
    Service,
    Authority,
    Root,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum PolicyFile {
    Arc(u32),
    Word(String),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DefaultAuthorityFile {
    names: Vec<String>,
    keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LifetimeFile {
    days: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct KeysFile {
    algorithms: Vec<String>,
    #[serde(default)]
    rsa_bits: Option<[u32; 2]>,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    tag = "from",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
enum SubjectFile {
    AlternativeNames,
    Request {
        attributes: Vec<String>,
        #[serde(default)]
        required: Vec<String>,
    },
    Service {
        common_name: String,
    },
    Caller {
        attributes: Vec<String>,
    },
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AlternativeNamesFile {
    kinds: Vec<AltNameKindFile>,
    max: usize,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AltNameKindFile {
    Dns,
    Ip,
    Email,
    Uri,
    Directory,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ExtensionsFile {
    #[serde(default)]
    authority: Option<AuthorityFile>,
    key_usage: Vec<String>,
    #[serde(default)]
    extended_key_usage: Vec<String>,
    #[serde(default)]
    crl: bool,
    #[serde(default)]
    ocsp: bool,
    #[serde(default)]
    ca_issuers: bool,
    #[serde(default)]
    ocsp_no_check: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct AuthorityFile {
    #[serde(default)]
    path_length: Option<u8>,
}

/// Reads a profile from the text of its file.
pub(super) fn read(text: &str) -> Result<CertificateProfile, String> {
    let file: ProfileFile = toml::from_str(text).map_err(|error| error.to_string())?;
    file.into_profile()
}

impl ProfileFile {
    fn into_profile(self) -> Result<CertificateProfile, String> {
        Ok(CertificateProfile {
            policy: match self.policy {
                None => PolicyRule::None,
                Some(PolicyFile::Arc(number)) => PolicyRule::Arc(number),
                Some(PolicyFile::Word(word)) if word == "any" => PolicyRule::Any,
                Some(PolicyFile::Word(word)) => {
                    return Err(format!("policy = {word:?} is neither a number nor \"any\""));
                }
            },
            default_authority: DefaultAuthority {
                names: self.default_authority.names,
                keys: read_each(&self.default_authority.keys, |name| {
                    name.parse::<KeyAlgorithm>()
                        .map_err(|error| error.to_string())
                })?,
            },
            lifetime: SignedDuration::from_hours(24 * i64::from(self.lifetime.days)),
            keys: self.keys.into_rules()?,
            subject: self.subject.into_rule()?,
            alternative_names: AlternativeNameRule {
                max: self.alternative_names.max,
                kinds: self
                    .alternative_names
                    .kinds
                    .into_iter()
                    .map(AltNameKindFile::into_kind)
                    .collect(),
            },
            extensions: self.extensions.into_rule()?,
            issued_to: match self.issued_to {
                IssuedToFile::Requester => IssuedTo::Requester,
                IssuedToFile::Service => IssuedTo::Service,
                IssuedToFile::Authority => IssuedTo::Authority,
                IssuedToFile::Root => IssuedTo::Root,
            },
            name: self.name,
            version: self.version,
            description: self.description,
        })
    }
}

impl KeysFile {
    fn into_rules(self) -> Result<Vec<KeyRule>, String> {
        let [min_bits, max_bits] = self.rsa_bits.unwrap_or([3072, 4096]);
        read_each(&self.algorithms, |name| {
            Ok(match name {
                "p256" => KeyRule::P256,
                "p384" => KeyRule::P384,
                "rsa" => KeyRule::Rsa { min_bits, max_bits },
                "ed25519" => KeyRule::Ed25519,
                "sm2" => KeyRule::Sm2,
                other => return Err(format!("keys.algorithms: unknown {other:?}")),
            })
        })
    }
}

impl SubjectFile {
    fn into_rule(self) -> Result<SubjectRule, String> {
        Ok(match self {
            Self::AlternativeNames => SubjectRule::AlternativeNames,
            Self::Request {
                attributes,
                required,
            } => SubjectRule::Request {
                attributes: read_each(&attributes, attribute)?,
                required: read_each(&required, attribute)?,
            },
            Self::Service { common_name } => SubjectRule::Service { common_name },
            Self::Caller { attributes } => SubjectRule::Caller {
                attributes: read_each(&attributes, attribute)?,
            },
        })
    }
}

impl AltNameKindFile {
    fn into_kind(self) -> AltNameKind {
        match self {
            Self::Dns => AltNameKind::Dns,
            Self::Ip => AltNameKind::Ip,
            Self::Email => AltNameKind::Email,
            Self::Uri => AltNameKind::Uri,
            Self::Directory => AltNameKind::Directory,
        }
    }
}

impl ExtensionsFile {
    fn into_rule(self) -> Result<ExtensionRule, String> {
        let mut key_usage = KeyUsage::default();
        for name in &self.key_usage {
            let bit = KeyUsage::from_name(name)
                .ok_or_else(|| format!("extensions.key-usage: unknown {name:?}"))?;
            key_usage = key_usage | bit;
        }
        Ok(ExtensionRule {
            basic_constraints: match self.authority {
                None => BasicConstraints::EndEntity,
                Some(authority) => BasicConstraints::Ca {
                    path_len: authority.path_length,
                },
            },
            key_usage,
            extended_key_usage: read_each(&self.extended_key_usage, purpose)?,
            crl: self.crl,
            ocsp: self.ocsp,
            ca_issuers: self.ca_issuers,
            ocsp_no_check: self.ocsp_no_check,
        })
    }
}

fn read_each<T>(
    names: &[String],
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    names.iter().map(|name| read(name)).collect()
}

fn attribute(name: &str) -> Result<ObjectIdentifier, String> {
    attribute_type(name).ok_or_else(|| format!("subject: unknown attribute {name:?}"))
}

/// A purpose by its name in the standards, or by its OID.
fn purpose(name: &str) -> Result<ObjectIdentifier, String> {
    Ok(match name {
        "serverAuth" => oid::SERVER_AUTH,
        "clientAuth" => oid::CLIENT_AUTH,
        "codeSigning" => oid::CODE_SIGNING,
        "emailProtection" => oid::EMAIL_PROTECTION,
        "timeStamping" => oid::TIME_STAMPING,
        "OCSPSigning" => oid::OCSP_SIGNING,
        other => ObjectIdentifier::new(other)
            .map_err(|_| format!("extensions.extended-key-usage: unknown {other:?}"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../../../profiles/tls-server.toml");

    #[test]
    fn mistakes_are_named() {
        for (from, to, expected) in [
            ("[\"serverAuth\"]", "[\"serverAuths\"]", "serverAuths"),
            ("[\"dns\", \"ip\"]", "[\"dns\", \"phone\"]", "phone"),
            ("policy = 1", "policy = \"all\"", "policy"),
            ("days = 90", "days = 0", "no certificate"),
            ("crl = true", "crl = true\ncolour = 1", "colour"),
            (
                "issued-to = \"requester\"",
                "issued-to = \"root\"",
                "issued-to",
            ),
            (
                "extended-key-usage = [\"serverAuth\"]",
                "",
                "extended-key-usage",
            ),
            ("\"p384\", \"rsa\"", "\"p384\", \"dsa\"", "dsa"),
        ] {
            let text = GOOD.replace(from, to);
            assert_ne!(text, GOOD, "{from}");
            let error = CertificateProfile::parse("test.toml", &text)
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{from}: {error}");
        }
    }
}
