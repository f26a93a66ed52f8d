//! Setting and changing passwords.

use axum::http::StatusCode;
use idp_authn::PasswordPolicy;
use zeroize::Zeroizing;

use crate::test_idp::{ISSUER, PASSWORD, TestIdp};

on_both![
    a_link_sets_a_password_once,
    a_link_ends_after_a_day_and_with_the_next_link,
    one_changes_ones_own_password_and_other_sessions_end,
    a_reset_outlasts_a_change_that_was_under_way,
    a_reset_outlasts_sign_ins_that_were_under_way,
    one_ends_a_session_of_ones_own_and_no_other,
    a_password_of_0_1_0_signs_in_and_is_renewed,
    sign_ins_at_the_same_moment_renew_a_password_of_0_1_0_once,
    a_short_password_signs_in_and_must_be_changed,
    what_is_set_signs_in_in_every_spelling,
    a_reset_forgets_the_guesses_at_the_old_password,
];

const NEW: &str = "a new and longer sentence";

async fn a_link_sets_a_password_once(idp: TestIdp) {
    let new = idp_directory::NewUser {
        name: "first".to_owned(),
        permissions: vec!["*".to_owned()],
        ..Default::default()
    };
    idp.add(new).await.unwrap();
    let link = idp.password_link("first").await.unwrap();
    let path = link.url.strip_prefix(ISSUER).unwrap();
    let mut browser = idp.browser();
    let page = browser.get(path).await;
    assert!(page.body.contains("autocomplete=\"new-password\""));
    let token = page.field("token");
    for (first, again) in [
        (NEW, "something else"),
        ("short", "short"),
        ("password", "password"),
    ] {
        let form = [
            ("token", token.as_str()),
            ("new_password", first),
            ("new_password_again", again),
        ];
        let answer = browser.submit("/account/set-password", &page, &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let form = [
        ("token", token.as_str()),
        ("new_password", NEW),
        ("new_password_again", NEW),
    ];
    let answer = browser.submit("/account/set-password", &page, &form).await;
    assert_eq!(answer.location(), "/sign-in?notice=password-set");
    assert_eq!(
        browser
            .submit("/account/set-password", &page, &form)
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        browser.sign_in("/sign-in", "first", NEW).await.location(),
        "/account"
    );
    assert_eq!(idp.count("idp.user.set_password", "success").await, 1);
}

async fn a_link_ends_after_a_day_and_with_the_next_link(idp: TestIdp) {
    idp.add_user("alice").await;
    let first = idp.password_link("alice").await.unwrap();
    let second = idp.password_link("alice").await.unwrap();
    let path =
        |link: &idp_authn::model::PasswordLink| link.url.strip_prefix(ISSUER).unwrap().to_owned();
    assert_eq!(
        idp.browser().get(&path(&first)).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        idp.browser().get(&path(&second)).await.status,
        StatusCode::OK
    );
    idp.pass(24 * 3600);
    assert_eq!(
        idp.browser().get(&path(&second)).await.status,
        StatusCode::NOT_FOUND
    );
}

async fn one_changes_ones_own_password_and_other_sessions_end(idp: TestIdp) {
    idp.add_user("alice").await;
    let (mut here, mut there) = (idp.browser(), idp.browser());
    for browser in [&mut here, &mut there] {
        browser.sign_in("/sign-in", "alice", PASSWORD).await;
    }
    let page = here.get("/account").await;
    assert!(page.body.contains("Alice Wang"));
    let form = |old: &'static str| {
        [
            ("password", old),
            ("new_password", NEW),
            ("new_password_again", NEW),
        ]
    };
    let answer = here
        .submit("/account/password", &page, &form("wrong horse"))
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let answer = here
        .submit("/account/password", &page, &form(PASSWORD))
        .await;
    assert_eq!(answer.location(), "/account?notice=password-changed");
    assert_eq!(here.get("/account").await.status, StatusCode::OK);
    assert_eq!(there.get("/account").await.location(), "/sign-in");
    assert_eq!(
        idp.browser()
            .sign_in("/sign-in", "alice", NEW)
            .await
            .location(),
        "/account"
    );
}

async fn one_ends_a_session_of_ones_own_and_no_other(idp: TestIdp) {
    idp.add_user("alice").await;
    idp.add_user("bob").await;
    let (mut alice, mut phone, mut bob) = (idp.browser(), idp.browser(), idp.browser());
    alice.sign_in("/sign-in", "alice", PASSWORD).await;
    phone.sign_in("/sign-in", "alice", PASSWORD).await;
    bob.sign_in("/sign-in", "bob", PASSWORD).await;
    let page = alice.get("/account").await;
    let session = page.field("session");
    let bobs_page = bob.get("/account").await;
    bob.submit(
        "/account/sessions/end",
        &bobs_page,
        &[("session", &session)],
    )
    .await;
    assert_eq!(phone.get("/account").await.status, StatusCode::OK);
    alice
        .submit("/account/sessions/end", &page, &[("session", &session)])
        .await;
    assert_eq!(phone.get("/account").await.location(), "/sign-in");
    assert_eq!(alice.get("/account").await.status, StatusCode::OK);
}

/// Somebody who knows the old password is about to change it when it is reset.
async fn a_reset_outlasts_a_change_that_was_under_way(idp: TestIdp) {
    const RESET: &str = "what the administrator chose";
    idp.add_user("alice").await;
    let mut thief = idp.browser();
    thief.sign_in("/sign-in", "alice", PASSWORD).await;
    let page = thief.get("/account").await;
    let form = [
        ("password", PASSWORD),
        ("new_password", NEW),
        ("new_password_again", NEW),
    ];
    // Two hashes against one: the reset is done first.
    let (_, reset) = tokio::join!(
        thief.submit("/account/password", &page, &form),
        idp.set_password("alice", Zeroizing::new(RESET.to_owned())),
    );
    reset.unwrap();
    let mut owner = idp.browser();
    owner.address = [192, 0, 2, 8].into();
    assert_eq!(
        owner.sign_in("/sign-in", "alice", RESET).await.location(),
        "/account"
    );
    assert_eq!(thief.get("/account").await.location(), "/sign-in");
}

/// Of many who sign in while the password is reset nobody is left signed in.
async fn a_reset_outlasts_sign_ins_that_were_under_way(idp: TestIdp) {
    idp.add_user("alice").await;
    let mut browsers: Vec<_> = (0..4).map(|_| idp.browser()).collect();
    let attempts = browsers
        .iter_mut()
        .map(|browser| browser.sign_in("/sign-in", "alice", PASSWORD));
    let reset = idp.set_password("alice", Zeroizing::new(NEW.to_owned()));
    let (_, reset) = tokio::join!(futures_util::future::join_all(attempts), reset);
    reset.unwrap();
    for mut browser in browsers {
        assert_eq!(browser.get("/account").await.location(), "/sign-in");
    }
}

/// 0.1.0 hashed what was typed, so its hashes know one spelling of a letter only.
async fn a_password_of_0_1_0_signs_in_and_is_renewed(idp: TestIdp) {
    const COMPOSED: &str = "un caf\u{e9} au lait et deux croissants";
    const DECOMPOSED: &str = "un cafe\u{301} au lait et deux croissants";
    let id = idp.add_user("alice").await;
    idp.set_password_of_0_1_0(&id, DECOMPOSED).await;
    let (old, form) = idp.stored_password(&id).await;
    assert_eq!(form, 1);
    let sign_in = async |password| {
        let answer = idp.browser().sign_in("/sign-in", "alice", password).await;
        answer.status
    };
    assert_eq!(sign_in(COMPOSED).await, StatusCode::FORBIDDEN);
    assert_eq!(sign_in(DECOMPOSED).await, StatusCode::SEE_OTHER);
    let (renewed, form) = idp.stored_password(&id).await;
    assert_ne!(renewed, old);
    assert_eq!(form, 2);
    // RFC 8265 §4.2: now both spellings are one password, and it is not renewed again.
    assert_eq!(sign_in(COMPOSED).await, StatusCode::SEE_OTHER);
    assert_eq!(sign_in(DECOMPOSED).await, StatusCode::SEE_OTHER);
    assert_eq!(idp.stored_password(&id).await.0, renewed);
    // So is one that is set today, and a space is a space (§4.2.2).
    let spaced = DECOMPOSED.replace(' ', "\u{3000}");
    idp.set_password("alice", Zeroizing::new(spaced))
        .await
        .unwrap();
    assert_eq!(sign_in(COMPOSED).await, StatusCode::SEE_OTHER);
}

async fn sign_ins_at_the_same_moment_renew_a_password_of_0_1_0_once(idp: TestIdp) {
    let id = idp.add_user("alice").await;
    idp.set_password_of_0_1_0(&id, PASSWORD).await;
    let mut browsers: Vec<_> = (0..4).map(|_| idp.browser()).collect();
    let attempts = browsers
        .iter_mut()
        .map(|browser| browser.sign_in("/sign-in", "alice", PASSWORD));
    for answer in futures_util::future::join_all(attempts).await {
        assert_eq!(answer.location(), "/account");
    }
    assert_eq!(idp.stored_password(&id).await.1, 2);
}

async fn a_short_password_signs_in_and_must_be_changed(idp: TestIdp) {
    let id = idp.add_user("alice").await;
    idp.set_password_of_0_1_0(&id, "short one").await;
    let portal = idp.portal().await;
    let path = crate::flow::authorize(&portal.client_id, &[]);
    let mut browser = idp.browser();
    let answer = browser.sign_in(&path, "alice", "short one").await;
    let path = answer.location().to_owned();
    assert!(path.starts_with("/account/set-password?token="), "{path}");
    assert!(browser.cookie("__Host-xinshu-session").is_none());
    let page = browser.get(&path).await;
    assert!(page.body.contains("fewer than the 15 characters"));
    let token = page.field("token");
    let request = page.field("request");
    let form = |password: &'static str| {
        [
            ("token", token.clone()),
            ("request", request.clone()),
            ("new_password", password.to_owned()),
            ("new_password_again", password.to_owned()),
        ]
    };
    let mut submit = async |password| {
        let form = form(password);
        let form: Vec<_> = form
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        browser.submit("/account/set-password", &page, &form).await
    };
    assert_eq!(
        submit("short two").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let path = submit(NEW).await.location().to_owned();
    assert!(
        path.starts_with("/sign-in?notice=password-set&request="),
        "{path}"
    );
    // The sign-in that was under way continues.
    let answer = browser.sign_in(&path, "alice", NEW).await;
    assert!(answer.location().starts_with("/oauth2/continue?request="));
    let answer = browser.sign_in("/sign-in", "alice", "short one").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(idp.count("idp.user.password_link", "success").await, 1);
}

#[tokio::test]
async fn a_short_password_can_be_kept_by_setting() {
    let idp = TestIdp::with_policy(PasswordPolicy {
        short_must_change: false,
        ..PasswordPolicy::default()
    })
    .await;
    let id = idp.add_user("alice").await;
    idp.set_password_of_0_1_0(&id, "short one").await;
    let answer = idp
        .browser()
        .sign_in("/sign-in", "alice", "short one")
        .await;
    assert_eq!(answer.location(), "/account");
    // A new one has to be long enough all the same.
    let short = Zeroizing::new("short two".to_owned());
    assert!(idp.set_password("alice", short).await.is_err());
}

/// Over every way to set one.
#[tokio::test]
async fn guessable_passwords_are_refused_with_the_reason() {
    let idp = TestIdp::new().await;
    idp.add_user("alice.wang").await;
    for (bad, reason) in [
        ("fourteen chars", "at least 15 characters"),
        ("qwertyuiopasdfghjkl", "common and breached"),
        ("zzzzzzzzzzzzzzzzzz", "repeats itself"),
        ("alice.wang.alice.wang1", "the name of the user"),
        ("Alice Wang 2026", "the name of the user"),
        ("xinshu xinshu 123", "the name of the user"),
    ] {
        let password = || Zeroizing::new(bad.to_owned());
        let error = idp.set_password("alice.wang", password()).await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains(reason), "{bad}: {error}");
        let new = idp_directory::NewUser {
            name: "alice.wang.2".to_owned(),
            display_name: Some("Alice Wang".to_owned()),
            password: Some(password()),
            ..Default::default()
        };
        let error = idp.add(new).await.unwrap_err().to_string();
        assert!(error.contains(reason), "{bad}: {error}");
    }
}

/// The longest passwords, whose other spellings take up to three times the bytes.
async fn what_is_set_signs_in_in_every_spelling(idp: TestIdp) {
    let letters = [
        ("\u{e9}", "e\u{301}"),
        ("\u{fc}", "u\u{308}"),
        ("\u{f1}", "n\u{303}"),
        ("\u{390}", "\u{1fbe}\u{308}\u{301}"),
    ];
    let syllables = [
        ("\u{ac01}", "\u{1100}\u{1161}\u{11a8}"),
        ("\u{ad11}", "\u{1100}\u{116a}\u{11bc}"),
        ("\u{ae30}", "\u{1100}\u{1175}"),
    ];
    let spaces = [(" ", "\u{3000}"), ("a", "a"), ("b", "b"), ("c", "c")];
    idp.add_user("alice").await;
    for (units, number) in [
        (&letters[..], 128),
        (&syllables[..], 85),
        (&spaces[..], 256),
    ] {
        // No short text over and over.
        let chosen = |index: usize| units[((index * 2_654_435_761) >> 13) % units.len()];
        let short: String = (0..number).map(|index| chosen(index).0).collect();
        let long: String = (0..number).map(|index| chosen(index).1).collect();
        assert!((250..=256).contains(&short.len()) && long.len() > 256);
        for set in [&short, &long] {
            let password = Zeroizing::new(set.clone());
            idp.set_password("alice", password).await.unwrap();
            for typed in [&short, &long] {
                let answer = idp.browser().sign_in("/sign-in", "alice", typed).await;
                assert_eq!(answer.status, StatusCode::SEE_OTHER, "{set} {typed}");
                assert_eq!(answer.location(), "/account");
            }
        }
        let longer = format!("{short}xxxxxxx");
        let refused = idp.set_password("alice", Zeroizing::new(longer)).await;
        assert!(refused.is_err());
    }
}

async fn a_reset_forgets_the_guesses_at_the_old_password(idp: TestIdp) {
    idp.add_user("alice").await;
    let mut browser = idp.browser();
    for _ in 0..5 {
        browser.sign_in("/sign-in", "alice", "wrong horse").await;
    }
    let answer = browser.sign_in("/sign-in", "alice", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let password = Zeroizing::new(NEW.to_owned());
    idp.set_password("alice", password).await.unwrap();
    let answer = browser.sign_in("/sign-in", "alice", NEW).await;
    assert_eq!(answer.location(), "/account");
}
