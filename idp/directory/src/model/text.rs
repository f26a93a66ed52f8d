//! Short texts that people type.

use crate::Error;

const MAX_TEXT: usize = 200;

/// One line of text; an empty one counts as none.
///
/// # Errors
/// [`Error::Invalid`] if it is too long or has control characters.
pub fn parse_line(field: &'static str, text: Option<String>) -> Result<Option<String>, Error> {
    let Some(text) = text else { return Ok(None) };
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > MAX_TEXT || text.chars().any(char::is_control) {
        return Err(Error::invalid(
            field,
            format!("one line of at most {MAX_TEXT} characters"),
        ));
    }
    Ok(Some(text.to_owned()))
}

/// An e-mail address, as far as its form shows; an empty one counts as none.
///
/// # Errors
/// [`Error::Invalid`].
pub fn parse_email(text: Option<String>) -> Result<Option<String>, Error> {
    let Some(text) = parse_line("email", text)? else {
        return Ok(None);
    };
    let good = text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@')
    }) && !text.contains(char::is_whitespace);
    if good {
        Ok(Some(text))
    } else {
        Err(Error::invalid(
            "email",
            "an address such as name@example.org",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_addresses() {
        let line = |text: &str| parse_line("display_name", Some(text.to_owned()));
        assert_eq!(line(" Alice ").unwrap().as_deref(), Some("Alice"));
        assert_eq!(line("  ").unwrap(), None);
        assert!(line("a\nb").is_err());
        assert!(line(&"x".repeat(201)).is_err());
        let email = |text: &str| parse_email(Some(text.to_owned()));
        assert!(email("a@b.example").is_ok());
        for bad in ["a", "@b", "a@", "a@b@c", "a b@c"] {
            assert!(email(bad).is_err(), "{bad}");
        }
    }
}
