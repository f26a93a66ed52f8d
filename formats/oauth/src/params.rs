//! Parameters of a query or a form: bounded, none repeated.

use std::fmt;

use url::form_urlencoded::Serializer;

/// The longest query or form that is read, in bytes.
pub const MAX_FORM: usize = 32 * 1024;
const MAX_PARAMS: usize = 64;
const MAX_NAME: usize = 64;
/// Tokens are long, and so is the `state` of applications that keep everything in it.
const MAX_LONG: usize = 8192;
/// A whole request: as an object, or in a field of a page that continues it.
const MAX_REQUEST: usize = 24 * 1024;
const MAX_VALUE: usize = 2048;

/// Names and values in the order in which they were sent.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

/// Why parameters were rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// More bytes or parameters than are read.
    #[error("the parameters are too long")]
    TooLong,
    /// Not percent-encoded UTF-8.
    #[error("the parameters are not application/x-www-form-urlencoded UTF-8 text")]
    Malformed,
    /// RFC 6749 §3.1: no parameter more than once.
    #[error("the parameter {0} was sent twice")]
    Repeated(String),
    /// This one is longer than its kind may be.
    #[error("the parameter {0} is too long")]
    ValueTooLong(String),
}

/// Names alone: values may be secrets.
impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

impl Params {
    /// Parses a query or a form. A parameter without a value counts as omitted
    /// (RFC 6749 §3.1).
    ///
    /// # Errors
    /// [`ParamsError`]; values are never part of it.
    pub fn parse(text: &[u8]) -> Result<Self, ParamsError> {
        match Self::parse_leniently(text) {
            (params, None) => Ok(params),
            (_, Some(fault)) => Err(fault),
        }
    }

    /// What can be read with certainty of a query or a form, and what is wrong with it: for a
    /// request whose refusal travels where its good parameters say (RFC 6749 §4.1.2.1). A
    /// parameter that was sent twice, or cannot be read, counts as omitted.
    pub fn parse_leniently(text: &[u8]) -> (Self, Option<ParamsError>) {
        if text.len() > MAX_FORM {
            return (Self::default(), Some(ParamsError::TooLong));
        }
        let mut params: Vec<(String, String)> = Vec::new();
        let mut fault = None;
        for pair in text
            .split(|byte| *byte == b'&')
            .filter(|pair| !pair.is_empty())
        {
            if params.len() == MAX_PARAMS {
                fault.get_or_insert(ParamsError::TooLong);
                break;
            }
            if let Err(error) = read_pair(pair, &mut params) {
                fault.get_or_insert(error);
            }
        }
        params.retain(|(_, value)| !value.is_empty());
        (Self(params), fault)
    }

    /// The value of `name`, if it was sent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// A copy of the value of `name`, if it was sent.
    pub fn get_owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// The query that [`Params::parse`] reads as these parameters.
    pub fn to_query(&self) -> String {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(&self.0);
        query.finish()
    }

    /// With one value added or replaced.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    #[cfg(test)]
    fn of(pairs: &[(&str, &str)]) -> Self {
        Self(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }
}

fn limit(name: &str) -> usize {
    match name {
        "id_token_hint" | "token" | "access_token" | "client_assertion" | "claims" | "state" => {
            MAX_LONG
        }
        "request" => MAX_REQUEST,
        _ => MAX_VALUE,
    }
}

/// Adds a pair to `params`. After a fault its name is there without a value, so that a second
/// one counts as repeated.
fn read_pair(pair: &[u8], params: &mut Vec<(String, String)>) -> Result<(), ParamsError> {
    let mut halves = pair.splitn(2, |byte| *byte == b'=');
    let name = decode_form(halves.next().unwrap_or_default())?;
    let value = decode_form(halves.next().unwrap_or_default());
    if name.len() > MAX_NAME {
        return Err(ParamsError::TooLong);
    }
    if let Some((_, known)) = params.iter_mut().find(|(known, _)| *known == name) {
        known.clear();
        return Err(ParamsError::Repeated(name));
    }
    let value = value.and_then(|value| {
        let fits = value.len() <= limit(&name);
        fits.then_some(value)
            .ok_or_else(|| ParamsError::ValueTooLong(name.clone()))
    });
    let (value, fault) = match value {
        Ok(value) => (value, Ok(())),
        Err(fault) => (String::new(), Err(fault)),
    };
    params.push((name, value));
    fault
}

/// Decodes one `application/x-www-form-urlencoded` value.
pub(crate) fn decode_form(text: &[u8]) -> Result<String, ParamsError> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = bytes.next().and_then(|byte| (*byte as char).to_digit(16));
                let low = bytes.next().and_then(|byte| (*byte as char).to_digit(16));
                let (Some(high), Some(low)) = (high, low) else {
                    return Err(ParamsError::Malformed);
                };
                // Two hexadecimal digits make a byte.
                (high * 16 + low) as u8
            }
            other => *other,
        });
    }
    match String::from_utf8(out) {
        Ok(text) if !text.contains('\0') => Ok(text),
        _ => Err(ParamsError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let params = Params::of(&[("state", "a b&c=d+é"), ("scope", "openid email")]);
        assert_eq!(Params::parse(params.to_query().as_bytes()).unwrap(), params);
    }

    #[test]
    fn what_is_rejected() {
        assert_eq!(
            Params::parse(b"a=1&a=2"),
            Err(ParamsError::Repeated("a".into()))
        );
        assert_eq!(
            Params::parse(b"a=&a=2"),
            Err(ParamsError::Repeated("a".into()))
        );
        for bad in ["a=%", "a=%4", "a=%zz", "a=%ff", "a=%00"] {
            assert_eq!(
                Params::parse(bad.as_bytes()),
                Err(ParamsError::Malformed),
                "{bad}"
            );
        }
        let long = format!("a={}", "x".repeat(MAX_VALUE + 1));
        assert_eq!(
            Params::parse(long.as_bytes()),
            Err(ParamsError::ValueTooLong("a".into()))
        );
        let many = (0..65)
            .map(|index| format!("p{index}=1&"))
            .collect::<String>();
        assert_eq!(Params::parse(many.as_bytes()), Err(ParamsError::TooLong));
        assert_eq!(
            Params::parse(&vec![b'a'; MAX_FORM + 1]),
            Err(ParamsError::TooLong)
        );
    }

    #[test]
    fn what_is_certain_is_read_beside_a_fault() {
        let read = |text: &str| {
            let (params, fault) = Params::parse_leniently(text.as_bytes());
            (params.to_query(), fault)
        };
        let repeated = |name: &str| Some(ParamsError::Repeated(name.into()));
        assert_eq!(read("a=1&b=2"), ("a=1&b=2".into(), None));
        assert_eq!(read("a=1&b=2&a=1"), ("b=2".into(), repeated("a")));
        assert_eq!(read("a=1&a=2&a=3&b=4"), ("b=4".into(), repeated("a")));
        assert_eq!(
            read("a=%&b=2"),
            ("b=2".into(), Some(ParamsError::Malformed))
        );
        assert_eq!(
            read("%=1&b=2"),
            ("b=2".into(), Some(ParamsError::Malformed))
        );
        assert_eq!(read("a=%&b=2&a=1").0, "b=2");
        let long = format!("a={}&b=2&a=1", "x".repeat(MAX_VALUE + 1));
        let fault = Some(ParamsError::ValueTooLong("a".into()));
        assert_eq!(read(&long), ("b=2".into(), fault));
        let many = (0..70)
            .map(|index| format!("p{index}=1&"))
            .collect::<String>();
        let (read, fault) = Params::parse_leniently(many.as_bytes());
        assert_eq!(
            (read.0.len(), fault),
            (MAX_PARAMS, Some(ParamsError::TooLong))
        );
    }

    #[test]
    fn a_state_of_8_kib_is_read() {
        let state = "\u{e9}".repeat(MAX_LONG / 2);
        let params = Params::default().with("state", &state);
        assert_eq!(Params::parse(params.to_query().as_bytes()), Ok(params));
        let longer = Params::default().with("state", &format!("{state}x"));
        assert_eq!(
            Params::parse(longer.to_query().as_bytes()),
            Err(ParamsError::ValueTooLong("state".into()))
        );
    }

    #[test]
    fn an_empty_value_counts_as_omitted() {
        let params = Params::parse(b"a=&b=1&c").unwrap();
        assert_eq!(
            (params.get("a"), params.get("b"), params.get("c")),
            (None, Some("1"), None)
        );
    }
}
