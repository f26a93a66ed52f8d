//! Clients that begin and do not go on.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use http_body_util::{BodyExt as _, Empty};
use hyper::{Request, body::Bytes, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use testkit::{Options, Server, Xinshu};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt as _},
    net::TcpSocket,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::XINSHU;

/// Longer than any limit of the server's: a test fails where it never ends anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// A node whose patience is a second.
fn impatient_node() -> Xinshu {
    let names = ["header", "body", "idle"];
    let settings = names.map(|name| format!("listen.{name}_seconds=1")).into();
    Xinshu::init(
        XINSHU,
        Options {
            settings,
            ..Options::default()
        },
    )
}

fn connect(server: &Server) -> TcpStream {
    let address = server.http.replace("http://localhost", "127.0.0.1");
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn everything(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn a_slow_head_and_a_slow_body_are_cut_off() {
    let node = impatient_node();
    let server = node.serve();

    let mut silent = connect(&server);
    assert_eq!(everything(&mut silent), "");

    let mut half_a_head = connect(&server);
    half_a_head
        .write_all(b"GET /crl/issuing.crl HTTP/1.1\r\nHost: lo")
        .unwrap();
    let answer = everything(&mut half_a_head);
    assert!(!answer.contains(" 200 "), "{answer}");

    let mut half_a_body = connect(&server);
    half_a_body
        .write_all(
            b"POST /tsa HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
              Content-Type: application/timestamp-query\r\nContent-Length: 100\r\n\r\nhalf",
        )
        .unwrap();
    let answer = everything(&mut half_a_body);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");

    // Others are served as ever.
    assert!(
        server
            .curl(["-f"], &format!("{}/crl/issuing.crl", server.http))
            .ok
    );
}

/// A connection that takes in next to nothing unread.
async fn narrow(base: &str) -> tokio::net::TcpStream {
    let port = base.rsplit(':').next().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let address: SocketAddr = format!("127.0.0.1:{port}").parse().unwrap();
    socket.connect(address).await.unwrap()
}

async fn tls(server: &Server, alpn: &str) -> TlsStream<tokio::net::TcpStream> {
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_file(server.root()).unwrap();
    roots.add(root).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![alpn.into()];
    let name = ServerName::try_from("localhost").unwrap();
    let stream = narrow(&server.https).await;
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(name, stream).await.unwrap()
}

/// Asks again and again and reads no answer: how the connection ended.
async fn ask_and_never_read(mut stream: impl AsyncWrite + Unpin, path: &str) -> std::io::Error {
    let questions = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").repeat(50);
    let asking = async {
        loop {
            // Waits, once both sides' buffers are full, until the server ends it.
            if let Err(error) = stream.write_all(questions.as_bytes()).await {
                return error;
            }
        }
    };
    let ended = timeout(PATIENCE, asking).await;
    ended.expect("the server cuts off who does not read")
}

#[tokio::test]
async fn who_reads_no_answer_is_cut_off() {
    let node = impatient_node();
    let server = node.serve();
    ask_and_never_read(narrow(&server.http).await, "/crl/issuing.crl").await;
    let description = "/api/v1/openapi.json";
    ask_and_never_read(tls(&server, "http/1.1").await, description).await;
    // Who reads is served as ever.
    assert!(server.curl(["-f"], description).ok);
}

/// An HTTP/2 connection that takes in `window` bytes of an answer unread.
async fn http2(
    server: &Server,
    window: u32,
) -> (
    http2::SendRequest<Empty<Bytes>>,
    impl Future<Output = hyper::Result<()>> + use<>,
) {
    let stream = TokioIo::new(tls(server, "h2").await);
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(window);
    builder.handshake(stream).await.unwrap()
}

fn question(server: &Server) -> Request<Empty<Bytes>> {
    let address = format!("{}/api/v1/openapi.json", server.https);
    Request::get(address).body(Empty::new()).unwrap()
}

#[tokio::test]
async fn an_idle_http2_connection_is_ended_in_good_order() {
    let node = impatient_node();
    let server = node.serve();
    let (mut sender, connection) = http2(&server, 1 << 20).await;
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(question(&server)).await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.into_body().collect().await.unwrap();
    // The client keeps it open and answers pings; the server says goodbye.
    let ended = timeout(PATIENCE, connection).await;
    ended.expect("the server ends it").unwrap().unwrap();
    assert!(sender.is_closed());
}

#[tokio::test]
async fn who_gives_an_http2_answer_no_room_is_cut_off() {
    let node = impatient_node();
    let server = node.serve();
    let (mut sender, connection) = http2(&server, 16).await;
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(question(&server)).await.unwrap();
    assert_eq!(answer.status(), 200);
    let ended = timeout(PATIENCE, connection).await;
    // However it ends: it was not answered to the end.
    let _ = ended.expect("the server cuts it off").unwrap();
    assert!(answer.into_body().collect().await.is_err());
}
