//! Which routes each listener serves.

mod audit;
#[cfg(feature = "bench")]
mod constant;
mod log;
mod ops;

use std::sync::Arc;

use axum::{Router, middleware::from_fn_with_state, response::IntoResponse as _, routing::get};
use platform::web::{Problem, RequestIdLayer};
use utoipa::openapi::{
    Content, ContentBuilder, Info, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder,
};
use utoipa_axum::router::OpenApiRouter;

use crate::{authenticate::authenticate, idp::Idp, listen::Sites, node::Node};

pub(crate) use ops::Readiness;

/// The routes of every listener.
pub(crate) fn sites(node: &Arc<Node>, readiness: Readiness) -> Sites {
    let mut https = Router::new().merge(log::routes(node));
    if let Some(idp) = &node.idp {
        https = https.merge(idp.routes());
    }
    let mut http = Router::new();
    if let Some(ca) = &node.ca {
        http = http.merge(ca.public());
    }
    if let Some(tsa) = &node.tsa {
        https = https.merge(tsa.routes());
        http = http.merge(tsa.routes());
    }
    #[cfg(feature = "bench")]
    let (http, https) = (
        http.merge(constant::routes()),
        https.merge(constant::routes()),
    );
    let https = https.merge(api(node).layer(from_fn_with_state(Arc::clone(node), authenticate)));
    Sites {
        https: finish(https),
        http: finish(http),
        ops: finish(ops::routes(node, readiness)),
        socket: finish(api(node)),
    }
}

/// REST alone, as the local socket and the command line use it.
pub(crate) fn api_site(node: &Arc<Node>) -> Router {
    finish(api(node))
}

fn api(node: &Arc<Node>) -> Router {
    let (router, description) = described(node);
    let description = serde_json::to_string(&description).unwrap_or_default();
    let description: Arc<str> = description.into();
    router.route(
        "/api/v1/openapi.json",
        get(move || async move {
            (
                [(axum::http::header::CONTENT_TYPE, "application/json")],
                description.to_string(),
            )
        }),
    )
}

/// The description of the whole of REST: of a node that runs every service.
pub(crate) fn openapi() -> OpenApi {
    let mut whole = OpenApiBuilder::new().info(info()).build();
    for part in [
        ca::Service::openapi(),
        Idp::openapi(),
        tsa::Service::openapi(),
        audit::described().into_openapi(),
    ] {
        whole.merge(part);
    }
    complete(whole)
}

/// Adds what any operation may answer, since its listener does.
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

fn described(node: &Arc<Node>) -> (Router, OpenApi) {
    let mut api = OpenApiRouter::with_openapi(OpenApiBuilder::new().info(info()).build());
    if let Some(ca) = &node.ca {
        api = api.merge(ca.api());
    }
    if let Some(idp) = &node.idp {
        api = api.merge(idp.api());
    }
    if let Some(tsa) = &node.tsa {
        api = api.merge(tsa.api());
    }
    let (router, description) = api.merge(audit::api(node)).split_for_parts();
    (router, complete(description))
}

fn info() -> Info {
    let mut info = Info::new("Xinshu", env!("CARGO_PKG_VERSION"));
    info.description =
        Some("Certificates, sign-in and time-stamps: one trust service, one log.".to_owned());
    info
}

/// What every listener shares: limits, request ids, errors for what is not there.
fn finish(router: Router) -> Router {
    router
        .fallback(|| async {
            Problem::not_found("there is nothing at this address").into_response()
        })
        .method_not_allowed_fallback(|| async {
            Problem::new(
                axum::http::StatusCode::METHOD_NOT_ALLOWED,
                "Method Not Allowed",
                "this address takes other methods; see Allow",
            )
        })
        .layer(RequestIdLayer)
}
