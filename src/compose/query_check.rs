//! Rejects query parameters that an operation of REST does not have: a list that ignored a
//! misspelled filter would return the wrong items.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{MatchedPath, Query, Request, State},
    http::Method,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use platform_access::{Actor, Caller};
use platform_web::Problem;
use utoipa::openapi::{OpenApi, path::Operation, path::ParameterIn};

/// The names of the query parameters of every operation, by its path and method.
pub(super) struct QueryParameters(HashMap<(String, Method), Vec<String>>);

impl QueryParameters {
    /// Those that the OpenAPI description names.
    pub(super) fn of(description: &OpenApi) -> Arc<Self> {
        let mut known = HashMap::new();
        for (path, item) in &description.paths.paths {
            for (method, operation) in [
                (Method::GET, &item.get),
                (Method::HEAD, &item.get),
                (Method::PUT, &item.put),
                (Method::POST, &item.post),
                (Method::DELETE, &item.delete),
                (Method::PATCH, &item.patch),
            ] {
                if let Some(operation) = operation {
                    known.insert((path.clone(), method), names(operation));
                }
            }
        }
        Arc::new(Self(known))
    }

    /// The error for the first parameter of `query` that the operation does not have.
    fn check(&self, path: &str, method: &Method, query: &[(String, String)]) -> Option<Problem> {
        let known = self.0.get(&(path.to_owned(), method.clone()))?;
        let (unknown, _) = query.iter().find(|(name, _)| !known.contains(name))?;
        let unknown: String = unknown.chars().take(64).collect();
        let message = match known.as_slice() {
            [] => format!("{unknown:?}: this address takes no query parameters"),
            known => format!(
                "there is no query parameter {unknown:?} here; there are {}",
                known.join(", ")
            ),
        };
        Some(Problem::bad_request(message))
    }
}

fn names(operation: &Operation) -> Vec<String> {
    let parameters = operation.parameters.iter().flatten();
    parameters
        .filter(|parameter| parameter.parameter_in == ParameterIn::Query)
        .map(|parameter| parameter.name.clone())
        .collect()
}

/// Passes on requests whose query parameters are all known.
pub(super) async fn check_query(
    State(known): State<Arc<QueryParameters>>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let caller = request.extensions().get::<Caller>();
    // Anonymous callers get the operation's 401 instead.
    let is_known = caller.is_some_and(|caller| caller.actor != Actor::Anonymous);
    if is_known && request.uri().query().is_some_and(|query| !query.is_empty()) {
        let query: Vec<(String, String)> = match Query::try_from_uri(request.uri()) {
            Ok(Query(query)) => query,
            Err(error) => return Problem::bad_request(error.body_text()).into_response(),
        };
        if let Some(problem) = known.check(path.as_str(), request.method(), &query) {
            return problem.into_response();
        }
    }
    next.run(request).await
}
