//! Parameters of a query or a form: strict, bounded, none twice.

use std::fmt;

use url::form_urlencoded::Serializer;

/// The longest query or form that is looked at.
pub(crate) const MAX_FORM: usize = 32 * 1024;
const MAX_PARAMS: usize = 64;
const MAX_NAME: usize = 64;
/// Tokens are long; everything else is short.
const MAX_TOKEN: usize = 8192;
const MAX_VALUE: usize = 2048;

/// Names and values in the order in which they came.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Params(Vec<(String, String)>);

/// Why parameters were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParamsError {
    #[error("the parameters are too long")]
    TooLong,
    #[error("the parameters are not application/x-www-form-urlencoded UTF-8 text")]
    Malformed,
    /// RFC 6749 §3.1: no parameter more than once.
    #[error("the parameter {0} was given twice")]
    Twice(String),
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
    /// Reads a query or a form. A parameter without a value counts as left out
    /// (RFC 6749 §3.1).
    pub(crate) fn parse(text: &[u8]) -> Result<Self, ParamsError> {
        if text.len() > MAX_FORM {
            return Err(ParamsError::TooLong);
        }
        let mut params: Vec<(String, String)> = Vec::new();
        for pair in text
            .split(|byte| *byte == b'&')
            .filter(|pair| !pair.is_empty())
        {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            if name.len() > MAX_NAME || params.len() == MAX_PARAMS {
                return Err(ParamsError::TooLong);
            }
            if params.iter().any(|(known, _)| *known == name) {
                return Err(ParamsError::Twice(name));
            }
            if value.len() > limit(&name) {
                return Err(ParamsError::ValueTooLong(name));
            }
            params.push((name, value));
        }
        params.retain(|(_, value)| !value.is_empty());
        Ok(Self(params))
    }

    /// The value of `name`, if it was given.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn take(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// The query that [`Params::parse`] reads as these.
    pub(crate) fn to_query(&self) -> String {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(&self.0);
        query.finish()
    }

    /// With one value given or replaced.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    #[cfg(test)]
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
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
        // A whole authorization request travels through the sign-in form.
        "request" => 2 * MAX_TOKEN,
        _ => MAX_VALUE,
    }
}

fn decode(text: &[u8]) -> Result<String, ParamsError> {
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
    fn what_is_refused() {
        assert_eq!(
            Params::parse(b"a=1&a=2"),
            Err(ParamsError::Twice("a".into()))
        );
        assert_eq!(
            Params::parse(b"a=&a=2"),
            Err(ParamsError::Twice("a".into()))
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
    fn an_empty_value_counts_as_left_out() {
        let params = Params::parse(b"a=&b=1&c").unwrap();
        assert_eq!(
            (params.get("a"), params.get("b"), params.get("c")),
            (None, Some("1"), None)
        );
    }
}
