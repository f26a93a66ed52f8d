//! Parameters of a query or a form: strict, bounded, none repeated.

use std::fmt;

use url::form_urlencoded::Serializer;

/// The longest query or form that is read, in bytes.
pub const MAX_FORM: usize = 32 * 1024;
const MAX_PARAMS: usize = 64;
const MAX_NAME: usize = 64;
/// Tokens are long; everything else is short.
const MAX_TOKEN: usize = 8192;
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
        if text.len() > MAX_FORM {
            return Err(ParamsError::TooLong);
        }
        let mut params: Vec<(String, String)> = Vec::new();
        for pair in text
            .split(|byte| *byte == b'&')
            .filter(|pair| !pair.is_empty())
        {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode_form(halves.next().unwrap_or_default())?;
            let value = decode_form(halves.next().unwrap_or_default())?;
            if name.len() > MAX_NAME || params.len() == MAX_PARAMS {
                return Err(ParamsError::TooLong);
            }
            if params.iter().any(|(known, _)| *known == name) {
                return Err(ParamsError::Repeated(name));
            }
            if value.len() > limit(&name) {
                return Err(ParamsError::ValueTooLong(name));
            }
            params.push((name, value));
        }
        params.retain(|(_, value)| !value.is_empty());
        Ok(Self(params))
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
        "id_token_hint" | "token" | "access_token" | "client_assertion" | "claims" => MAX_TOKEN,
        _ => MAX_VALUE,
    }
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
    fn an_empty_value_counts_as_omitted() {
        let params = Params::parse(b"a=&b=1&c").unwrap();
        assert_eq!(
            (params.get("a"), params.get("b"), params.get("c")),
            (None, Some("1"), None)
        );
    }
}
