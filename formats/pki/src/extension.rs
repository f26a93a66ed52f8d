//! Certificate extensions that an issuer sets (RFC 5280 §4.2).

use std::{fmt, net::IpAddr, ops::BitOr};

use asn1::{Cursor, Writer, tag};
use const_oid::ObjectIdentifier;

use crate::{Error, GeneralName, KeyIdentifier, Name, Result, oid};

/// The extensions that every certificate of one kind has; [`crate::EncodedTemplate::new`] encodes
/// them once.
///
/// What differs from certificate to certificate (subjectKeyIdentifier,
/// subjectAltName) is in the [`crate::Subject`].
#[derive(Clone, Debug, Default)]
pub struct ExtensionSet {
    /// basicConstraints, always critical.
    pub basic_constraints: BasicConstraints,
    /// keyUsage, always critical. Encipherment bits are left out for keys that are not RSA (RFC 8813 §3).
    pub key_usage: KeyUsage,
    /// extKeyUsage; critical if it is timeStamping alone (RFC 3161 §2.3).
    pub extended_key_usage: Vec<ObjectIdentifier>,
    /// certificatePolicies.
    pub policies: Vec<Policy>,
    /// cRLDistributionPoints: the addresses of one CRL.
    pub crl_urls: Vec<String>,
    /// authorityInfoAccess: OCSP responders.
    pub ocsp_urls: Vec<String>,
    /// authorityInfoAccess: the issuer's certificate.
    pub ca_issuers_urls: Vec<String>,
    /// id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1).
    pub ocsp_no_check: bool,
    /// nameConstraints, critical.
    pub name_constraints: Option<NameConstraints>,
}

/// Whether the subject may issue certificates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BasicConstraints {
    /// It may not.
    #[default]
    EndEntity,
    /// It may.
    Ca {
        /// pathLenConstraint: how many CAs may follow.
        path_len: Option<u8>,
    },
}

/// A set of key usages (RFC 5280 §4.2.1.3).
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct KeyUsage(u16);

/// A certificate policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its OID.
    pub oid: ObjectIdentifier,
    /// The address of the practice statement.
    pub cps: Option<String>,
}

/// Name constraints of a CA (RFC 5280 §4.2.1.10).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameConstraints {
    /// Names must lie within these.
    pub permitted: Vec<Subtree>,
    /// Names must not lie within these.
    pub excluded: Vec<Subtree>,
}

/// A part of a name space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subtree {
    /// A DNS domain and all below it.
    Dns(String),
    /// A mailbox, a host, or (with a leading dot) a domain.
    Email(String),
    /// A network: address and prefix length.
    Ip(IpAddr, u8),
    /// All names that begin with this one.
    Directory(Name),
}

/// An extension of a certificate or a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Its type.
    pub oid: ObjectIdentifier,
    /// Whether who does not know it must refuse.
    pub critical: bool,
    /// The contents of extnValue.
    pub value: Vec<u8>,
}

impl KeyUsage {
    const NAMES: [&str; 9] = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];

    /// digitalSignature.
    pub const DIGITAL_SIGNATURE: Self = Self(0x8000);
    /// nonRepudiation, also named contentCommitment.
    pub const NON_REPUDIATION: Self = Self(0x4000);
    /// keyEncipherment.
    pub const KEY_ENCIPHERMENT: Self = Self(0x2000);
    /// dataEncipherment.
    pub const DATA_ENCIPHERMENT: Self = Self(0x1000);
    /// keyAgreement.
    pub const KEY_AGREEMENT: Self = Self(0x0800);
    /// keyCertSign.
    pub const KEY_CERT_SIGN: Self = Self(0x0400);
    /// cRLSign.
    pub const CRL_SIGN: Self = Self(0x0200);

    /// The usage that RFC 5280 calls `name`, such as `digitalSignature`.
    pub fn from_name(name: &str) -> Option<Self> {
        let index = Self::NAMES.iter().position(|known| *known == name)?;
        Some(Self(0x8000 >> index))
    }

    /// True if no usage is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// True if all of `other` are in the set.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// True if any of `other` is in the set.
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The set without `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The names of the usages in the set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let names = Self::NAMES.into_iter().enumerate();
        names
            .filter(move |(index, _)| self.0 & (0x8000 >> index) != 0)
            .map(|(_, name)| name)
    }

    /// The set with the first bit highest.
    pub(crate) fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    pub(crate) fn write(self, w: &mut Writer) {
        w.extension(oid::KEY_USAGE, true, |w| {
            w.named_bits(tag::BIT_STRING, self.0);
        });
    }

    pub(crate) fn read(value: &[u8]) -> Result<Self> {
        let mut cursor = Cursor::new("KeyUsage", value);
        let usage = Self(cursor.named_bits(tag::BIT_STRING, "KeyUsage")?);
        cursor.end("KeyUsage")?;
        Ok(usage)
    }
}

impl BitOr for KeyUsage {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl ExtensionSet {
    /// Encodes the extensions, which are the same in every certificate of one issuer.
    pub(crate) fn encode(&self, authority_key: &KeyIdentifier) -> Result<Vec<u8>> {
        for url in [&self.crl_urls, &self.ocsp_urls, &self.ca_issuers_urls] {
            url.iter().try_for_each(|url| check_url(url))?;
        }
        let mut out = Writer::new();
        out.extension(oid::AUTHORITY_KEY_IDENTIFIER, false, |w| {
            w.sequence(|w| w.tlv(tag::context(0), authority_key));
        });
        self.basic_constraints(&mut out);
        if !self.extended_key_usage.is_empty() {
            let critical = self.extended_key_usage == [oid::TIME_STAMPING];
            out.extension(oid::EXTENDED_KEY_USAGE, critical, |w| {
                w.sequence(|w| self.extended_key_usage.iter().for_each(|oid| w.oid(*oid)));
            });
        }
        self.certificate_policies(&mut out);
        if let Some(constraints) = &self.name_constraints {
            constraints.write(&mut out)?;
        }
        if !self.crl_urls.is_empty() {
            out.extension(oid::CRL_DISTRIBUTION_POINTS, false, |w| {
                w.sequence(|w| w.sequence(|w| distribution_point_name(w, &self.crl_urls)));
            });
        }
        self.authority_info_access(&mut out);
        if self.ocsp_no_check {
            out.extension(oid::OCSP_NO_CHECK, false, Writer::null);
        }
        Ok(out.into_bytes())
    }

    fn basic_constraints(&self, out: &mut Writer) {
        out.extension(oid::BASIC_CONSTRAINTS, true, |w| {
            w.sequence(|w| {
                if let BasicConstraints::Ca { path_len } = self.basic_constraints {
                    w.boolean(true);
                    if let Some(path_len) = path_len {
                        w.integer(path_len.into());
                    }
                }
            });
        });
    }

    fn certificate_policies(&self, out: &mut Writer) {
        if self.policies.is_empty() {
            return;
        }
        out.extension(oid::CERTIFICATE_POLICIES, false, |w| {
            w.sequence(|w| {
                for policy in &self.policies {
                    w.sequence(|w| {
                        w.oid(policy.oid);
                        if let Some(cps) = &policy.cps {
                            w.sequence(|w| {
                                w.sequence(|w| {
                                    w.oid(oid::ID_QT_CPS);
                                    w.tlv(tag::IA5_STRING, cps.as_bytes());
                                });
                            });
                        }
                    });
                }
            });
        });
    }

    fn authority_info_access(&self, out: &mut Writer) {
        let ocsp = self.ocsp_urls.iter().map(|url| (oid::ID_AD_OCSP, url));
        let issuers = self.ca_issuers_urls.iter();
        let all: Vec<_> = ocsp
            .chain(issuers.map(|url| (oid::ID_AD_CA_ISSUERS, url)))
            .collect();
        if all.is_empty() {
            return;
        }
        out.extension(oid::AUTHORITY_INFO_ACCESS, false, |w| {
            w.sequence(|w| {
                for (method, url) in all {
                    w.sequence(|w| {
                        w.oid(method);
                        w.tlv(tag::context(6), url.as_bytes());
                    });
                }
            });
        });
    }
}

impl NameConstraints {
    fn write(&self, out: &mut Writer) -> Result<()> {
        if self.permitted.is_empty() && self.excluded.is_empty() {
            return Err(Error::invalid("nameConstraints", "empty"));
        }
        for subtree in self.permitted.iter().chain(&self.excluded) {
            subtree.check()?;
        }
        out.extension(oid::NAME_CONSTRAINTS, true, |w| {
            w.sequence(|w| {
                for (number, subtrees) in [(0, &self.permitted), (1, &self.excluded)] {
                    if !subtrees.is_empty() {
                        w.nested(tag::constructed(number), |w| {
                            subtrees
                                .iter()
                                .for_each(|subtree| w.sequence(|w| subtree.write(w)));
                        });
                    }
                }
            });
        });
        Ok(())
    }
}

impl Subtree {
    fn check(&self) -> Result<()> {
        let host = |text: &str| {
            GeneralName::Dns(text.strip_prefix('.').unwrap_or(text).to_owned()).check()
        };
        match self {
            Self::Dns(domain) => host(domain),
            Self::Email(text) if text.contains('@') => GeneralName::Email(text.clone()).check(),
            Self::Email(text) => host(text),
            Self::Ip(address, prefix) => {
                let bits = if address.is_ipv4() { 32 } else { 128 };
                if *prefix > bits {
                    return Err(Error::invalid("nameConstraints", "prefix too long"));
                }
                Ok(())
            }
            Self::Directory(_) => Ok(()),
        }
    }

    fn write(&self, w: &mut Writer) {
        let network = |address: &[u8], prefix: u8| {
            let mask = (0..address.len() * 8).map(|bit| bit < usize::from(prefix));
            let mask: Vec<bool> = mask.collect();
            let mask: Vec<u8> = mask
                .chunks(8)
                .map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | u8::from(*bit)))
                .collect();
            let base = address.iter().zip(&mask).map(|(byte, mask)| byte & mask);
            base.chain(mask.iter().copied()).collect::<Vec<u8>>()
        };
        match self {
            Self::Email(text) => w.tlv(tag::context(1), text.as_bytes()),
            Self::Dns(text) => w.tlv(tag::context(2), text.as_bytes()),
            Self::Directory(name) => w.nested(tag::constructed(4), |w| w.raw(name.der())),
            Self::Ip(IpAddr::V4(address), prefix) => {
                w.tlv(tag::context(7), &network(&address.octets(), *prefix));
            }
            Self::Ip(IpAddr::V6(address), prefix) => {
                w.tlv(tag::context(7), &network(&address.octets(), *prefix));
            }
        }
    }
}

impl Extension {
    /// Reads the Extensions that `cursor` holds, refusing duplicates (RFC 5280 §4.2).
    pub(crate) fn read_all(mut cursor: Cursor<'_>) -> Result<Vec<Self>> {
        const MAX_EXTENSIONS: usize = 64;
        let mut extensions: Vec<Self> = Vec::new();
        while !cursor.is_empty() {
            let mut extension = cursor.sequence("Extension")?;
            let read = Self {
                oid: extension.oid("extnID")?,
                critical: extension.default_false("critical")?,
                value: extension.octets("extnValue")?.to_vec(),
            };
            extension.end("extnValue")?;
            if extensions.iter().any(|earlier| earlier.oid == read.oid) {
                return cursor.fail("Extensions", format!("{} twice", read.oid));
            }
            extensions.push(read);
        }
        if extensions.is_empty() || extensions.len() > MAX_EXTENSIONS {
            return cursor.fail("Extensions", "none, or more than 64");
        }
        Ok(extensions)
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        w.extension(self.oid, self.critical, |w| w.raw(&self.value));
    }
}

/// `distributionPoint [0] { fullName [0] URI… }`, as CRLs and certificates have it.
pub(crate) fn distribution_point_name(w: &mut Writer, urls: &[String]) {
    w.nested(tag::constructed(0), |w| {
        w.nested(tag::constructed(0), |w| {
            urls.iter()
                .for_each(|url| w.tlv(tag::context(6), url.as_bytes()));
        });
    });
}

pub(crate) fn check_url(url: &str) -> Result<()> {
    GeneralName::Uri(url.to_owned()).check()
}
