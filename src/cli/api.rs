//! The REST API, as commands use it: over the local socket of a running server,
//! or within this process where none runs. It is the very same API.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::UnixStream;
use tower::ServiceExt as _;

use super::{Common, cert::percent_encode};
use crate::{
    init::local_caller,
    node::{Node, Services},
    site::api_site,
};

/// Where requests go.
pub(crate) enum Api {
    /// A server runs on this data folder.
    Server(std::path::PathBuf),
    /// None runs: this process does it.
    Here(Box<Router>, Arc<Node>),
}

impl Api {
    /// Finds the server of this data folder, or does without: then the keys of
    /// `services` alone are needed.
    pub(crate) async fn open(common: &Common, services: Services) -> Result<Self> {
        let data = common.folder()?;
        data.require()?;
        let socket = data.socket();
        if UnixStream::connect(&socket).await.is_ok() {
            return Ok(Self::Server(socket));
        }
        let node = Arc::new(Node::open(&data, common.settings()?, services).await?);
        let site = api_site(&node);
        Ok(Self::Here(Box::new(site), node))
    }

    pub(crate) async fn get(self, path: &str) -> Result<Value> {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(self, path: &str, body: Value) -> Result<Value> {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(self, path: &str, body: Value) -> Result<Value> {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn delete(self, path: &str) -> Result<Value> {
        self.send(Method::DELETE, path, None).await
    }

    pub(crate) async fn patch(self, path: &str, body: Value) -> Result<Value> {
        self.send(Method::PATCH, path, Some(body)).await
    }

    /// Sends one request; an error's detail is the command's error.
    async fn send(self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json");
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let (status, answer) = match self {
            Self::Server(socket) => {
                let request = request.body(Full::new(Bytes::from(body)))?;
                over_socket(&socket, request)
                    .await
                    .context("the server's local socket")?
            }
            Self::Here(site, node) => {
                let mut request = request.body(Body::from(body))?;
                request.extensions_mut().insert(local_caller());
                let answer = in_process(*site, request).await?;
                node.sequencer.catch_up().await?;
                if let Ok(node) = Arc::try_unwrap(node) {
                    node.close().await;
                }
                answer
            }
        };
        let value = if answer.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&answer).context("the answer is not JSON")?
        };
        if !status.is_success() {
            bail!(
                "{}",
                value["detail"].as_str().unwrap_or("the server refused")
            );
        }
        Ok(value)
    }
}

/// All items of a list, page by page.
pub(crate) async fn whole_list(common: &Common, services: Services, path: &str) -> Result<Value> {
    const PAGE: usize = 1000;
    let mut items = Vec::new();
    let mut address = format!("{path}?limit={PAGE}");
    loop {
        let mut page = Api::open(common, services).await?.get(&address).await?;
        let Value::Array(part) = page["items"].take() else {
            bail!("the response is not a page of a list");
        };
        items.extend(part);
        match page["next"].as_str() {
            Some(next) => address = format!("{path}?limit={PAGE}&cursor={}", percent_encode(next)),
            None => return Ok(Value::Array(items)),
        }
    }
}

async fn over_socket(
    socket: &std::path::Path,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Bytes)> {
    let stream = UnixStream::connect(socket).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let status = response.status();
    Ok((status, response.into_body().collect().await?.to_bytes()))
}

async fn in_process(site: Router, request: Request<Body>) -> Result<(StatusCode, Bytes)> {
    let response = site.oneshot(request).await?;
    let status = response.status();
    Ok((status, response.into_body().collect().await?.to_bytes()))
}
