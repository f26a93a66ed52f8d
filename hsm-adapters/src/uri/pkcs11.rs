//! RFC 7512: the PKCS#11 URI scheme.

use std::{fmt, path::PathBuf, str::FromStr};

use super::bad_uri;
use crate::KeyError;

pub(super) const SCHEME: &str = "pkcs11";

/// A PKCS#11 URI: a token, and perhaps an object on it.
///
/// It never contains a PIN: `pin-value` is refused, `pin-source` names a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pkcs11Uri {
    /// The token's label (`token`).
    pub token: Option<String>,
    /// The token's maker (`manufacturer`).
    pub manufacturer: Option<String>,
    /// The token's model (`model`).
    pub model: Option<String>,
    /// The token's serial number (`serial`).
    pub serial: Option<String>,
    /// The slot's number (`slot-id`); it may change when devices are plugged.
    pub slot_id: Option<u64>,
    /// The object's label (`object`).
    pub object: Option<String>,
    /// The object's `CKA_ID` (`id`).
    pub id: Option<Vec<u8>>,
    /// The object's class (`type`), such as `private`.
    pub object_type: Option<String>,
    /// The library's file (`module-path`).
    pub module_path: Option<PathBuf>,
    /// The library's name without folder and ending (`module-name`).
    pub module_name: Option<String>,
    /// The file that holds the PIN (`pin-source`).
    pub pin_source: Option<PathBuf>,
}

impl Pkcs11Uri {
    /// The same token without object, library and PIN source.
    pub fn token_only(&self) -> Self {
        Self {
            token: self.token.clone(),
            manufacturer: self.manufacturer.clone(),
            model: self.model.clone(),
            serial: self.serial.clone(),
            slot_id: self.slot_id,
            ..Self::default()
        }
    }

    /// The object named `label` on this token.
    pub fn with_object(&self, label: &str) -> Self {
        Self {
            object: Some(label.to_owned()),
            ..self.token_only()
        }
    }

    /// True if no attribute that both have differs: the key may be on that token.
    pub fn is_on(&self, token: &Self) -> bool {
        fn agree<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
            one.is_none() || other.is_none() || one == other
        }
        agree(self.token.as_ref(), token.token.as_ref())
            && agree(self.manufacturer.as_ref(), token.manufacturer.as_ref())
            && agree(self.model.as_ref(), token.model.as_ref())
            && agree(self.serial.as_ref(), token.serial.as_ref())
            && agree(self.slot_id.as_ref(), token.slot_id.as_ref())
    }

    fn set_path(&mut self, name: &str, value: Vec<u8>) -> Result<(), String> {
        match name {
            "token" => once(&mut self.token, name, text(value)?),
            "manufacturer" => once(&mut self.manufacturer, name, text(value)?),
            "model" => once(&mut self.model, name, text(value)?),
            "serial" => once(&mut self.serial, name, text(value)?),
            "object" => once(&mut self.object, name, text(value)?),
            "id" => once(&mut self.id, name, value),
            "slot-id" => {
                let number = text(value)?.parse().map_err(|_| "slot-id is no number")?;
                once(&mut self.slot_id, name, number)
            }
            "type" => {
                let class = text(value)?;
                if !TYPES.contains(&class.as_str()) {
                    return Err(format!("unknown type {class:?}"));
                }
                once(&mut self.object_type, name, class)
            }
            _ => Err(format!("unknown attribute {name:?}")),
        }
    }

    fn set_query(&mut self, name: &str, value: Vec<u8>) -> Result<(), String> {
        match name {
            "module-path" => once(&mut self.module_path, name, text(value)?.into()),
            "module-name" => {
                let module = text(value)?;
                if module.contains('/') {
                    return Err("module-name is a name, not a path".to_owned());
                }
                once(&mut self.module_name, name, module)
            }
            "pin-source" => once(&mut self.pin_source, name, pin_file(&text(value)?)?),
            "pin-value" => {
                Err("a PIN does not belong in a URI; use pin-source=file:/path".to_owned())
            }
            _ => Err(format!("unknown attribute {name:?}")),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let Some((SCHEME, rest)) = text.split_once(':') else {
            return Err("it does not start with pkcs11:".to_owned());
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut uri = Self::default();
        for attribute in path.split(';').filter(|attribute| !attribute.is_empty()) {
            let (name, value) = attribute.split_once('=').ok_or("an attribute has no =")?;
            uri.set_path(name, decode(value, PATH_MARKS)?)?;
        }
        for attribute in query.split('&').filter(|attribute| !attribute.is_empty()) {
            let (name, value) = attribute.split_once('=').ok_or("an attribute has no =")?;
            uri.set_query(name, decode(value, QUERY_MARKS)?)?;
        }
        Ok(uri)
    }
}

impl FromStr for Pkcs11Uri {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::parse(text).map_err(|reason| {
            // The text may hold a PIN, which must not reach a log.
            let shown = if text.contains("pin-value") {
                "pkcs11:…"
            } else {
                text
            };
            bad_uri(shown, reason)
        })
    }
}

impl fmt::Display for Pkcs11Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slot_id = self.slot_id.map(|number| number.to_string());
        let path = [
            ("token", self.token.as_deref().map(str::as_bytes)),
            (
                "manufacturer",
                self.manufacturer.as_deref().map(str::as_bytes),
            ),
            ("model", self.model.as_deref().map(str::as_bytes)),
            ("serial", self.serial.as_deref().map(str::as_bytes)),
            ("slot-id", slot_id.as_deref().map(str::as_bytes)),
            ("object", self.object.as_deref().map(str::as_bytes)),
            ("id", self.id.as_deref()),
            ("type", self.object_type.as_deref().map(str::as_bytes)),
        ];
        let pin_source = self
            .pin_source
            .as_ref()
            .map(|path| format!("file:{}", path.display()));
        let module_path = self
            .module_path
            .as_ref()
            .map(|path| path.display().to_string());
        let query = [
            ("module-path", module_path.as_deref()),
            ("module-name", self.module_name.as_deref()),
            ("pin-source", pin_source.as_deref()),
        ];
        write!(f, "{SCHEME}:")?;
        let mut separator = "";
        for (name, value) in path {
            let Some(value) = value else { continue };
            write!(f, "{separator}{name}=")?;
            encode(f, value, b"")?;
            separator = ";";
        }
        separator = "?";
        for (name, value) in query {
            let Some(value) = value else { continue };
            write!(f, "{separator}{name}=")?;
            encode(f, value.as_bytes(), b"/:")?;
            separator = "&";
        }
        Ok(())
    }
}

fn once<T>(place: &mut Option<T>, name: &str, value: T) -> Result<(), String> {
    match place.replace(value) {
        None => Ok(()),
        // RFC 7512 §2.3: an attribute occurs once.
        Some(_) => Err(format!("{name} occurs twice")),
    }
}

fn text(value: Vec<u8>) -> Result<String, String> {
    match String::from_utf8(value) {
        Ok(text) if !text.contains('\0') => Ok(text),
        _ => Err("a value is not UTF-8 text".to_owned()),
    }
}

/// RFC 7512 §2.4 also allows a command (`|prog`): that is not for a server.
fn pin_file(source: &str) -> Result<PathBuf, String> {
    let path = source.strip_prefix("file:").unwrap_or(source);
    let path = path.strip_prefix("//").unwrap_or(path);
    // Two slashes would read as a host the next time.
    if path.starts_with('/') && !path.starts_with("//") {
        return Ok(path.into());
    }
    Err("pin-source is not file: with an absolute path".to_owned())
}

fn decode(value: &str, marks: &[u8]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'%', [high, low, after @ ..]) => {
                let mut byte = [0];
                hex::decode_to_slice([*high, *low], &mut byte)
                    .map_err(|_| "a % is not followed by two hexadecimal digits")?;
                bytes.push(byte[0]);
                after
            }
            (byte, _) if is_unreserved(*byte) || marks.contains(byte) => {
                bytes.push(*byte);
                tail
            }
            _ => return Err("a character in it must be percent-encoded".to_owned()),
        };
    }
    Ok(bytes)
}

fn encode(f: &mut fmt::Formatter<'_>, value: &[u8], plain: &[u8]) -> fmt::Result {
    for byte in value {
        if is_unreserved(*byte) || plain.contains(byte) {
            write!(f, "{}", char::from(*byte))?;
        } else {
            write!(f, "%{byte:02X}")?;
        }
    }
    Ok(())
}

/// RFC 3986 §2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// RFC 7512 §2.3, `pk11-path-res-avail`.
const PATH_MARKS: &[u8] = b":[]@!$'()*+,=&";
/// RFC 7512 §2.3, `pk11-query-res-avail`.
const QUERY_MARKS: &[u8] = b":[]@!$'()*+,=/?|";
const TYPES: [&str; 5] = ["public", "private", "cert", "secret-key", "data"];

#[cfg(test)]
mod tests {
    use proptest::{option, prelude::*};

    use super::*;

    #[test]
    fn the_example_of_the_settings() {
        let uri: Pkcs11Uri = "pkcs11:token=xin%20shu;object=a?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/xinshu/pin"
            .parse()
            .unwrap();
        assert_eq!(uri.token.as_deref(), Some("xin shu"));
        assert_eq!(uri.pin_source, Some("/etc/xinshu/pin".into()));
        assert_eq!(
            uri.with_object("b").to_string(),
            "pkcs11:token=xin%20shu;object=b"
        );
    }

    #[test]
    fn a_pin_in_the_uri_is_refused_and_not_repeated() {
        let error = "pkcs11:token=a?pin-value=123456"
            .parse::<Pkcs11Uri>()
            .unwrap_err();
        assert!(!error.to_string().contains("123456"), "{error}");
    }

    #[test]
    fn what_the_rfc_forbids_is_refused() {
        for text in [
            "pkcs11:token=a;token=b",
            "pkcs11:token",
            "pkcs11:token=a b",
            "pkcs11:token=%4",
            "pkcs11:token=%zz",
            "pkcs11:token=%00",
            "pkcs11:token=%ff",
            "pkcs11:slot-id=x",
            "pkcs11:type=other",
            "pkcs11:colour=red",
            "pkcs11:?module-name=../x",
            "pkcs11:?pin-source=|cat",
            "pkcs11:?pin-source=relative",
        ] {
            assert!(
                matches!(text.parse::<Pkcs11Uri>(), Err(KeyError::BadUri { .. })),
                "{text}"
            );
        }
    }

    fn any_text() -> impl Strategy<Value = String> {
        "[^\0]{0,20}"
    }

    prop_compose! {
        fn any_uri()(
            names in (option::of(any_text()), option::of(any_text()), option::of(any_text()), option::of(any_text())),
            slot_id in option::of(any::<u64>()),
            object in option::of(any_text()),
            id in option::of(any::<Vec<u8>>()),
            object_type in option::of(prop::sample::select(TYPES.to_vec())),
            module_path in option::of("/[^\0]{0,20}"),
            module_name in option::of("[^\0/]{0,20}"),
            pin_source in option::of("/[^\0/][^\0]{0,20}"),
        ) -> Pkcs11Uri {
            Pkcs11Uri {
                token: names.0,
                manufacturer: names.1,
                model: names.2,
                serial: names.3,
                slot_id,
                object,
                id,
                object_type: object_type.map(str::to_owned),
                module_path: module_path.map(PathBuf::from),
                module_name,
                pin_source: pin_source.map(PathBuf::from),
            }
        }
    }

    proptest! {
        #[test]
        fn a_written_uri_reads_as_it_was(uri in any_uri()) {
            prop_assert_eq!(uri.to_string().parse::<Pkcs11Uri>().unwrap(), uri);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "(pkcs11:)?[ -~é]{0,60}") {
            if let Ok(uri) = text.parse::<Pkcs11Uri>() {
                prop_assert_eq!(uri.to_string().parse::<Pkcs11Uri>().unwrap(), uri);
            }
        }
    }
}
