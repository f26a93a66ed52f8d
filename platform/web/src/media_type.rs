//! The media type of a request.

use axum::http::{HeaderMap, header};

/// True if the request says that its body is of the `expected` type, which is written
/// in lower case: compared without case and parameters (RFC 9110 §8.3.1).
pub fn has_media_type(headers: &HeaderMap, expected: &str) -> bool {
    let mut sent = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(sent), None) = (sent.next(), sent.next()) else {
        return false;
    };
    // As bytes: a parameter may hold anything.
    let sent = sent.as_bytes();
    let end = sent.iter().position(|byte| *byte == b';');
    let sent = sent.get(..end.unwrap_or(sent.len())).unwrap_or_default();
    sent.trim_ascii().eq_ignore_ascii_case(expected.as_bytes())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn is_json(values: &[&[u8]]) -> bool {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(
                header::CONTENT_TYPE,
                HeaderValue::from_bytes(value).unwrap(),
            );
        }
        has_media_type(&headers, "application/json")
    }

    #[test]
    fn case_and_parameters_do_not_count() {
        for same in [
            &b"application/json"[..],
            b"Application/JSON",
            b"application/json;charset=utf-8",
            b"application/json ; charset=\"\xe4\"",
            b" application/json\t;",
        ] {
            assert!(is_json(&[same]), "{same:?}");
        }
        for other in [
            &b""[..],
            b"application/jsonp",
            b"application/json, text/plain",
            b"text/plain; application/json",
        ] {
            assert!(!is_json(&[other]), "{other:?}");
        }
        assert!(!is_json(&[]));
        assert!(!is_json(&[b"application/json", b"application/json"]));
    }
}
