//! Who sends a REST request: an access token, a client certificate, or nobody yet.

use std::sync::Arc;

use axum::{
    body::HttpBody as _,
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use idp_oidc::authenticate_bearer::authenticate_bearer;
use platform_access::{Actor, Caller, Permissions};
use platform_web::Problem;

use super::Node;

/// The certificate that a client showed. The handshake proves that its holder has the
/// private key; the certificate authority's records say whose it is.
#[derive(Clone, Debug)]
pub(crate) struct ClientCertificate(pub(crate) Arc<Vec<u8>>);

/// Attaches the caller that a request proves, and refuses strangers that send a body before
/// anything of it is read.
pub(crate) async fn authenticate(
    State(node): State<Arc<Node>>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Err(problem) = identify(&node, &mut request).await {
        return problem.into_response();
    }
    if is_anonymous(&request) && !request.body().is_end_stream() {
        return Problem::unauthorized(
            "this needs an access token, a client certificate or the local socket",
        )
        .into_response();
    }
    next.run(request).await
}

/// Attaches the caller that a request proves; for routes that strangers may use too.
pub(crate) async fn attach_caller(
    State(node): State<Arc<Node>>,
    mut request: Request,
    next: Next,
) -> Response {
    match identify(&node, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// Finds out who sends a request. An invalid token is refused; a certificate that this system
/// did not issue proves nothing.
async fn identify(node: &Node, request: &mut Request) -> Result<(), Problem> {
    let actor = match bearer(request.headers()) {
        Some(token) => match &node.idp {
            Some(idp) => Some(authenticate_bearer(&idp.oidc, token).await?),
            // Only the identity provider can check a token.
            None => return Err(no_tokens_here()),
        },
        None => certificate(node, request.extensions().get().cloned()).await?,
    };
    if let Some(actor) = actor
        && let Some(caller) = request.extensions_mut().get_mut::<Caller>()
    {
        caller.actor = actor;
    }
    Ok(())
}

fn is_anonymous(request: &Request) -> bool {
    let caller = request.extensions().get::<Caller>();
    caller.is_none_or(|caller| caller.actor.is_anonymous())
}

fn no_tokens_here() -> Problem {
    Problem::unauthorized(
        "this node does not run the identity provider and takes no access tokens; \
         ask a node that does, or use a client certificate at public.mtls_url",
    )
}

/// The token of an `Authorization: Bearer` header (RFC 6750 §2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let header = headers.get(header::AUTHORIZATION)?;
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

/// The holder of a certificate that this system issued and that is valid now: an actor
/// of its own kind. It may read; everything else needs a token.
async fn certificate(
    node: &Node,
    shown: Option<ClientCertificate>,
) -> Result<Option<Actor>, ca::Error> {
    let Some(ClientCertificate(der)) = shown else {
        return Ok(None);
    };
    let issued = ca::find_valid_client_certificate(&node.records, &der).await?;
    Ok(issued.map(|info| Actor::Certificate {
        authority: info.issuer,
        serial: info.serial,
        permissions: Permissions::parse("ca.certificate.read ca.authority.read tsa.unit.read"),
    }))
}
