//! One operation of each service, as its clients send it.

use anyhow::{Context as _, Result, bail};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use serde_json::{Value, json};
use testkit::{Server, Xinshu};

use crate::{
    http::{Answer, Connection, Prepared, Target},
    load::{Operation, Requests},
};

/// A client of the benchmark, as `client add` registers it.
pub(crate) struct Client {
    id: String,
    secret: String,
}

impl Client {
    pub(crate) fn register(node: &Xinshu, arguments: &[&str]) -> Self {
        let all = ["client", "add"]
            .into_iter()
            .chain(arguments.iter().copied())
            .chain(["--json"]);
        let added = node.xinshu(all).success().json();
        let text = |member: &str| added[member].as_str().unwrap_or_default().to_owned();
        Self {
            id: text("client_id"),
            secret: text("client_secret"),
        }
    }

    fn basic(&self) -> (&'static str, String) {
        (
            "authorization",
            format!(
                "Basic {}",
                STANDARD.encode(format!("{}:{}", self.id, self.secret))
            ),
        )
    }
}

fn form(fields: &[(&str, &str)]) -> Bytes {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    char::from(byte).to_string()
                }
                other => format!("%{other:02X}"),
            })
            .collect()
    };
    let fields = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)));
    Bytes::from(fields.collect::<Vec<_>>().join("&"))
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn form_header() -> (&'static str, String) {
    (FORM.0, FORM.1.to_owned())
}

/// `POST /oauth2/token` with client credentials.
pub(crate) fn tokens(client: &Client) -> Requests {
    Requests {
        list: vec![Prepared {
            method: "POST",
            path: "/oauth2/token".to_owned(),
            headers: vec![form_header(), client.basic()],
            body: form(&[("grant_type", "client_credentials"), ("scope", "api")]),
        }],
        expect: 200,
    }
}

/// An access token by client credentials.
pub(crate) async fn access_token(target: &Target, client: &Client) -> Result<String> {
    let request = &tokens(client).list[0];
    let answer = target.connect().await?.send(request).await?;
    let body: Value = serde_json::from_slice(&answer.body)?;
    let token = body["access_token"]
        .as_str()
        .with_context(|| format!("no token: {body}"))?;
    Ok(token.to_owned())
}

/// `POST /api/v1/certificates` with a bearer token.
pub(crate) fn certificates(node: &Xinshu, token: &str) -> Result<Requests> {
    let (key, csr) = (node.file("bench.key"), node.file("bench.csr"));
    testkit::run(
        std::process::Command::new("openssl")
            .args([
                "req",
                "-new",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
            ])
            .args([
                "-subj",
                "/CN=bench.example.org",
                "-addext",
                "subjectAltName=DNS:bench.example.org",
                "-keyout",
            ])
            .arg(key)
            .arg("-out")
            .arg(&csr),
    )
    .success();
    let body = json!({ "profile": "tls-server", "csr": std::fs::read_to_string(csr)? });
    Ok(Requests {
        list: vec![Prepared {
            method: "POST",
            path: "/api/v1/certificates".to_owned(),
            headers: vec![
                ("content-type", "application/json".to_owned()),
                ("authorization", format!("Bearer {token}")),
            ],
            body: Bytes::from(body.to_string()),
        }],
        expect: 201,
    })
}

/// `POST /ocsp`, for each of the newest certificates in turn.
pub(crate) fn ocsp(node: &Xinshu, server: &Server) -> Result<Requests> {
    use pki::ocsp::{CertIdHash, IssuerHashes, build_request};
    let issuer = server
        .curl([], &format!("{}/ca/issuing.cer", server.http))
        .success()
        .stdout;
    let issuer = pki::Certificate::from_der(&issuer)?;
    let hashes = IssuerHashes::of(issuer.subject(), issuer.public_key());
    let list = node
        .xinshu(["cert", "list", "--limit", "500", "--json"])
        .success()
        .json();
    let mut requests = Vec::new();
    // The base of a comparison may print the list itself, or the page that REST returns.
    let list = list.get("items").unwrap_or(&list);
    for certificate in list.as_array().into_iter().flatten() {
        let serial = certificate["serial"].as_str().unwrap_or_default().parse()?;
        let cert_id = hashes
            .cert_id(CertIdHash::Sha1, &serial)
            .context("a CertID")?;
        requests.push(Prepared {
            method: "POST",
            path: "/ocsp".to_owned(),
            headers: vec![("content-type", "application/ocsp-request".to_owned())],
            body: Bytes::from(build_request(&[cert_id], None)),
        });
    }
    Ok(Requests {
        list: requests,
        expect: 200,
    })
}

/// `POST /tsa`.
pub(crate) fn stamps(node: &Xinshu) -> Result<Requests> {
    let query = node.file("bench.tsq");
    std::fs::write(node.file("document"), b"a document")?;
    testkit::run(
        std::process::Command::new("openssl")
            .args(["ts", "-query", "-sha256", "-cert", "-data"])
            .arg(node.file("document"))
            .arg("-out")
            .arg(&query),
    )
    .success();
    Ok(Requests {
        list: vec![Prepared {
            method: "POST",
            path: "/tsa".to_owned(),
            headers: vec![("content-type", "application/timestamp-query".to_owned())],
            body: Bytes::from(std::fs::read(query)?),
        }],
        expect: 200,
    })
}

/// A constant body of `size` bytes, asked for with the same request body.
pub(crate) fn constant(like: &Prepared, size: usize) -> Requests {
    Requests {
        list: vec![Prepared {
            path: format!("/bench/constant/{size}"),
            ..like.clone()
        }],
        expect: 200,
    }
}

/// A complete sign-in on a live session: authorize, then redeem the code.
pub(crate) struct SignIn {
    pub(crate) authorize: Prepared,
    pub(crate) redeem: Prepared,
    client: Client,
    verifier: String,
}

const CALLBACK: &str = "https://app.example.org/callback";

impl SignIn {
    /// Registers a client, signs a person in once, and keeps the session.
    pub(crate) async fn prepare(node: &Xinshu, target: &Target) -> Result<Self> {
        let client = Client::register(
            node,
            &[
                "portal",
                "--redirect-uri",
                CALLBACK,
                "--id-token-alg",
                "ES256",
            ],
        );
        let user = node.user("bench");
        let cookies = sign_in(target, &user.name, &user.password).await?;
        // RFC 7636 appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned();
        let challenge = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &client.id),
            ("redirect_uri", CALLBACK),
            ("scope", "openid"),
            ("state", "s"),
            ("nonce", "n"),
            ("code_challenge_method", "S256"),
            ("code_challenge", &URL_SAFE_NO_PAD.encode(challenge)),
        ]);
        let authorize = Prepared {
            method: "GET",
            path: format!("/oauth2/authorize?{}", String::from_utf8_lossy(&query)),
            headers: vec![("cookie", cookies)],
            body: Bytes::new(),
        };
        let redeem = Prepared {
            method: "POST",
            path: "/oauth2/token".to_owned(),
            headers: vec![form_header(), client.basic()],
            body: Bytes::new(),
        };
        Ok(Self {
            authorize,
            redeem,
            client,
            verifier,
        })
    }
}

#[async_trait::async_trait]
impl Operation for SignIn {
    async fn run(&self, connection: &mut Connection, _: usize) -> Result<usize> {
        let answer = connection.send(&self.authorize).await?;
        let location = answer.header("location").pop().unwrap_or_default();
        let Some(code) = location
            .split(['?', '&'])
            .find_map(|part| part.strip_prefix("code="))
        else {
            bail!("no code: {} {location} {:?}", answer.status, answer.body);
        };
        let redeem = Prepared {
            body: form(&[
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", CALLBACK),
                ("client_id", &self.client.id),
                ("code_verifier", &self.verifier),
            ]),
            ..self.redeem.clone()
        };
        let answer = connection.send(&redeem).await?;
        if answer.status != 200 {
            bail!(
                "the code was not redeemed: {} {:?}",
                answer.status,
                answer.body
            );
        }
        Ok(answer.body.len())
    }
}

/// Fills the sign-in form in, as a browser does, and gives the session's cookies.
async fn sign_in(target: &Target, name: &str, password: &str) -> Result<String> {
    let mut connection = target.connect().await?;
    let page = connection
        .send(&Prepared {
            method: "GET",
            path: "/sign-in".to_owned(),
            headers: vec![],
            body: Bytes::new(),
        })
        .await?;
    let html = String::from_utf8_lossy(&page.body).into_owned();
    let hidden = |field: &str| {
        let marker = format!("name=\"{field}\" value=\"");
        html.split_once(&marker)
            .and_then(|(_, rest)| rest.split_once('"'))
            .map_or("", |(value, _)| value)
    };
    let mut cookies = cookies_of(&page);
    let answer = connection
        .send(&Prepared {
            method: "POST",
            path: "/sign-in".to_owned(),
            headers: vec![
                form_header(),
                ("cookie", cookies.join("; ")),
                ("origin", format!("https://{}", target.authority)),
            ],
            body: form(&[
                ("csrf", hidden("csrf")),
                ("request", hidden("request")),
                ("username", name),
                ("password", password),
            ]),
        })
        .await?;
    cookies.extend(cookies_of(&answer));
    if !(300..400).contains(&answer.status) {
        bail!(
            "the sign-in was refused: {} {:?}",
            answer.status,
            answer.body
        );
    }
    Ok(cookies.join("; "))
}

fn cookies_of(answer: &Answer) -> Vec<String> {
    answer
        .header("set-cookie")
        .iter()
        .filter_map(|value| value.split(';').next().map(str::to_owned))
        .collect()
}
