//! Searches of the list of certificates over a million rows: each filter alone, and those that
//! people use together.

use std::{
    str::FromStr as _,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use bytes::Bytes;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, postgres::PgConnectOptions,
    sqlite::SqliteConnectOptions,
};

use crate::http::{Prepared, Target};

/// How many certificates there are.
const CERTIFICATES: u32 = 1_000_000;
/// How often each search is made.
const TIMES: usize = 20;
/// What the slowest may take.
pub(crate) const LIMIT_MS: f64 = 100.0;

/// Each search and its query. Certificates end between March 2026 and July; each tenth is
/// revoked, each thousandth is a person's, 2,000 are a signer's, 50,000 a device's, of which none
/// is revoked, and the root issued another 50,000.
const SEARCHES: [(&str, &str); 18] = [
    ("newest", ""),
    ("subject", "subject=CN%3Dn500000.example.org"),
    ("no such subject", "subject=CN%3Dnobody"),
    ("authority", "ca=issuing"),
    ("second authority", "ca=root"),
    ("profile", "profile=tls-server"),
    ("rare profile", "profile=person"),
    ("status good", "status=good"),
    ("status revoked", "status=revoked"),
    ("issued before", "issued_before=2026-03-02T00:00:00Z"),
    (
        "expiry",
        "expires_after=2026-05-01T00:00:00Z&expires_before=2026-06-01T00:00:00Z",
    ),
    (
        "rare profile, expiry",
        "profile=person&expires_before=2026-06-01T00:00:00Z",
    ),
    (
        "good, profile, expiry",
        "status=good&profile=tls-server&expires_after=2026-05-01T00:00:00Z",
    ),
    (
        "revoked, authority, profile",
        "status=revoked&ca=issuing&profile=tls-server",
    ),
    // Few or none of many match all filters.
    (
        "2,000 of a profile, expiry",
        "profile=signer&expires_after=2026-05-01T00:00:00Z",
    ),
    (
        "50,000 of a profile, expiry",
        "profile=device&expires_after=2026-05-01T00:00:00Z",
    ),
    (
        "revoked, profile without any",
        "status=revoked&profile=device",
    ),
    ("profile, authority without any", "profile=device&ca=root"),
];

/// One search's times.
#[derive(serde::Serialize)]
pub(crate) struct Search {
    pub(crate) name: &'static str,
    pub(crate) median_ms: f64,
    pub(crate) slowest_ms: f64,
}

/// Adds a million certificates to the database of a node that is stopped.
pub(crate) async fn fill(url: &str) -> Result<()> {
    let numbers = format!("generate_series(1, {CERTIFICATES}) AS numbers (n)");
    let statements = |numbers: &str, serial: &str, der: &str| {
        [
            format!(
                "INSERT INTO ca_certificate (authority_id, serial, profile, profile_version,
                 subject, requester, issued_at, not_after, der)
                 SELECT (SELECT id FROM ca_authority WHERE name =
                 CASE WHEN n % 20 = 9 THEN 'root' ELSE 'issuing' END), {serial},
                 CASE WHEN n % 1000 = 7 THEN 'person' WHEN n % 500 = 1 THEN 'signer'
                 WHEN n % 20 = 3 THEN 'device' ELSE 'tls-server' END, 1,
                 'CN=n' || n || '.example.org', 'client:bench',
                 1772323200000000 + CAST(n AS BIGINT) * 1000000,
                 1772323200000000 + CAST(n AS BIGINT) * 11000000, {der} FROM {numbers}"
            ),
            "INSERT INTO ca_revocation
             (authority_id, serial, reason, revoked_at, not_after, issued_at)
             SELECT authority_id, serial, 4, issued_at, not_after, issued_at
             FROM ca_certificate WHERE requester = 'client:bench' AND issued_at % 10000000 = 0"
                .to_owned(),
        ]
    };
    if url.starts_with("sqlite:") {
        let numbers = format!(
            "(WITH RECURSIVE numbers (n) AS
             (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {CERTIFICATES})
             SELECT n FROM numbers)"
        );
        let serial = "CAST(printf('%010dxxxxxxxxxx', n) AS BLOB)";
        let mut connection = SqliteConnectOptions::from_str(url)?.connect().await?;
        let mut transaction = connection.begin().await?;
        for statement in statements(&numbers, serial, "zeroblob(700)") {
            sqlx::query(AssertSqlSafe(statement))
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
    } else {
        let serial = "convert_to(lpad(n::text, 10, '0') || 'xxxxxxxxxx', 'UTF8')";
        let der = "decode(repeat('00', 700), 'hex')";
        let mut connection = PgConnectOptions::from_str(url)?.connect().await?;
        for statement in statements(&numbers, serial, der) {
            sqlx::query(AssertSqlSafe(statement))
                .execute(&mut connection)
                .await?;
        }
        // What autovacuum does within a minute.
        for table in ["ca_certificate", "ca_revocation"] {
            sqlx::query(AssertSqlSafe(format!("VACUUM ANALYZE {table}")))
                .execute(&mut connection)
                .await?;
        }
    }
    Ok(())
}

/// Makes each search, one after the other.
pub(crate) async fn measure(target: &Target, token: &str) -> Result<Vec<Search>> {
    let mut connection = target.connect().await?;
    let mut searches = Vec::new();
    for (name, query) in SEARCHES {
        let request = Prepared {
            method: "GET",
            path: format!("/api/v1/certificates?{query}"),
            headers: vec![("authorization", format!("Bearer {token}"))],
            body: Bytes::new(),
        };
        let mut times = Vec::with_capacity(TIMES);
        for _ in 0..TIMES {
            let begin = Instant::now();
            let answer = connection.send(&request).await?;
            times.push(begin.elapsed());
            ensure!(answer.status == 200, "{name}: {:?}", answer.body);
        }
        times.sort_unstable();
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        searches.push(Search {
            name,
            median_ms: ms(times[TIMES / 2]),
            slowest_ms: ms(times[TIMES - 1]),
        });
    }
    Ok(searches)
}
