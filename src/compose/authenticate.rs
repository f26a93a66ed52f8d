//! Who sends a REST request: an access token, a client certificate, or nobody yet.

use std::sync::Arc;

use axum::{
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

/// Attaches the caller that a request proves. An invalid token is refused; a
/// certificate that this system did not issue proves nothing.
pub(crate) async fn authenticate(
    State(node): State<Arc<Node>>,
    mut request: Request,
    next: Next,
) -> Response {
    let actor = match bearer(request.headers()) {
        Some(token) => match &node.idp {
            Some(idp) => match authenticate_bearer(&idp.oidc, token).await {
                Ok(actor) => Some(actor),
                Err(error) => return Problem::from(error).into_response(),
            },
            // Only the identity provider can check a token.
            None => return no_tokens_here().into_response(),
        },
        None => match certificate(&node, request.extensions().get().cloned()).await {
            Ok(actor) => actor,
            Err(error) => return Problem::from(error).into_response(),
        },
    };
    if let Some(actor) = actor
        && let Some(caller) = request.extensions_mut().get_mut::<Caller>()
    {
        caller.actor = actor;
    }
    next.run(request).await
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
