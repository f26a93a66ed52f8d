//! Shows the pages over plain HTTP, for looking at them: `cargo run -p idp --example look`.
//!
//! Prints addresses to visit. A second port plays the client, so that redirects
//! to another origin are tried too.
#[path = "../tests/idp/key.rs"]
#[allow(
    clippy::unwrap_used,
    unreachable_pub,
    dead_code,
    reason = "a part of the tests"
)]
mod key;

use std::{error::Error, sync::Arc};

use axum::{Router, http::Uri, response::Html, routing::get};
use idp::{Config, NewClient, NewUser, Service};
use platform::{Caller, Store, clock::SystemClock, web::RequestIdLayer};
use zeroize::Zeroizing;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let client_listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let issuer = format!("http://localhost:{}", listener.local_addr()?.port());
    let callback = format!(
        "http://127.0.0.1:{}/cb",
        client_listener.local_addr()?.port()
    );
    let folder = std::env::temp_dir().join(format!("xinshu-look-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let store = Store::open(
        &format!("sqlite:{}", folder.join("xinshu.db").display()),
        migrations::schema(),
    )
    .await?;
    let config = Config {
        issuer: issuer.clone(),
        ..Config::default()
    };
    let service = Service::new(
        config,
        store,
        Arc::new(SystemClock::default()),
        key::signing_keys(),
    )?;
    let caller = Caller::local("look");
    for (name, display_name) in [("alice", "Alice Wang"), ("wangxiaoming", "王小明")] {
        let new = NewUser {
            name: name.to_owned(),
            password: Some(Zeroizing::new("correct horse battery".to_owned())),
            display_name: Some(display_name.to_owned()),
            email: Some(format!("{name}@example.org")),
            grants: vec![],
        };
        service.add_user(new, &caller).await?;
    }
    let link = service.password_link("wangxiaoming", &caller).await?;
    let client = NewClient {
        name: "政务协同平台 Portal".to_owned(),
        redirect_uris: vec![callback.clone()],
        ..NewClient::default()
    };
    let client = service.add_client(client, &caller).await?;
    println!("issuer {issuer}");
    println!("link {}", link.url);
    println!("client {}", client.client_id);
    println!("callback {callback}");
    let portal = Router::new().route(
        "/cb",
        get(async |uri: Uri| {
            Html(format!(
                "<h1>callback</h1><p>{}</p>",
                uri.query().unwrap_or_default().len()
            ))
        }),
    );
    tokio::spawn(async move { axum::serve(client_listener, portal).await });
    axum::serve(listener, service.routes().layer(RequestIdLayer)).await?;
    Ok(())
}
