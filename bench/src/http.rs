//! One HTTP/1.1 connection of the load generator.
//!
//! It shares the cores with the server that it measures, so it does no more than it
//! must: one write and, as a rule, one read a request, on the task that asks.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, Result, bail};
use bytes::{Bytes, BytesMut};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

/// The most header lines that an answer has.
const HEADERS: usize = 32;
/// What one read takes at most.
const READ: usize = 8192;

/// Where load is sent.
#[derive(Clone)]
pub(crate) struct Target {
    /// `localhost:PORT`.
    pub(crate) authority: String,
    /// None for plain HTTP.
    pub(crate) tls: Option<TlsConnector>,
}

/// A request that can be sent again and again.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

/// An answer to one request.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    head: Bytes,
}

/// One connection.
pub(crate) struct Connection {
    stream: Box<dyn Stream>,
    authority: String,
    sent: Vec<u8>,
    received: BytesMut,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Target {
    /// Plain HTTP.
    pub(crate) fn plain(base: &str) -> Self {
        Self {
            authority: base.trim_start_matches("http://").to_owned(),
            tls: None,
        }
    }

    /// TLS, trusting the anchors in a PEM file.
    pub(crate) fn tls(base: &str, anchors: &Path) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(anchors)? {
            roots.add(certificate?)?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            authority: base.trim_start_matches("https://").to_owned(),
            tls: Some(TlsConnector::from(Arc::new(config))),
        })
    }

    pub(crate) async fn connect(&self) -> Result<Connection> {
        let (_, port) = self.authority.rsplit_once(':').context("a port")?;
        let stream = TcpStream::connect(("127.0.0.1", port.parse()?)).await?;
        stream.set_nodelay(true)?;
        let stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(stream),
            Some(connector) => {
                let name = ServerName::try_from("localhost")?;
                Box::new(connector.connect(name, stream).await?)
            }
        };
        Ok(Connection {
            stream,
            authority: self.authority.clone(),
            sent: Vec::new(),
            received: BytesMut::new(),
        })
    }
}

impl Connection {
    /// Sends a request and reads its answer whole.
    pub(crate) async fn send(&mut self, prepared: &Prepared) -> Result<Answer> {
        self.write(prepared);
        self.stream.write_all(&self.sent).await?;
        self.stream.flush().await?;
        loop {
            if let Some((status, head, body)) = parse(&self.received)? {
                let whole = head.checked_add(body).context("a length beyond reason")?;
                self.received
                    .reserve(whole.saturating_sub(self.received.len()));
                while self.received.len() < whole {
                    self.read().await?;
                }
                let head = self.received.split_to(head).freeze();
                let body = self.received.split_to(body).freeze();
                return Ok(Answer { status, body, head });
            }
            self.received.reserve(READ);
            self.read().await?;
        }
    }

    async fn read(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.received).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }

    fn write(&mut self, prepared: &Prepared) {
        self.sent.clear();
        let mut line = |parts: &[&str]| {
            for part in parts {
                self.sent.extend_from_slice(part.as_bytes());
            }
            self.sent.extend_from_slice(b"\r\n");
        };
        line(&[prepared.method, " ", &prepared.path, " HTTP/1.1"]);
        line(&["host: ", &self.authority]);
        for (name, value) in &prepared.headers {
            line(&[name, ": ", value]);
        }
        if prepared.method != "GET" || !prepared.body.is_empty() {
            line(&["content-length: ", &prepared.body.len().to_string()]);
        }
        line(&[]);
        self.sent.extend_from_slice(&prepared.body);
    }
}

/// The status of an answer whose head is there, and how long its head and body are.
fn parse(received: &[u8]) -> Result<Option<(u16, usize, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(received)? else {
        return Ok(None);
    };
    let status = response.code.context("a status")?;
    let length = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let body = match length {
        Some(length) => std::str::from_utf8(length.value)?.parse()?,
        None if status == 204 => 0,
        None => bail!("an answer without content-length"),
    };
    Ok(Some((status, head, body)))
}

impl Answer {
    /// The values of a header.
    pub(crate) fn header(&self, name: &str) -> Vec<String> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        // It was parsed before.
        let _ = response.parse(&self.head);
        response
            .headers
            .iter()
            .filter(|header| header.name.eq_ignore_ascii_case(name))
            .map(|header| String::from_utf8_lossy(header.value).into_owned())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_as_far_as_its_head_says() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1";
        assert_eq!(parse(whole).unwrap(), Some((200, 38, 3)));
        assert_eq!(parse(&whole[..37]).unwrap(), None);
        let empty = b"HTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(parse(empty).unwrap(), Some((204, empty.len(), 0)));
        for bad in ["", "Content-Length: -3\r\n", "Content-Length: x\r\n"] {
            parse(format!("HTTP/1.1 200 OK\r\n{bad}\r\n").as_bytes()).unwrap_err();
        }
    }
}
