//! The REST API of a node, and its description.

use std::sync::Arc;

use axum::{
    Extension, Router,
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::get,
};
use platform_pages::{Branding, BrowserRequest, unknown_address};
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
        .fallback(async || not_found())
        .method_not_allowed_fallback(async || method_not_allowed())
        .layer(RequestContextLayer)
}

/// As [`finish`], for a listener that people open in a browser too: they get pages. `home` is
/// where they can continue.
pub(crate) fn finish_with_pages(
    router: Router,
    branding: Branding,
    home: Option<String>,
) -> Router {
    let unknown = {
        let home = home.clone();
        async move |browser: BrowserRequest, headers: HeaderMap| {
            let status = StatusCode::NOT_FOUND;
            let page = unknown_address(&browser, &headers, status, home.as_deref());
            page.map_or_else(not_found, IntoResponse::into_response)
        }
    };
    let wrong_method = async move |browser: BrowserRequest, headers: HeaderMap| {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        let page = unknown_address(&browser, &headers, status, home.as_deref());
        page.map_or_else(method_not_allowed, IntoResponse::into_response)
    };
    router
        .merge(platform_pages::assets::routes())
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(Extension(branding))
        .layer(RequestContextLayer)
}

fn not_found() -> Response {
    Problem::not_found("there is nothing at this address").into_response()
}

fn method_not_allowed() -> Response {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "Method Not Allowed",
        "this address takes other methods; see Allow",
    )
    .into_response()
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
