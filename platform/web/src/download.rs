//! Files that clients fetch repeatedly: validators, 304 and ranges (RFC 9110 §8.8, §13, §14).

use std::{
    ops::Range,
    time::{Duration, SystemTime},
};

use axum::{
    body::{Body, Bytes},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{
            ACCEPT_RANGES, CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE,
            IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, RANGE,
        },
    },
    response::{IntoResponse as _, Response},
};
use jiff::Timestamp;

use crate::Problem;

/// What distinguishes the versions of a file. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Validators {
    etag: HeaderValue,
    last_modified: HeaderValue,
    modified: SystemTime,
}

/// A file on its way to a client.
#[derive(Clone, Debug)]
pub struct Download {
    /// Its media type.
    pub content_type: HeaderValue,
    /// How long it may be cached.
    pub cache_control: HeaderValue,
    /// Its version.
    pub validators: Validators,
    /// Its bytes.
    pub body: Bytes,
}

impl Validators {
    /// A version with the tag `etag`, hexadecimal digits and hyphens, modified at `modified`.
    /// Versions that follow each other must differ in their seconds too.
    pub fn new(etag: &str, modified: Timestamp) -> Self {
        let seconds = u64::try_from(modified.as_second()).unwrap_or_default();
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let value = |text: String| {
            HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
        };
        Self {
            etag: value(format!("\"{etag}\"")),
            last_modified: value(httpdate::fmt_http_date(modified)),
            modified,
        }
    }

    /// Whether the client has some version already.
    pub fn is_conditional(request: &HeaderMap) -> bool {
        request.contains_key(IF_NONE_MATCH) || request.contains_key(IF_MODIFIED_SINCE)
    }

    /// Whether the client has this version: its tag decides, and the date if it sends no tag
    /// (RFC 9110 §13.2.2).
    pub fn is_known_to(&self, request: &HeaderMap) -> bool {
        if request.contains_key(IF_NONE_MATCH) {
            let mut lists = request.get_all(IF_NONE_MATCH).iter();
            return lists.any(|list| self.is_listed(list));
        }
        match request.get(IF_MODIFIED_SINCE).and_then(date) {
            Some(since) => self.modified <= since,
            None => false,
        }
    }

    /// The answer to a client that has this version.
    pub fn not_modified(&self, cache_control: HeaderValue) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        self.write(response.headers_mut());
        response.headers_mut().insert(CACHE_CONTROL, cache_control);
        response
    }

    /// The weak comparison (RFC 9110 §8.8.3.2) with each tag of a list.
    fn is_listed(&self, list: &HeaderValue) -> bool {
        let list = list.to_str().unwrap_or_default();
        list.split(',').map(str::trim).any(|tag| {
            tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == self.etag.as_bytes()
        })
    }

    /// Whether parts of this version complete what the client has (RFC 9110 §13.1.5).
    fn continues(&self, request: &HeaderMap) -> bool {
        match request.get(IF_RANGE) {
            None => true,
            Some(tag) if tag == self.etag => true,
            Some(other) => date(other) == Some(self.modified),
        }
    }

    fn write(&self, headers: &mut HeaderMap) {
        headers.insert(ETAG, self.etag.clone());
        headers.insert(LAST_MODIFIED, self.last_modified.clone());
    }
}

impl Download {
    /// Answers a GET or HEAD: with the whole file, the part that is asked for, or 304.
    pub fn respond(self, method: &Method, request: &HeaderMap) -> Response {
        if self.validators.is_known_to(request) {
            return self.validators.not_modified(self.cache_control);
        }
        // RFC 9110 §14.2: ranges are defined for GET only.
        let range = request
            .get(RANGE)
            .filter(|_| method == Method::GET && self.validators.continues(request));
        let length = self.body.len();
        match range.map_or(Part::Whole, |range| Part::parse(range, length)) {
            Part::Whole => self.response(None),
            Part::Bytes(range) => self.response(Some(range)),
            Part::OutOfBounds => {
                let mut response = Problem::new(
                    StatusCode::RANGE_NOT_SATISFIABLE,
                    "Range Not Satisfiable",
                    format!("the file has {length} bytes"),
                )
                .into_response();
                insert(
                    response.headers_mut(),
                    CONTENT_RANGE,
                    format!("bytes */{length}"),
                );
                response
            }
        }
    }

    fn response(self, part: Option<Range<usize>>) -> Response {
        let length = self.body.len();
        let body = match &part {
            Some(range) => self.body.slice(range.clone()),
            None => self.body,
        };
        let mut response = Response::new(Body::from(body));
        if let Some(range) = part {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let last = range.end.saturating_sub(1);
            insert(
                response.headers_mut(),
                CONTENT_RANGE,
                format!("bytes {}-{last}/{length}", range.start),
            );
        }
        let headers = response.headers_mut();
        self.validators.write(headers);
        headers.insert(CONTENT_TYPE, self.content_type);
        headers.insert(CACHE_CONTROL, self.cache_control);
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        response
    }
}

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// The whole file: several ranges, other units and malformed ones are ignored (RFC 9110 §14.2).
    Whole,
    Bytes(Range<usize>),
    OutOfBounds,
}

impl Part {
    fn parse(range: &HeaderValue, length: usize) -> Self {
        let range = range.to_str().unwrap_or_default();
        let Some((unit, range)) = range.split_once('=') else {
            return Self::Whole;
        };
        let Some((first, last)) = range.trim().split_once('-') else {
            return Self::Whole;
        };
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return Self::Whole;
        }
        match (number(first), number(last)) {
            (None, Some(suffix)) if first.is_empty() => match suffix.min(length) {
                0 => Self::OutOfBounds,
                suffix => Self::Bytes(length - suffix..length),
            },
            (Some(first), None) if last.is_empty() && first < length => Self::Bytes(first..length),
            (Some(first), Some(last)) if first <= last && first < length => {
                Self::Bytes(first..last.saturating_add(1).min(length))
            }
            (Some(first), Some(last)) if first <= last => Self::OutOfBounds,
            (Some(_), None) if last.is_empty() => Self::OutOfBounds,
            _ => Self::Whole,
        }
    }
}

/// A number of digits only; a larger one than fits counts as the largest.
fn number(text: &str) -> Option<usize> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(usize::MAX))
}

/// A date in any of HTTP's three forms (RFC 9110 §5.6.7).
fn date(value: &HeaderValue) -> Option<SystemTime> {
    httpdate::parse_http_date(value.to_str().ok()?).ok()
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODIFIED: &str = "Sun, 01 Mar 2026 08:00:00 GMT";

    fn download() -> Download {
        Download {
            content_type: HeaderValue::from_static("application/pkix-crl"),
            cache_control: HeaderValue::from_static("max-age=60"),
            validators: Validators::new("7-1", "2026-03-01T08:00:00.9Z".parse().unwrap()),
            body: Bytes::from_static(b"0123456789"),
        }
    }

    fn answer(method: &Method, headers: &[(HeaderName, &str)]) -> Response {
        let mut request = HeaderMap::new();
        for (name, value) in headers {
            request.append(name, value.parse().unwrap());
        }
        download().respond(method, &request)
    }

    fn part(range: &str) -> Part {
        Part::parse(&range.parse().unwrap(), 10)
    }

    #[test]
    fn the_tag_decides_and_else_the_date() {
        let later = "Sunday, 01-Mar-26 08:00:01 GMT";
        let earlier = "Sun Mar  1 07:59:59 2026";
        for (headers, known) in [
            (&[(IF_NONE_MATCH, "\"7-1\"")][..], true),
            (&[(IF_NONE_MATCH, "\"6-1\", W/\"7-1\"")], true),
            (&[(IF_NONE_MATCH, "\"6-1\""), (IF_NONE_MATCH, "*")], true),
            (
                &[(IF_NONE_MATCH, "\"6-1\""), (IF_MODIFIED_SINCE, MODIFIED)],
                false,
            ),
            (&[(IF_MODIFIED_SINCE, MODIFIED)], true),
            (&[(IF_MODIFIED_SINCE, later)], true),
            (&[(IF_MODIFIED_SINCE, earlier)], false),
            (&[(IF_MODIFIED_SINCE, "yesterday")], false),
            (&[], false),
        ] {
            let response = answer(&Method::GET, headers);
            let expected = if known { 304 } else { 200 };
            assert_eq!(response.status(), expected, "{headers:?}");
            assert_eq!(response.headers()[ETAG], "\"7-1\"");
            assert_eq!(response.headers()[LAST_MODIFIED], MODIFIED);
            assert_eq!(response.headers().contains_key(CONTENT_TYPE), !known);
        }
    }

    #[test]
    fn one_range_is_a_part_and_everything_else_is_the_whole() {
        for (range, expected) in [
            ("bytes=0-3", Part::Bytes(0..4)),
            ("Bytes = 5-", Part::Bytes(5..10)),
            ("bytes=-4", Part::Bytes(6..10)),
            ("bytes=-40", Part::Bytes(0..10)),
            ("bytes=9-99999999999999999999999", Part::Bytes(9..10)),
            ("bytes=10-", Part::OutOfBounds),
            ("bytes=10-11", Part::OutOfBounds),
            ("bytes=-0", Part::OutOfBounds),
            ("bytes=3-2", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("lines=0-1", Part::Whole),
            ("0-1", Part::Whole),
        ] {
            assert_eq!(part(range), expected, "{range}");
        }
    }

    #[test]
    fn a_part_of_another_version_is_not_sent() {
        let range = (RANGE, "bytes=2-3");
        for (condition, status) in [
            ("\"7-1\"", 206),
            (MODIFIED, 206),
            ("\"6-1\"", 200),
            ("W/\"7-1\"", 200),
            ("Sun, 01 Mar 2026 08:00:01 GMT", 200),
        ] {
            let response = answer(&Method::GET, &[range.clone(), (IF_RANGE, condition)]);
            assert_eq!(response.status(), status, "{condition}");
        }
        let response = answer(&Method::GET, std::slice::from_ref(&range));
        assert_eq!(response.headers()[CONTENT_RANGE], "bytes 2-3/10");
        assert_eq!(answer(&Method::HEAD, &[range]).status(), 200);
        let beyond = answer(&Method::GET, &[(RANGE, "bytes=10-")]);
        assert_eq!(beyond.status(), 416);
        assert_eq!(beyond.headers()[CONTENT_RANGE], "bytes */10");
    }
}
