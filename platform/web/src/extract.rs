//! Reading a REST request, with every rejection a [`Problem`].

use axum::{
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{StatusCode, Uri, request::Parts},
};
use serde::de::DeserializeOwned;

use crate::{MAX_BODY, Problem, body_limit, has_media_type, rejection::explain};

/// A JSON body.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

/// The query's parameters.
#[derive(Debug)]
pub struct QueryParams<T>(pub T);

/// The path's parameters.
#[derive(Debug)]
pub struct PathParams<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !has_media_type(request.headers(), "application/json") {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Unsupported Media Type",
                "send application/json",
            ));
        }
        let body = body_limit(request.into_body(), MAX_BODY).await?;
        parse_json(&body)
            .map(Self)
            .map_err(|detail| Problem::bad_request(format!("the body: {detail}")))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryParams<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse_query(&parts.uri)
            .map(Self)
            .map_err(Problem::bad_request)
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathParams<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Path::from_request_parts(parts, state)
            .await
            .map(|Path(path)| Self(path))
            .map_err(|rejection| Problem::bad_request(rejection.body_text()))
    }
}

/// Reads JSON; the error is what is wrong with it, in plain words.
fn parse_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        let text = error.to_string();
        if !error.is_data() {
            return format!("it is not JSON: {text}");
        }
        // The path says where.
        let position = format!(" at line {} column {}", error.line(), error.column());
        explain(&path, text.strip_suffix(&position).unwrap_or(&text))
    })?;
    json.end()
        .map_err(|error| format!("it is not JSON: {error}"))?;
    Ok(value)
}

/// Reads a query; the error is what is wrong with it, in plain words.
fn parse_query<T: DeserializeOwned>(uri: &Uri) -> Result<T, String> {
    let Query(query) = Query::try_from_uri(uri).map_err(|rejection| {
        let text = rejection.body_text();
        let detail = text.strip_prefix("Failed to deserialize query string: ");
        explain_parameter(detail.unwrap_or(&text))
    })?;
    Ok(query)
}

/// A message about a query, which begins with the parameter's name.
fn explain_parameter(text: &str) -> String {
    let is_name = |name: &str| {
        let is_part = |char: char| char.is_ascii_alphanumeric() || char == '_';
        !name.is_empty() && name.chars().all(is_part)
    };
    match text.split_once(": ") {
        Some((name, message)) if is_name(name) => explain(name, message),
        _ => explain("", text),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[expect(dead_code, reason = "only read")]
        profile: String,
        #[expect(dead_code, reason = "only read")]
        days: Option<u32>,
        #[expect(dead_code, reason = "only read")]
        names: Option<Vec<String>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Status {
        Good,
        Revoked,
    }

    #[derive(Debug, Deserialize)]
    struct Parameters {
        #[expect(dead_code, reason = "only read")]
        status: Option<Status>,
        #[expect(dead_code, reason = "only read")]
        limit: Option<u32>,
    }

    #[test]
    fn what_is_wrong_with_a_body_is_said_in_words() {
        for (body, expected) in [
            (
                r#"{"profile":"p","days":-1}"#,
                "days: -1 is not a whole number that is 0 or more",
            ),
            (
                r#"{"profile":"p","days":"7"}"#,
                "days: \"7\" is not a whole number that is 0 or more",
            ),
            (
                r#"{"profile":"p","names":["a",true]}"#,
                "names[1]: true is not a string",
            ),
            (
                r#"{"profile":"p","names":{}}"#,
                "names: an object is not an array",
            ),
            (
                r#"{"profil":"p"}"#,
                "there is no profil here; there are profile, days, names",
            ),
            ("{}", "profile is missing"),
            ("7", "7 is not an object"),
            (r#"{"profile":"p","profile":"q"}"#, "profile is given twice"),
        ] {
            let error = parse_json::<Body>(body.as_bytes()).unwrap_err();
            assert_eq!(error, expected, "{body}");
        }
        for body in ["", "{", "{\"profile\":\"p\"} x"] {
            let error = parse_json::<Body>(body.as_bytes()).unwrap_err();
            assert!(error.starts_with("it is not JSON: "), "{body}: {error}");
        }
        assert!(parse_json::<Body>(br#"{"profile":"p","days":7} "#).is_ok());
    }

    #[test]
    fn what_is_wrong_with_a_query_is_said_in_words() {
        for (query, expected) in [
            ("status=", "status: it is empty; it can be good or revoked"),
            (
                "status=held",
                "status: \"held\" is none of its values; it can be good or revoked",
            ),
            ("limit=x", "limit: a whole number is expected"),
            ("limit=", "limit: it is empty; a number is expected"),
            ("limit=99999999999", "limit: the number is too large"),
            ("status=good&status=good", "status is given twice"),
        ] {
            let uri = format!("/?{query}").parse().unwrap();
            assert_eq!(parse_query::<Parameters>(&uri).unwrap_err(), expected);
        }
    }
}
