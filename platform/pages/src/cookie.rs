//! Cookies. The `__Host-` prefix keeps other hosts and plain HTTP from writing
//! them (RFC 6265bis §4.1.3.2).

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

/// The token that this browser's forms must carry.
pub(crate) const FORM: &str = "__Host-xinshu-form";
/// The language that the reader chose.
pub(crate) const LANGUAGE: &str = "__Host-xinshu-language";

const MAX_VALUE: usize = 64;

/// The value of a cookie; `None` if it was sent twice or cannot be one of ours.
pub fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(known, _)| *known == name)
        .map(|(_, value)| value);
    let value = values.next()?;
    let ours = value.len() <= MAX_VALUE
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    (ours && values.next().is_none()).then(|| value.to_owned())
}

/// Sets a cookie that lasts as long as the browser's session.
pub fn set(headers: &mut HeaderMap, name: &str, value: &str) {
    append(
        headers,
        &format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax"),
    );
}

/// Sets a cookie that outlives the browser's session.
pub fn set_for(headers: &mut HeaderMap, name: &str, value: &str, lifetime: Duration) {
    let seconds = lifetime.as_secs();
    append(
        headers,
        &format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}"),
    );
}

/// Deletes a cookie.
pub fn clear(headers: &mut HeaderMap, name: &str) {
    append(
        headers,
        &format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"),
    );
}

fn append(headers: &mut HeaderMap, cookie: &str) {
    // Names and values are ours: letters, digits, '-' and '_'.
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        headers.append(header::SET_COOKIE, cookie);
    }
}
