//! The REST API, as commands use it: through the local socket of a running server, or
//! within this process if no server runs. It is the same API.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

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

use super::Common;
use crate::{
    compose::{self, Node, Services},
    local_user::local_caller,
};

/// Where requests go.
pub(crate) enum Api {
    /// To the server that runs on this data folder.
    Server(PathBuf),
    /// To this process: no server runs.
    InProcess { site: Box<Router>, node: Arc<Node> },
}

/// Does `work` with the API of this data folder, and closes it whatever the outcome.
/// Without a server, only the keys of `services` are needed.
pub(crate) async fn with_api<T>(
    common: &Common,
    services: Services,
    work: impl AsyncFnOnce(&Api) -> Result<T>,
) -> Result<T> {
    let api = Api::open(common, services).await?;
    let outcome = work(&api).await;
    let closed = api.close().await;
    let value = outcome?;
    closed?;
    Ok(value)
}

impl Api {
    async fn open(common: &Common, services: Services) -> Result<Self> {
        let data = common.folder()?;
        data.require()?;
        let socket = data.socket();
        if UnixStream::connect(&socket).await.is_ok() {
            return Ok(Self::Server(socket));
        }
        let node = Arc::new(Node::open(&data, common.settings()?, services).await?);
        let parts = compose::parts(&node).into_iter();
        let site = compose::finish(compose::api(parts.map(|part| part.api)));
        Ok(Self::InProcess {
            site: Box::new(site),
            node,
        })
    }

    /// Sequences what was logged, and closes the database.
    async fn close(self) -> Result<()> {
        let Self::InProcess { site, node } = self else {
            return Ok(());
        };
        drop(site);
        let sequenced = node.sequencer.catch_up().await;
        if let Ok(node) = Arc::try_unwrap(node) {
            node.close().await;
        }
        sequenced?;
        Ok(())
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Result<Value> {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Result<Value> {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<Value> {
        self.send(Method::DELETE, path, None).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Result<Value> {
        self.send(Method::PATCH, path, Some(body)).await
    }

    /// Sends one request; an error's detail is the command's error.
    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json");
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let (status, answer) = match self {
            Self::Server(socket) => {
                let request = request.body(Full::new(Bytes::from(body)))?;
                over_socket(socket, request)
                    .await
                    .context("the server's local socket")?
            }
            Self::InProcess { site, .. } => {
                let mut request = request.body(Body::from(body))?;
                request.extensions_mut().insert(local_caller());
                in_process(site, request).await?
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

/// All items of a list that the API returns in pages.
pub(crate) async fn whole_list(api: &Api, path: &str) -> Result<Value> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = format!("{path}?limit=1000&cursor={}", percent_encode(&cursor));
        let mut page = api.get(&page).await?;
        let Value::Array(more) = page["items"].take() else {
            bail!("the response of {path} is not a list");
        };
        items.extend(more);
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return Ok(Value::Array(items)),
        }
    }
}

/// The first `limit` items of a list whose pages may have fewer than were asked for; `query`
/// begins with `&`, or is empty.
pub(crate) async fn list_up_to(api: &Api, path: &str, query: &str, limit: u32) -> Result<Value> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let missing = limit - u32::try_from(items.len()).unwrap_or(limit).min(limit);
        let page = format!("{path}?limit={missing}{query}&cursor={cursor}");
        let mut page = api.get(&page).await?;
        let Value::Array(more) = page["items"].take() else {
            bail!("the response of {path} is not a list");
        };
        items.extend(more);
        match page["next"].as_str() {
            Some(next) if items.len() < limit as usize => cursor = percent_encode(next),
            _ => return Ok(Value::Array(items)),
        }
    }
}

/// Percent-encodes all but unreserved characters (RFC 3986 §2.3).
pub(crate) fn percent_encode(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(encode).collect()
}

async fn over_socket(socket: &Path, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes)> {
    let stream = UnixStream::connect(socket).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let status = response.status();
    Ok((status, response.into_body().collect().await?.to_bytes()))
}

async fn in_process(site: &Router, request: Request<Body>) -> Result<(StatusCode, Bytes)> {
    let response = site.clone().oneshot(request).await?;
    let status = response.status();
    Ok((status, response.into_body().collect().await?.to_bytes()))
}
