//! Data of an earlier schema migrates forward, on both databases.
#![allow(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::{path::Path, str::FromStr as _};

use platform_store::Store;
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, migrate::Migrator,
    sqlite::SqliteConnectOptions,
};
use testkit::Postgres;

const SERIAL: [u8; 20] = [7; 20];
const DER: [u8; 2] = [0x30, 0];

/// The migrations up to `version`, as an earlier binary had them.
async fn up_to(version: i64, database: &str) -> Migrator {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut migrator = Migrator::new(folder.join(database)).await.unwrap();
    let all = migrator.migrations.into_owned();
    let earlier: Vec<_> = all
        .into_iter()
        .filter(|migration| migration.version <= version)
        .collect();
    assert_eq!(earlier.last().unwrap().version, version);
    migrator.migrations = earlier.into();
    migrator
}

/// Makes the fourth schema and writes what that time's binary would have.
macro_rules! fourth {
    ($connection:expr, $database:literal) => {{
        let mut connection = $connection;
        up_to(4, $database)
            .await
            .run(&mut connection)
            .await
            .unwrap();
        sqlx::query(
            "INSERT INTO ca_certificate
             (serial, issuer, profile, subject, requester, issued_at, not_after, der)
             VALUES ($1, 'issuing', 'service', 'CN=x', 'system', 1, 2, $2)",
        )
        .bind(SERIAL.as_slice())
        .bind(DER.as_slice())
        .execute(&mut connection)
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO ca_service (name, key_uri, issuer, certificate, not_after)
             VALUES ('tsa:default', 'software:tsa', 'issuing', $1, 2)",
        )
        .bind(DER.as_slice())
        .execute(&mut connection)
        .await
        .unwrap();
        connection.close().await.unwrap();
    }};
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_of_services_get_their_serial_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite:{}", folder.path().join("x.db").display());
    let options = SqliteConnectOptions::from_str(&sqlite).unwrap();
    let options = options.create_if_missing(true);
    fourth!(options.connect().await.unwrap(), "sqlite");
    let postgres = tokio::task::spawn_blocking(|| Postgres::shared().database())
        .await
        .unwrap();
    fourth!(PgConnection::connect(&postgres).await.unwrap(), "postgres");

    for url in [sqlite, postgres] {
        let store = Store::open(&url, migrations::schema()).await.unwrap();
        let sql = "SELECT s.serial, s.name, c.der FROM ca_service s
                   JOIN ca_certificate c ON c.authority_id = s.authority_id AND c.serial = s.serial";
        let rows = store.fetch_all(sql, vec![]).await.unwrap();
        assert_eq!(rows.len(), 1, "{url}");
        assert_eq!(rows[0].get::<Vec<u8>>("serial").unwrap(), SERIAL);
        assert_eq!(rows[0].get::<String>("name").unwrap(), "tsa:default");
        assert_eq!(rows[0].get::<Vec<u8>>("der").unwrap(), DER);
    }
}

/// Redirect URIs of before, and the origins that pages of theirs have. The identity
/// provider's own registration records the same (`idp/oidc/src/store/clients.rs`).
const ORIGINS: [(&str, &[&str]); 8] = [
    ("https://a.example/cb?x=/y", &["https://a.example"]),
    ("https://A.example:443?x=/y", &["https://a.example"]),
    ("https://b.example:8443", &["https://b.example:8443"]),
    (
        "http://localhost:3000/cb",
        &["http://localhost", "http://localhost:3000"],
    ),
    ("http://127.0.0.1:80/cb", &["http://127.0.0.1"]),
    (
        "http://[::1]:3000/cb",
        &["http://[::1]", "http://[::1]:3000"],
    ),
    ("http://[::1]/cb", &["http://[::1]"]),
    ("com.example.app:/cb", &[]),
];

/// Makes the tenth schema with a client for each of these addresses.
macro_rules! tenth {
    ($connection:expr, $database:literal) => {{
        let mut connection = $connection;
        up_to(10, $database)
            .await
            .run(&mut connection)
            .await
            .unwrap();
        for (number, (uri, _)) in ORIGINS.iter().enumerate() {
            sqlx::query(
                "INSERT INTO idp_client (id, name, auth_method, grant_types, redirect_uris,
                     post_logout_redirect_uris, resources, permissions, id_token_alg, created_at)
                 VALUES ($1, 'x', 'none', '[]', $2, '[]', '[]', '', 'RS256', 1)",
            )
            .bind(number.to_string())
            .bind(format!("[\"{uri}\",\"{uri}\"]"))
            .execute(&mut connection)
            .await
            .unwrap();
        }
        connection.close().await.unwrap();
    }};
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_get_the_origins_of_their_redirect_uris() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite:{}", folder.path().join("x.db").display());
    let options = SqliteConnectOptions::from_str(&sqlite).unwrap();
    let options = options.create_if_missing(true);
    tenth!(options.connect().await.unwrap(), "sqlite");
    let postgres = tokio::task::spawn_blocking(|| Postgres::shared().database())
        .await
        .unwrap();
    tenth!(PgConnection::connect(&postgres).await.unwrap(), "postgres");

    for url in [sqlite, postgres] {
        let store = Store::open(&url, migrations::schema()).await.unwrap();
        let sql = "SELECT client_id, origin FROM idp_client_origin";
        let rows = store.fetch_all(sql, vec![]).await.unwrap();
        for (number, (uri, origins)) in ORIGINS.iter().enumerate() {
            let mut found: Vec<String> = rows
                .iter()
                .filter(|row| row.get::<String>("client_id").unwrap() == number.to_string())
                .map(|row| row.get("origin").unwrap())
                .collect();
            found.sort();
            assert_eq!(found, *origins, "{uri} in {url}");
        }
    }
}
