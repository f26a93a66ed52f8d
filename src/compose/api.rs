//! The REST API of a node, and its description.

use std::sync::Arc;

use axum::{
    Router,
    http::{StatusCode, header::CONTENT_TYPE},
    middleware::from_fn_with_state,
    response::IntoResponse as _,
    routing::get,
};
use platform_web::{Problem, RequestContextLayer};
use utoipa::openapi::{
    Content, ContentBuilder, Info, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder,
};
use utoipa_axum::router::OpenApiRouter;

use super::{
    SERVICES,
    query_check::{QueryParameters, check_query},
};

/// REST from what the services contribute, with its description at `/api/v1/openapi.json`.
pub(crate) fn api(contributions: impl IntoIterator<Item = OpenApiRouter>) -> Router {
    let whole = OpenApiRouter::with_openapi(OpenApiBuilder::new().info(info()).build());
    let (router, description) = contributions
        .into_iter()
        .fold(whole, OpenApiRouter::merge)
        .split_for_parts();
    let known = QueryParameters::of(&description);
    let description = serde_json::to_string(&complete(description)).unwrap_or_default();
    let description: Arc<str> = description.into();
    router
        .route(
            "/api/v1/openapi.json",
            get(move || async move {
                (
                    [(CONTENT_TYPE, "application/json")],
                    description.to_string(),
                )
            }),
        )
        .layer(from_fn_with_state(known, check_query))
}

/// What every listener adds to its routes: request ids and limits, errors for unknown
/// addresses.
pub(crate) fn finish(router: Router) -> Router {
    router
        .fallback(|| async {
            Problem::not_found("there is nothing at this address").into_response()
        })
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "Method Not Allowed",
                "this address takes other methods; see Allow",
            )
        })
        .layer(RequestContextLayer)
}

/// The description of all of REST: of a node that runs every service.
pub(crate) fn openapi() -> OpenApi {
    let mut whole = OpenApiBuilder::new().info(info()).build();
    for service in SERVICES {
        whole.merge((service.openapi)());
    }
    complete(whole)
}

/// Adds what any operation may answer because its listener does.
fn complete(mut description: OpenApi) -> OpenApi {
    let late = ResponseBuilder::new()
        .description("The request did not arrive in time.")
        .content("application/problem+json", problem_body())
        .build();
    for item in description.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.patch,
        ];
        for operation in operations.into_iter().flatten() {
            let answers = &mut operation.responses.responses;
            answers.insert("408".to_owned(), RefOr::T(late.clone()));
        }
    }
    description
}

fn problem_body() -> Content {
    ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("ProblemBody")))
        .build()
}

fn info() -> Info {
    let mut info = Info::new("Xinshu", env!("CARGO_PKG_VERSION"));
    info.description =
        Some("Certificates, sign-in and time-stamps: one trust service, one log.".to_owned());
    info
}
