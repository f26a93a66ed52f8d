//! GeneralName, the alternatives that certificates use (RFC 5280 §4.2.1.6).

use std::{fmt, net::IpAddr, str::FromStr};

use asn1::{BerCursor, Cursor, Tlv, Writer, tag};

use crate::{Error, Name, Result, oid_name::name_of};

/// One GeneralName.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GeneralName {
    /// dNSName.
    Dns(String),
    /// iPAddress.
    Ip(IpAddr),
    /// rfc822Name.
    Email(String),
    /// uniformResourceIdentifier.
    Uri(String),
    /// directoryName.
    Directory(Name),
    /// Any other alternative, as read: never written.
    Other {
        /// The context-specific tag's number.
        number: u8,
        /// The whole encoding.
        der: Vec<u8>,
    },
}

impl GeneralName {
    /// The name of a host: an address if it is one, in whatever spelling, or else a DNS name.
    pub fn from_host(text: &str) -> Self {
        match text.parse() {
            Ok(address) => Self::Ip(address),
            Err(_) => Self::Dns(text.to_owned()),
        }
    }

    /// The name of its kind in the standards, such as `dNSName`.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Dns(_) => "dNSName",
            Self::Ip(_) => "iPAddress",
            Self::Email(_) => "rfc822Name",
            Self::Uri(_) => "uniformResourceIdentifier",
            Self::Directory(_) => "directoryName",
            Self::Other { number, .. } => match number {
                0 => "otherName",
                3 => "x400Address",
                5 => "ediPartyName",
                8 => "registeredID",
                _ => "unknown name",
            },
        }
    }

    /// Its kind for messages: as [`Self::kind_name`], and which kind of otherName.
    pub fn kind_in_words(&self) -> String {
        if let Self::Other { number: 0, der } = self
            && let Ok(mut other_name) = BerCursor::new(der).any().map(|e| BerCursor::new(e.value))
            && let Ok(type_id) = other_name.oid()
        {
            return format!("otherName {}", name_of(type_id));
        }
        self.kind_name().to_owned()
    }

    /// Whether both name the same: hosts are compared without case (RFC 5280 §7.2, §7.5).
    pub fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Dns(a), Self::Dns(b)) => a.eq_ignore_ascii_case(b),
            (Self::Email(a), Self::Email(b)) => match (a.rsplit_once('@'), b.rsplit_once('@')) {
                (Some((a, a_host)), Some((b, b_host))) => {
                    a == b && a_host.eq_ignore_ascii_case(b_host)
                }
                _ => a == b,
            },
            (a, b) => a == b,
        }
    }

    /// Checks the syntax of its text: what our certificates may contain.
    ///
    /// # Errors
    /// [`Error::Invalid`] that says what is wrong.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Dns(name) => check_dns(name),
            Self::Email(address) => check_email(address),
            Self::Uri(uri) => check_uri(uri),
            Self::Directory(name) if name.is_empty() => {
                Err(Error::invalid("directoryName", "empty"))
            }
            Self::Ip(_) | Self::Directory(_) => Ok(()),
            Self::Other { number, .. } => Err(Error::invalid(
                "GeneralName",
                format!("alternative [{number}] is not issued"),
            )),
        }
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        match self {
            Self::Email(address) => w.tlv(tag::context(1), address.as_bytes()),
            Self::Dns(name) => w.tlv(tag::context(2), name.as_bytes()),
            Self::Directory(name) => w.nested(tag::constructed(4), |w| w.raw(name.der())),
            Self::Uri(uri) => w.tlv(tag::context(6), uri.as_bytes()),
            Self::Ip(IpAddr::V4(address)) => w.tlv(tag::context(7), &address.octets()),
            Self::Ip(IpAddr::V6(address)) => w.tlv(tag::context(7), &address.octets()),
            Self::Other { der, .. } => w.raw(der),
        }
    }

    pub(crate) fn read(cursor: &Cursor<'_>, element: Tlv<'_>) -> Result<Self> {
        let text = |field| cursor.ascii(element.value, field);
        Ok(match element.tag {
            0x81 => Self::Email(text("rfc822Name")?),
            0x82 => Self::Dns(text("dNSName")?),
            0x86 => Self::Uri(text("uniformResourceIdentifier")?),
            0xa4 => Self::Directory(Name::from_der(element.value)?),
            0x87 => Self::Ip(
                match element.value.len() {
                    4 => <[u8; 4]>::try_from(element.value).map(IpAddr::from),
                    _ => <[u8; 16]>::try_from(element.value).map(IpAddr::from),
                }
                .map_err(|_| cursor.error("iPAddress", "neither 4 nor 16 octets"))?,
            ),
            0x80..=0x88 | 0xa0..=0xa8 => Self::Other {
                number: element.tag & 0x1f,
                der: element.der.to_vec(),
            },
            _ => return cursor.fail("GeneralName", "unknown alternative"),
        })
    }

    /// The GeneralNames that `value` is.
    pub(crate) fn read_all(what: &'static str, value: &[u8]) -> Result<Vec<Self>> {
        const MAX_NAMES: usize = 1000;
        let mut sequence = Cursor::outer(what, value)?;
        let mut names = Vec::new();
        while !sequence.is_empty() {
            let element = sequence.any("GeneralName")?;
            names.push(Self::read(&sequence, element)?);
        }
        if names.is_empty() || names.len() > MAX_NAMES {
            return sequence.fail("GeneralNames", "none, or more than 1000");
        }
        Ok(names)
    }
}

impl fmt::Display for GeneralName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => write!(f, "dns:{name}"),
            Self::Ip(address) => write!(f, "ip:{address}"),
            Self::Email(address) => write!(f, "email:{address}"),
            Self::Uri(uri) => write!(f, "uri:{uri}"),
            Self::Directory(name) => write!(f, "dn:{name}"),
            Self::Other { number, .. } => write!(f, "other:[{number}]"),
        }
    }
}

impl FromStr for GeneralName {
    type Err = Error;

    /// Reads what [`fmt::Display`] writes: `dns:`, `ip:`, `email:`, `uri:` or `dn:` and the name.
    fn from_str(text: &str) -> Result<Self> {
        let shown: String = text.chars().take(64).collect();
        let bad = |reason: &str| Error::invalid("name", format!("{shown:?}: {reason}"));
        let (kind, value) = text.split_once(':').unwrap_or((text, ""));
        let name = match kind.to_ascii_lowercase().as_str() {
            "dns" => Self::Dns(value.to_owned()),
            "ip" => Self::Ip(
                value
                    .parse()
                    .map_err(|_| bad("not an IPv4 or IPv6 address"))?,
            ),
            "email" => Self::Email(value.to_owned()),
            "uri" => Self::Uri(value.to_owned()),
            "dn" => Self::Directory(value.parse()?),
            _ => {
                return Err(bad(
                    "write its kind first: dns:, ip:, email:, uri: or dn:, such as \
                     dns:www.example.org",
                ));
            }
        };
        name.check()?;
        Ok(name)
    }
}

/// The preferred name syntax (RFC 1034 §3.5): labels of letters, digits and
/// hyphens, with `*` as the whole leftmost label (RFC 9525 §6.3) and `_` nowhere.
fn check_dns(name: &str) -> Result<()> {
    let bad = |reason: &str| Err(Error::invalid("dNSName", format!("{name:?}: {reason}")));
    if name.is_empty() || name.len() > 253 {
        return bad("empty or longer than 253 characters");
    }
    if name.ends_with('.') {
        return bad("a dot at the end");
    }
    let host = name.strip_prefix("*.").unwrap_or(name);
    if host.len() < name.len() && !host.contains('.') {
        return bad("a wildcard for a whole top-level domain");
    }
    for label in host.split('.') {
        if label.is_empty() || label.len() > 63 {
            return bad("a label that is empty or longer than 63 characters");
        }
        if !label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        {
            return bad(
                "only letters, digits and hyphens, and * as the whole first label; write international names in their xn-- form",
            );
        }
        if label.starts_with('-') || label.ends_with('-') {
            return bad("a hyphen at the start or end of a label");
        }
    }
    if host
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()))
    {
        return bad("an address or number, not a name");
    }
    Ok(())
}

/// `Local@host` (RFC 5321 §4.1.2, dot-string only).
fn check_email(address: &str) -> Result<()> {
    let bad = |reason: &str| {
        Err(Error::invalid(
            "rfc822Name",
            format!("{address:?}: {reason}"),
        ))
    };
    let Some((local, host)) = address.rsplit_once('@') else {
        return bad("no @");
    };
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
    if local.len() > 64
        || local
            .split('.')
            .any(|part| part.is_empty() || !part.bytes().all(atom))
    {
        return bad("malformed before the @");
    }
    if host.starts_with('*') || check_dns(host).is_err() {
        return bad("malformed after the @");
    }
    Ok(())
}

/// An absolute URI (RFC 3986 §4.3) with a scheme and something after it.
fn check_uri(uri: &str) -> Result<()> {
    let bad = |reason: &str| {
        Err(Error::invalid(
            "uniformResourceIdentifier",
            format!("{uri:?}: {reason}"),
        ))
    };
    if uri.len() > 2048 {
        return bad("longer than 2048 characters");
    }
    let Some((scheme, rest)) = uri.split_once(':') else {
        return bad("no scheme");
    };
    let scheme_ok = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    if !scheme_ok || rest.is_empty() || rest == "//" {
        return bad("not an absolute URI");
    }
    if !uri
        .bytes()
        .all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b))
    {
        return bad("characters that a URI escapes");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dns_names() {
        for good in [
            "localhost",
            "a.example",
            "*.a.example",
            "xn--fiqs8s",
            "1.a2",
            "A-b.C",
        ] {
            GeneralName::Dns(good.into()).check().unwrap();
        }
        let long = "a".repeat(64);
        for bad in [
            "",
            ".",
            "a.",
            "a..b",
            "-a.b",
            "a-.b",
            "a_b.c",
            "*",
            "*.com",
            "a.*.b",
            "a*.b.c",
            "**.a.b",
            "信枢.中国",
            "a b",
            "127.0.0.1",
            "a.b/c",
            &long,
        ] {
            assert!(GeneralName::Dns(bad.into()).check().is_err(), "{bad}");
        }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for text in [
            "dns:www.example.org",
            "ip:192.0.2.1",
            "ip:2001:db8::1",
            "email:a@example.org",
            "uri:https://example.org/a",
            "dn:CN=Alice,O=Example",
        ] {
            let name: GeneralName = text.parse().unwrap();
            assert_eq!(name.to_string(), text);
        }
        let upper: GeneralName = "DNS:a.org".parse().unwrap();
        assert_eq!(upper, GeneralName::Dns("a.org".into()));
        for text in [
            "",
            "www.example.org",
            "dns:",
            "dns:a_b.c",
            "ip:192.0.2",
            "email:alice",
            "uri:x",
            "dn:",
            "other:x",
        ] {
            assert!(text.parse::<GeneralName>().is_err(), "{text}");
        }
    }

    #[test]
    fn emails_and_uris() {
        GeneralName::Email("zhang.san+x@example.org".into())
            .check()
            .unwrap();
        for bad in [
            "a", "@b.c", "a@", "a@b@c d", "a..b@c.d", "a@*.b.c", "张@b.c",
        ] {
            assert!(GeneralName::Email(bad.into()).check().is_err(), "{bad}");
        }
        GeneralName::Uri("urn:uuid:1".into()).check().unwrap();
        GeneralName::Uri("spiffe://a/b".into()).check().unwrap();
        for bad in ["a", "://b", "http://", "1a:b", "http://a b"] {
            assert!(GeneralName::Uri(bad.into()).check().is_err(), "{bad}");
        }
    }
}
