//! Rule 12: what ends a person's access ends it on every node, within a second.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use idp_directory::UserChange;
use idp_oidc::NewClient;
use jiff::Timestamp;
use platform_runtime::Clock as _;
use platform_store::{StoreError, Tx, params};
use serde_json::Value as Json;
use zeroize::Zeroizing;

use crate::{
    browser::Browser,
    flow::{authorize, code, redeem, refresh, userinfo},
    test_idp::{ISSUER, PASSWORD, TestIdp, portal},
};

const NEW: &str = "a new and longer sentence";
const COOKIE: &str = "__Host-xinshu-session";

on_both![
    disabling_a_user_ends_everything_on_the_other_node,
    deleting_a_user_ends_everything_on_the_other_node,
    a_password_reset_ends_everything_on_the_other_node,
    a_password_link_ends_everything_on_the_other_node,
    an_administrator_who_ends_all_sessions_ends_everything_on_the_other_node,
    an_administrator_who_ends_one_session_ends_what_came_from_it,
    a_session_ended_at_the_account_page_takes_everything_along,
    signing_out_everywhere_else_keeps_what_is_here,
    many_sessions_end_in_one_statement,
    a_change_by_its_owner_keeps_the_session_with_a_new_identifier,
    signing_out_ends_the_tokens_of_the_session,
    a_client_that_is_disabled_or_deleted_gets_nothing_on_the_other_node,
    userinfo_asks_for_the_client_itself,
    ended_sessions_take_their_codes_along_on_the_other_node,
    signing_in_again_keeps_the_tokens_of_before,
];

/// What one browser of alice obtained: a session, tokens of two clients, and a code that was
/// not redeemed.
struct SignedIn {
    browser: Browser,
    session: String,
    client: idp_oidc::ClientCredentials,
    code: String,
    online: String,
    offline: String,
    refresh: String,
    api: String,
}

/// A browser of alice whose session and tokens both nodes have in their caches.
async fn signed_in(first: &TestIdp, second: &TestIdp) -> SignedIn {
    let client = portal_with_api(first).await;
    let mut browser = first.browser();
    let mut grant = async |scope: &str| {
        let path = authorize(&client.client_id, &[("scope", scope)]);
        let mut answer = browser.get(&path).await;
        if answer.location().starts_with('/') {
            answer = browser.sign_in(&path, "alice", PASSWORD).await;
            answer = browser.get(answer.location()).await;
        }
        answer.parameter("code").unwrap()
    };
    let online = grant("openid").await;
    let online = redeem(first, &client, &online).await.json();
    let offline = grant("openid offline_access").await;
    let offline = redeem(first, &client, &offline).await.json();
    let api = grant("openid api").await;
    let api = redeem(first, &client, &api).await.json();
    let code = grant("openid").await;
    let text = |tokens: &Json, name: &str| tokens[name].as_str().unwrap().to_owned();
    let session = claims_of(&text(&online, "id_token"))["sid"].clone();
    let alice = SignedIn {
        browser,
        session: session.as_str().unwrap().to_owned(),
        client,
        code,
        online: text(&online, "access_token"),
        offline: text(&offline, "access_token"),
        refresh: text(&offline, "refresh_token"),
        api: text(&api, "access_token"),
    };
    for node in [first, second] {
        assert!(alice.are_tokens_valid(node).await);
    }
    let mut alice = alice;
    for node in [first, second] {
        let page = alice.browser.at(node).get("/account").await;
        assert_eq!(page.status, StatusCode::OK);
    }
    alice
}

impl SignedIn {
    /// Whether a node accepts every token; panics if it accepts some.
    async fn are_tokens_valid(&self, node: &TestIdp) -> bool {
        let mut valid = Vec::new();
        for token in [&self.online, &self.offline, &self.api] {
            valid.push(userinfo(node, token).await.status == StatusCode::OK);
        }
        for token in [&self.online, &self.offline, &self.api, &self.refresh] {
            let form = [("token", token.as_str())];
            let answer = node
                .call("/oauth2/introspect", Some(&self.client), &form)
                .await;
            valid.push(answer.json()["active"] == true);
        }
        valid.push(node.authenticate_bearer(&self.api).await.is_ok());
        assert!(valid.iter().all(|one| *one == valid[0]), "{valid:?}");
        valid[0]
    }
}

/// Every token is refused wherever a node can be asked, codes cannot be redeemed, and the
/// cookie is no session.
async fn everything_ended(mut alice: SignedIn, nodes: [&TestIdp; 2]) {
    for node in nodes {
        // Nothing is waited for but the node's caches, which keep what they read for less
        // than a second.
        while alice.browser.at(node).get("/account").await.status == StatusCode::OK
            || userinfo(node, &alice.online).await.status == StatusCode::OK
            || node.authenticate_bearer(&alice.api).await.is_ok()
        {
            tokio::task::yield_now().await;
        }
        let answer = alice.browser.at(node).get("/account").await;
        assert_eq!(answer.location(), "/sign-in");
        let silent = authorize(&alice.client.client_id, &[("prompt", "none")]);
        let answer = alice.browser.at(node).get(&silent).await;
        assert_eq!(answer.parameter("error").unwrap(), "login_required");
        assert!(!alice.are_tokens_valid(node).await);
        let answer = refresh(node, &alice.client, &alice.refresh).await;
        assert_eq!(answer.json()["error"], "invalid_grant");
        let answer = redeem(node, &alice.client, &alice.code).await;
        assert_eq!(answer.json()["error"], "invalid_grant");
    }
}

/// The session is alive, and so is all that came from it.
async fn everything_works(mut alice: SignedIn, nodes: [&TestIdp; 2]) {
    for node in nodes {
        let answer = alice.browser.at(node).get("/account").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(alice.are_tokens_valid(node).await);
    }
    let answer = redeem(nodes[1], &alice.client, &alice.code).await;
    assert_eq!(answer.status, StatusCode::OK);
    let answer = refresh(nodes[1], &alice.client, &alice.refresh).await;
    assert_eq!(answer.status, StatusCode::OK);
}

/// A client that may also use Xinshu's own API for its users.
async fn portal_with_api(idp: &TestIdp) -> idp_oidc::ClientCredentials {
    let portal = NewClient {
        permissions: vec!["ca.certificate.*".to_owned()],
        ..portal()
    };
    idp.add_client(portal).await
}

fn claims_of(jwt: &str) -> Json {
    let payload = jwt.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

async fn disabling_a_user_ends_everything_on_the_other_node(first: TestIdp) {
    let second = first.second_node().await;
    first.add_user("alice").await;
    let alice = signed_in(&first, &second).await;
    let change = UserChange {
        disabled: Some(true),
        ..UserChange::default()
    };
    first.change_user("alice", change).await.unwrap();
    everything_ended(alice, [&first, &second]).await;
}

async fn deleting_a_user_ends_everything_on_the_other_node(first: TestIdp) {
    let second = first.second_node().await;
    first.add_user("alice").await;
    let alice = signed_in(&first, &second).await;
    idp_directory::delete_user::delete_user(&first.directory, &first.admin(), "alice")
        .await
        .unwrap();
    everything_ended(alice, [&first, &second]).await;
}

async fn a_password_reset_ends_everything_on_the_other_node(first: TestIdp) {
    let second = first.second_node().await;
    first.add_user("alice").await;
    let alice = signed_in(&first, &second).await;
    let password = Zeroizing::new(NEW.to_owned());
    first.set_password("alice", password).await.unwrap();
    everything_ended(alice, [&first, &second]).await;
}

/// Not even the session of the browser that used the link is kept: the link may have been
/// used in a browser that belongs to another user.
async fn a_password_link_ends_everything_on_the_other_node(first: TestIdp) {
    let second = first.second_node().await;
    first.add_user("alice").await;
    let mut alice = signed_in(&first, &second).await;
    let link = first.password_link("alice").await.unwrap();
    let path = link.url.strip_prefix(ISSUER).unwrap();
    let page = alice.browser.at(&first).get(path).await;
    let token = page.field("token");
    let form = [
        ("token", token.as_str()),
        ("new_password", NEW),
        ("new_password_again", NEW),
    ];
    let answer = alice
        .browser
        .submit("/account/set-password", &page, &form)
        .await;
    assert_eq!(answer.location(), "/sign-in?notice=password-set");
    everything_ended(alice, [&first, &second]).await;
}

async fn an_administrator_who_ends_all_sessions_ends_everything_on_the_other_node(first: TestIdp) {
    let second = first.second_node().await;
    first.add_user("alice").await;
    let laptop = signed_in(&first, &second).await;
    let phone = signed_in(&first, &second).await;
    assert_eq!(first.end_sessions("alice").await.unwrap(), 2);
    everything_ended(laptop, [&first, &second]).await;
    everything_ended(phone, [&first, &second]).await;
}

async fn an_administrator_who_ends_one_session_ends_what_came_from_it(first: TestIdp) {
    let second = first.second_node().await;
    first.add_user("alice").await;
    first.add_user("bob").await;
    let laptop = signed_in(&first, &second).await;
    let phone = signed_in(&first, &second).await;
    let delete = async |name: &str, session: &str| {
        let path = format!("/api/v1/users/{name}/sessions/{session}");
        let request = Request::delete(path).body(Body::empty()).unwrap();
        first.api(request, Some(first.admin())).await.status
    };
    // Another's session is not found under this name.
    let status = delete("bob", &phone.session).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(
        delete("alice", &phone.session).await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(delete("alice", &phone.session).await, StatusCode::NOT_FOUND);
    assert_eq!(first.count("idp.session.end", "success").await, 1);
    everything_ended(phone, [&first, &second]).await;
    everything_works(laptop, [&first, &second]).await;
}

async fn a_session_ended_at_the_account_page_takes_everything_along(first: TestIdp) {
    let second = first.second_node().await;
    first.add_user("alice").await;
    let mut laptop = signed_in(&first, &second).await;
    let phone = signed_in(&first, &second).await;
    let page = laptop.browser.at(&first).get("/account").await;
    let form = [("session", phone.session.as_str())];
    laptop
        .browser
        .submit("/account/sessions/end", &page, &form)
        .await;
    everything_ended(phone, [&first, &second]).await;
    everything_works(laptop, [&first, &second]).await;
}

async fn signing_out_everywhere_else_keeps_what_is_here(first: TestIdp) {
    let second = first.second_node().await;
    first.add_user("alice").await;
    let laptop = signed_in(&first, &second).await;
    let (phone, tablet) = (
        signed_in(&first, &second).await,
        signed_in(&first, &second).await,
    );
    let session = first.session(&laptop.browser).await.unwrap();
    let caller = first.admin();
    let ended = idp_authn::sign_out::end_other_sessions(&first.authn, &caller, &session)
        .await
        .unwrap();
    assert_eq!(ended, 2);
    everything_ended(phone, [&first, &second]).await;
    everything_ended(tablet, [&first, &second]).await;
    everything_works(laptop, [&first, &second]).await;
}

async fn a_change_by_its_owner_keeps_the_session_with_a_new_identifier(first: TestIdp) {
    let second = first.second_node().await;
    first.add_user("alice").await;
    let phone = signed_in(&first, &second).await;
    let mut laptop = signed_in(&first, &second).await;
    // A thief who copied the cookie.
    let mut thief = first.browser();
    let stolen = laptop.browser.cookie(COOKIE).unwrap().to_owned();
    thief.set_cookie(COOKIE, &stolen);
    assert_eq!(thief.get("/account").await.status, StatusCode::OK);

    let page = laptop.browser.at(&first).get("/account").await;
    let form = [
        ("password", PASSWORD),
        ("new_password", NEW),
        ("new_password_again", NEW),
    ];
    let answer = laptop
        .browser
        .submit("/account/password", &page, &form)
        .await;
    assert_eq!(answer.location(), "/account?notice=password-changed");
    assert_ne!(laptop.browser.cookie(COOKIE), Some(stolen.as_str()));
    for node in [&first, &second] {
        let answer = laptop.browser.at(node).get("/account").await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    // The session has another `sid`, the sign-in behind it is the same.
    let path = authorize(&laptop.client.client_id, &[("prompt", "none")]);
    let code = laptop.browser.get(&path).await.parameter("code").unwrap();
    let tokens = redeem(&second, &laptop.client, &code).await.json();
    let claims = claims_of(tokens["id_token"].as_str().unwrap());
    assert_ne!(claims["sid"], laptop.session.as_str());

    // What was obtained before has ended, in this browser as in the other, and so has the
    // copied cookie.
    laptop.browser = thief;
    everything_ended(laptop, [&first, &second]).await;
    everything_ended(phone, [&first, &second]).await;
}

async fn a_client_that_is_disabled_or_deleted_gets_nothing_on_the_other_node(first: TestIdp) {
    let second = first.second_node().await;
    first.add_user("alice").await;
    for delete in [false, true] {
        let alice = signed_in(&first, &second).await;
        let id = alice.client.client_id.as_str();
        // Of another client, so that it may ask about the first.
        let auditor = first
            .add_client(NewClient {
                permissions: vec!["idp.token.introspect".to_owned()],
                ..portal()
            })
            .await;
        if delete {
            idp_oidc::delete_client::delete_client(&first.oidc, &first.admin(), id)
                .await
                .unwrap();
        } else {
            first.set_client_disabled(id, true).await.unwrap();
        }
        for node in [&first, &second] {
            while node.authenticate_bearer(&alice.api).await.is_ok() {
                tokio::task::yield_now().await;
            }
            for token in [&alice.online, &alice.offline, &alice.api] {
                let answer = userinfo(node, token).await;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
                let form = [("token", token.as_str())];
                let answer = node.call("/oauth2/introspect", Some(&auditor), &form).await;
                assert_eq!(answer.json()["active"], false);
            }
        }
    }
}

/// A grant that a node recorded while it had not noticed yet that the client was disabled.
async fn userinfo_asks_for_the_client_itself(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (code, _) = code(&idp, &client.client_id, &[]).await;
    let tokens = redeem(&idp, &client, &code).await.json();
    let access = tokens["access_token"].as_str().unwrap();
    idp.set_client_disabled(&client.client_id, true)
        .await
        .unwrap();
    let reset = async |tx: &mut Tx<'_>| {
        tx.execute("UPDATE idp_grant SET revoked_at = NULL", vec![])
            .await
    };
    idp.store.transact(reset).await.unwrap();
    let answer = userinfo(&idp, access).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

async fn signing_out_ends_the_tokens_of_the_session(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (online, mut browser) = code(&idp, &client.client_id, &[]).await;
    let online = redeem(&idp, &client, &online).await.json();
    let offline = [("scope", "openid offline_access")];
    let answer = browser.get(&authorize(&client.client_id, &offline)).await;
    let offline = redeem(&idp, &client, &answer.parameter("code").unwrap()).await;
    let offline = offline.json();
    let page = browser.get("/sign-out").await;
    browser.submit("/sign-out", &page, &[]).await;
    let access = |tokens: &serde_json::Value| tokens["access_token"].as_str().unwrap().to_owned();
    let status = async |token: String| userinfo(&idp, &token).await.status;
    assert_eq!(status(access(&online)).await, StatusCode::UNAUTHORIZED);
    // OpenID Connect Core §11: offline access is for when the user is not there.
    assert_eq!(status(access(&offline)).await, StatusCode::OK);
    let token = offline["refresh_token"].as_str().unwrap();
    assert_eq!(refresh(&idp, &client, token).await.status, StatusCode::OK);
}

async fn ended_sessions_take_their_codes_along_on_the_other_node(first: TestIdp) {
    let second = first.second_node().await;
    first.add_user("alice").await;
    let client = first.portal().await;
    let (code, mut browser) = code(&first, &client.client_id, &[]).await;
    // The other node has session and user in its caches.
    assert_eq!(
        browser.at(&second).get("/account").await.status,
        StatusCode::OK
    );
    first.end_sessions("alice").await.unwrap();
    // At once: the row of the grant is joined to that of the session.
    let answer = redeem(&second, &client, &code).await;
    assert_eq!(answer.json()["error"], "invalid_grant");
    // And no other code comes of the cached session.
    let answer = browser.get(&authorize(&client.client_id, &[])).await;
    assert!(answer.location().starts_with("/sign-in?"), "{answer:?}");
}

async fn signing_in_again_keeps_the_tokens_of_before(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (code, mut browser) = code(&idp, &client.client_id, &[]).await;
    let tokens = redeem(&idp, &client, &code).await.json();
    let path = authorize(&client.client_id, &[("prompt", "login")]);
    let answer = browser.sign_in(&path, "alice", PASSWORD).await;
    assert!(
        browser
            .get(answer.location())
            .await
            .parameter("code")
            .is_some()
    );
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(userinfo(&idp, access).await.status, StatusCode::OK);
    // And they end with the session that took the place of theirs.
    let page = browser.get("/sign-out").await;
    browser.submit("/sign-out", &page, &[]).await;
    assert_eq!(
        userinfo(&idp, access).await.status,
        StatusCode::UNAUTHORIZED
    );
}

const SESSIONS: i64 = 300;

/// All that alice has in 300 other sessions ends; nothing else does: not what is here, nor
/// what outlives a browser in which she signed out before, nor what bob has.
async fn many_sessions_end_in_one_statement(idp: TestIdp) {
    let alice = idp.add_user("alice").await;
    let bob = idp.add_user("bob").await;
    let mut browser = idp.browser();
    browser.sign_in("/sign-in", "alice", PASSWORD).await;
    let session = idp.session(&browser).await.unwrap();
    let mine = session.id.clone();
    let expires_at = idp.clock.now() + Duration::from_secs(3600);
    let is_postgres = idp.is_postgres();
    let prepared: Result<(), StoreError> = idp
        .store
        .transact(async move |tx| {
            for index in 0..SESSIONS {
                for (user, name) in [(&alice, "alice"), (&bob, "bob")] {
                    let id = format!("{name}-{index}");
                    let key = id.as_bytes().to_vec();
                    tx.execute(
                        "INSERT INTO idp_session (id, token_key, user_id, auth_time, last_seen_at, expires_at)
                         VALUES ($1, $2, $3, 0, 0, $4)",
                        params![&id, key, user.as_str(), expires_at],
                    )
                    .await?;
                    insert_grant(tx, &format!("grant-{id}"), user, &id, expires_at).await?;
                }
            }
            insert_grant(tx, "grant-here", &alice, &mine, expires_at).await?;
            insert_grant(tx, "grant-offline", &alice, "signed out", expires_at).await?;
            if is_postgres {
                for sql in COUNT_STATEMENTS {
                    tx.execute(sql, vec![]).await?;
                }
            }
            Ok(())
        })
        .await;
    prepared.unwrap();
    let caller = idp.admin();
    let ended = idp_authn::sign_out::end_other_sessions(&idp.authn, &caller, &session)
        .await
        .unwrap();
    assert_eq!(ended, 300);
    let revoked = "SELECT count(*) AS n FROM idp_grant WHERE revoked_at IS NOT NULL";
    let alices = "SELECT count(*) AS n FROM idp_grant
                  WHERE revoked_at IS NOT NULL AND id LIKE 'grant-alice-%'";
    let left = "SELECT count(*) AS n FROM idp_session";
    assert_eq!(number(&idp, revoked).await, SESSIONS);
    assert_eq!(number(&idp, alices).await, SESSIONS);
    assert_eq!(number(&idp, left).await, SESSIONS + 1);
    assert_eq!(idp.count("idp.sign_out", "success").await, 300);
    if is_postgres {
        let statements = "SELECT count(*) AS n FROM test_statement";
        assert_eq!(number(&idp, statements).await, 2);
    }
}

/// Only PostgreSQL has triggers for statements.
const COUNT_STATEMENTS: [&str; 4] = [
    "CREATE TABLE test_statement (name TEXT)",
    "CREATE FUNCTION test_count() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN INSERT INTO test_statement VALUES (TG_TABLE_NAME); RETURN NULL; END $$",
    "CREATE TRIGGER test_count AFTER UPDATE OR DELETE ON idp_grant
     FOR EACH STATEMENT EXECUTE FUNCTION test_count()",
    "CREATE TRIGGER test_count AFTER UPDATE OR DELETE ON idp_session
     FOR EACH STATEMENT EXECUTE FUNCTION test_count()",
];

async fn insert_grant(
    tx: &mut Tx<'_>,
    id: &str,
    user_id: &str,
    session_id: &str,
    expires_at: Timestamp,
) -> Result<u64, StoreError> {
    tx.execute(
        "INSERT INTO idp_grant (id, client_id, user_id, session_id, scope, auth_time, offline, expires_at)
         VALUES ($1, 'c', $2, $3, 'openid', 0, 1, $4)",
        params![id, user_id, session_id, expires_at],
    )
    .await
}

async fn number(idp: &TestIdp, sql: &'static str) -> i64 {
    let row = idp
        .store
        .fetch_optional(sql, vec![])
        .await
        .unwrap()
        .unwrap();
    row.get("n").unwrap()
}
