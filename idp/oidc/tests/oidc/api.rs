//! The REST API.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use platform_access::{Actor, Caller, Permissions};
use serde_json::{Value as Json, json};

use crate::{
    answer::Answer,
    test_idp::{PASSWORD, TestIdp},
};

on_both![
    a_users_life,
    a_clients_life,
    nobody_raises_themselves,
    what_is_wrong_is_said,
    odd_text_reaches_nobody,
    an_address_that_is_sent_back_stays_unverified,
    nobody_deletes_a_user_who_was_raised_meanwhile,
];

fn client(grants: &str) -> Caller {
    Caller {
        actor: Actor::Client {
            id: "c".to_owned(),
            permissions: Permissions::parse(grants),
        },
        request_id: String::new(),
        address: None,
    }
}

async fn call(
    idp: &TestIdp,
    method: Method,
    path: &str,
    body: Option<Json>,
    caller: &Caller,
) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json");
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    idp.api(request.body(body).unwrap(), Some(caller.clone()))
        .await
}

async fn a_users_life(idp: TestIdp) {
    let admin = idp.admin();
    let new = json!({ "name": "Alice", "password": PASSWORD, "display_name": "Alice Wang", "permissions": ["ca.*"] });
    let answer = call(
        &idp,
        Method::POST,
        "/api/v1/users",
        Some(new.clone()),
        &admin,
    )
    .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    assert_eq!(answer.json()["name"], "alice");
    let answer = call(&idp, Method::POST, "/api/v1/users", Some(new), &admin).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let users = call(&idp, Method::GET, "/api/v1/users?limit=10", None, &admin)
        .await
        .json();
    assert_eq!(users["items"][0]["has_password"], true);
    idp.browser().sign_in("/sign-in", "alice", PASSWORD).await;
    let path = "/api/v1/users/alice";
    let sessions = call(&idp, Method::GET, &format!("{path}/sessions"), None, &admin)
        .await
        .json();
    assert_eq!(sessions["items"].as_array().unwrap().len(), 1);
    let ended = call(
        &idp,
        Method::DELETE,
        &format!("{path}/sessions"),
        None,
        &admin,
    )
    .await
    .json();
    assert_eq!(ended["ended"], 1);
    let change = json!({ "disabled": true, "email": "alice@example.org" });
    let user = call(&idp, Method::PATCH, path, Some(change), &admin)
        .await
        .json();
    assert_eq!(
        (user["disabled"].as_bool(), user["display_name"].as_str()),
        (Some(true), Some("Alice Wang"))
    );
    let answer = call(
        &idp,
        Method::POST,
        &format!("{path}/password-link"),
        None,
        &admin,
    )
    .await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let body = json!({ "password": "another sentence" });
    let answer = call(
        &idp,
        Method::PUT,
        &format!("{path}/password"),
        Some(body),
        &admin,
    )
    .await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(
        call(&idp, Method::DELETE, path, None, &admin).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        call(&idp, Method::GET, path, None, &admin).await.status,
        StatusCode::NOT_FOUND
    );
}

async fn a_clients_life(idp: TestIdp) {
    let admin = idp.admin();
    let new = json!({ "client_name": "portal", "redirect_uris": ["https://portal.example/cb"], "id_token_signed_response_alg": "ES256" });
    let answer = call(&idp, Method::POST, "/api/v1/clients", Some(new), &admin).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let credentials = answer.json();
    let path = format!(
        "/api/v1/clients/{}",
        credentials["client_id"].as_str().unwrap()
    );
    let shown = call(&idp, Method::GET, &path, None, &admin).await;
    assert!(!shown.body.contains("secret\":"), "{}", shown.body);
    assert_eq!(
        shown.json()["grant_types"],
        json!(["authorization_code", "refresh_token"])
    );
    let renewed = call(&idp, Method::POST, &format!("{path}/secret"), None, &admin)
        .await
        .json();
    assert_ne!(renewed["client_secret"], credentials["client_secret"]);
    let change = json!({
        "client_name": "Portal",
        "redirect_uris": ["https://portal.example/cb", "https://new.example/cb"],
        "post_logout_redirect_uris": ["https://new.example/"],
        "resources": ["https://api.example"],
        "claims_in_id_token": true,
    });
    let answer = call(&idp, Method::PATCH, &path, Some(change.clone()), &admin).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
    let mut shown = call(&idp, Method::GET, &path, None, &admin).await.json();
    for (name, value) in change.as_object().unwrap() {
        assert_eq!(shown[name], *value, "{name}");
    }
    for wrong in [
        json!({ "redirect_uris": [] }),
        json!({ "redirect_uris": ["https://a;b.example/cb"] }),
        json!({ "resources": ["#"] }),
        json!({ "client_name": " " }),
        json!({ "resources": ["https://a.example"], "post_logout_redirect_uris": ["x"] }),
    ] {
        let answer = call(&idp, Method::PATCH, &path, Some(wrong.clone()), &admin).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    // Changes of different members at once do not undo each other.
    let (resources, name) = (json!({ "resources": [] }), json!({ "client_name": "Two" }));
    tokio::join!(
        call(&idp, Method::PATCH, &path, Some(resources), &admin),
        call(&idp, Method::PATCH, &path, Some(name), &admin),
    );
    shown["resources"] = json!([]);
    shown["client_name"] = json!("Two");
    let both = call(&idp, Method::GET, &path, None, &admin).await.json();
    assert_eq!(both, shown);
    let answer = call(
        &idp,
        Method::PATCH,
        &path,
        Some(json!({ "disabled": true })),
        &admin,
    )
    .await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let shown = idp
        .show_client(credentials["client_id"].as_str().unwrap())
        .await;
    assert!(shown.disabled_at.is_some());
    assert_eq!(
        call(&idp, Method::DELETE, &path, None, &admin).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        call(&idp, Method::DELETE, &path, None, &admin).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn deny_by_default() {
    let idp = TestIdp::new().await;
    idp.add_user("alice").await;
    let nobody = client("");
    for (method, path) in [
        (Method::GET, "/api/v1/users"),
        (Method::GET, "/api/v1/users/alice"),
        (Method::DELETE, "/api/v1/users/alice"),
        (Method::POST, "/api/v1/users/alice/password-link"),
        (Method::GET, "/api/v1/users/alice/sessions"),
        (Method::DELETE, "/api/v1/users/alice/sessions"),
        (Method::DELETE, "/api/v1/users/alice/sessions/x"),
        (Method::GET, "/api/v1/clients"),
        (Method::DELETE, "/api/v1/clients/x"),
        (Method::POST, "/api/v1/clients/x/secret"),
    ] {
        let answer = call(&idp, method.clone(), path, None, &nobody).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .unwrap();
        assert_eq!(
            idp.api(request, None).await.status,
            StatusCode::UNAUTHORIZED
        );
    }
    // Refusals of callers who are known are in the log; those of anonymous ones are not.
    for (action, times) in [
        ("idp.user.delete", 1),
        ("idp.session.end", 2),
        ("idp.client.delete", 1),
    ] {
        assert_eq!(idp.count(action, "refused").await, times, "{action}");
    }
    assert_eq!(idp.count("idp.user.read", "refused").await, 2);
}

async fn nobody_raises_themselves(idp: TestIdp) {
    idp.add_user("alice").await;
    let clerk = client("idp.*");
    let user = json!({ "name": "mallory", "password": PASSWORD, "permissions": ["*"] });
    assert_eq!(
        call(&idp, Method::POST, "/api/v1/users", Some(user), &clerk)
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    let robot = json!({ "client_name": "r", "grant_types": ["client_credentials"], "permissions": ["ca.*"] });
    assert_eq!(
        call(&idp, Method::POST, "/api/v1/clients", Some(robot), &clerk)
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    let ca = json!({ "client_name": "ca", "grant_types": ["client_credentials"], "permissions": ["ca.*"] });
    let ca = call(
        &idp,
        Method::POST,
        "/api/v1/clients",
        Some(ca),
        &idp.admin(),
    )
    .await;
    let path = format!(
        "/api/v1/clients/{}",
        ca.json()["client_id"].as_str().unwrap()
    );
    let rename = json!({ "client_name": "mine" });
    let answer = call(&idp, Method::PATCH, &path, Some(rename), &clerk).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    // Alice holds ca.certificate.*, so a clerk without it cannot take her account over.
    let body = Some(json!({ "password": "another sentence" }));
    let answer = call(
        &idp,
        Method::PUT,
        "/api/v1/users/alice/password",
        body,
        &clerk,
    )
    .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let answer = call(
        &idp,
        Method::POST,
        "/api/v1/users/alice/password-link",
        None,
        &clerk,
    )
    .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    for action in [
        "idp.user.add",
        "idp.client.add",
        "idp.client.change",
        "idp.user.set_password",
        "idp.user.password_link",
    ] {
        assert_eq!(idp.count(action, "refused").await, 1, "{action}");
    }
}

async fn what_is_wrong_is_said(idp: TestIdp) {
    let admin = idp.admin();
    for (body, status) in [
        (json!({ "name": "a b" }), 422),
        (json!({ "name": "bob", "password": "short" }), 422),
        (json!({ "name": "bob", "email": "nowhere" }), 422),
        (
            json!({ "name": "bob", "permissions": ["CA everything"] }),
            422,
        ),
        (json!({ "name": "bob", "unknown": 1 }), 400),
        (json!({}), 400),
    ] {
        let answer = call(
            &idp,
            Method::POST,
            "/api/v1/users",
            Some(body.clone()),
            &admin,
        )
        .await;
        assert_eq!(answer.status.as_u16(), status, "{body}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let uri = json!({ "client_name": "x", "redirect_uris": ["http://elsewhere.example/cb"] });
    assert_eq!(
        call(&idp, Method::POST, "/api/v1/clients", Some(uri), &admin)
            .await
            .status
            .as_u16(),
        422
    );
}

#[tokio::test]
async fn every_operation_declares_what_it_answers() {
    let idp = TestIdp::new().await;
    let description = idp.openapi();
    let description = serde_json::to_value(&description).unwrap();
    for (path, operations) in description["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            for status in ["400", "401", "403", "404", "409", "422", "503"] {
                assert!(
                    !operation["responses"][status].is_null(),
                    "{method} {path}: {status}"
                );
            }
        }
    }
}

async fn odd_text_reaches_nobody(idp: TestIdp) {
    let admin = idp.admin();
    for path in [
        "/api/v1/users/%00",
        "/api/v1/users/a%2Fb",
        "/api/v1/clients/%00",
        "/api/v1/clients/..",
    ] {
        let answer = call(&idp, Method::GET, path, None, &admin).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in [
        "/api/v1/users?cursor=%00",
        "/api/v1/users?limit=0",
        "/api/v1/clients?limit=x",
        "/api/v1/users/%ff",
    ] {
        let answer = call(&idp, Method::GET, path, None, &admin).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let body = json!({ "name": "bob", "display_name": "a\u{0}b" });
    let answer = call(&idp, Method::POST, "/api/v1/users", Some(body), &admin).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

async fn an_address_that_is_sent_back_stays_unverified(idp: TestIdp) {
    let admin = idp.admin();
    idp.add_user("alice").await;
    let path = "/api/v1/users/alice";
    let change = async |body: Json| {
        let answer = call(&idp, Method::PATCH, path, Some(body), &admin).await;
        answer.json()["email_verified"].as_bool().unwrap()
    };
    assert!(!change(json!({ "email_verified": false })).await);
    let same = json!({ "email": "alice@example.org", "display_name": "Alice" });
    assert!(!change(same).await);
    assert!(!change(json!({ "email": " alice@example.org " })).await);
    // Another one is the administrator's word.
    assert!(change(json!({ "email": "alice@example.net" })).await);
}

/// The permissions of a user who is deleted are those that were compared with the caller's.
async fn nobody_deletes_a_user_who_was_raised_meanwhile(idp: TestIdp) {
    let caller = client("idp.user.delete ca.certificate.*");
    for index in 0..12 {
        let name = format!("user{index}");
        idp.add_user(&name).await;
        let raise = idp_directory::UserChange {
            permissions: Some(vec!["tsa.*".to_owned()]),
            ..Default::default()
        };
        let path = format!("/api/v1/users/{name}");
        let (raised, deleted) = tokio::join!(
            idp.change_user(&name, raise),
            call(&idp, Method::DELETE, &path, None, &caller),
        );
        let is_deleted = deleted.status == StatusCode::NO_CONTENT;
        assert!(!(raised.is_ok() && is_deleted), "{name}");
        assert!(raised.is_ok() || is_deleted, "{raised:?} {deleted:?}");
    }
}
