//! The identity provider from outside, over its routes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    unreachable_pub,
    reason = "tests"
)]

/// Each story twice, on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($story:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $story() {
                super::$story(crate::test_idp::TestIdp::on(crate::test_idp::Database::Sqlite).await).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $story() {
                super::$story(crate::test_idp::TestIdp::on(crate::test_idp::Database::Postgres).await).await;
            })+
        }
    };
}

mod answer;
mod api;
mod authorize;
mod bad_input;
mod browser;
mod code_flow;
mod cors;
mod end_of_access;
mod flow;
mod jwt;
mod key;
mod logout;
mod nodes;
mod pages;
mod passwords;
mod refresh;
mod sign_in;
mod signing_keys;
mod test_idp;
mod tokens;
