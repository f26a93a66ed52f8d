//! Pages of filters that leave few of many certificates, on both databases: none is lost, none
//! comes twice, and no request visits more rows than it may.

use std::collections::BTreeSet;

use platform_store::{Store, Value};

use super::{
    CertificateFilter, ListPosition, Order, certificates,
    plan_tests::{SQLITE_NUMBERS, fill},
};
use crate::model::StatusFilter;

/// How many rows a request visits at most here.
const MOST: i64 = 100;
const LIMIT: i64 = 7;

/// A filter, the condition of its rows in SQL, and that of its lead.
fn shapes() -> Vec<(CertificateFilter, &'static str, &'static str)> {
    let none = CertificateFilter::default;
    let named = |name: &str| Some(name.to_owned());
    let of = |at: i64| Some(jiff::Timestamp::from_microsecond(1_775_000_000_000_000 + at).unwrap());
    let revoked = Some(StatusFilter::Revoked);
    vec![
        (
            CertificateFilter {
                profile: named("device"),
                expires_after: of(50),
                ..none()
            },
            "profile = 'device' AND not_after >= 1775000000000050",
            "TRUE",
        ),
        (
            CertificateFilter {
                profile: named("device"),
                expires_after: of(50),
                expires_before: of(1950),
                issued_before: Some(jiff::Timestamp::from_microsecond(1900).unwrap()),
                ..none()
            },
            "profile = 'device' AND not_after >= 1775000000000050
             AND not_after < 1775000000001950 AND issued_at < 1900",
            "TRUE",
        ),
        // No certificate of this profile is revoked.
        (
            CertificateFilter {
                profile: named("device"),
                status: revoked,
                ..none()
            },
            "FALSE",
            "issued_at % 20 = 3",
        ),
        (
            CertificateFilter {
                profile: named("common"),
                status: revoked,
                expires_before: of(1800),
                ..none()
            },
            "profile = 'common' AND issued_at % 20 = 3 AND not_after < 1775000000001800",
            "issued_at % 20 = 3",
        ),
        // They never occur together.
        (
            CertificateFilter {
                profile: named("device"),
                authority_id: named("other"),
                ..none()
            },
            "FALSE",
            "profile = 'device'",
        ),
        (
            CertificateFilter {
                profile: named("common"),
                authority_id: named("other"),
                ..none()
            },
            "profile = 'common' AND authority_id = 'other'",
            "profile = 'common'",
        ),
        (
            CertificateFilter {
                status: Some(StatusFilter::Good),
                ..none()
            },
            "issued_at % 20 <> 3",
            "TRUE",
        ),
        // A rare filter leads: all its rows are visited at once.
        (
            CertificateFilter {
                profile: named("rare"),
                expires_after: of(50),
                ..none()
            },
            "profile = 'rare' AND not_after >= 1775000000000050",
            "FALSE",
        ),
    ]
}

async fn serials(store: &Store, condition: &str) -> BTreeSet<Vec<u8>> {
    let sql = format!("SELECT serial FROM ca_certificate WHERE {condition}");
    let rows = store.fetch_all(sql.leak(), vec![]).await.unwrap();
    rows.iter().map(|row| row.get("serial").unwrap()).collect()
}

/// How many rows of the lead are after one position and not after another.
async fn visited(store: &Store, lead: &str, from: Option<&ListPosition>, to: &ListPosition) -> i64 {
    let (column, after, until) = match to.order {
        Order::Issued => ("issued_at", "<", ">="),
        Order::End => ("not_after", ">", "<="),
    };
    let mut params: Vec<Value> = vec![Value::from(to.at), Value::from(to.serial.clone())];
    let mut sql = format!(
        "SELECT COUNT(*) AS visited FROM ca_certificate WHERE {lead}
         AND ({column}, serial) {until} ($1, $2)"
    );
    if let Some(from) = from {
        sql.push_str(&format!(" AND ({column}, serial) {after} ($3, $4)"));
        params.extend([Value::from(from.at), Value::from(from.serial.clone())]);
    }
    let rows = store.fetch_all(sql.leak(), params).await.unwrap();
    rows[0].get("visited").unwrap()
}

async fn check(store: &Store) {
    for (filter, condition, lead) in shapes() {
        let context = format!("{:?} {filter:?}", store.backend());
        let expected = serials(store, condition).await;
        let (mut found, mut at) = (Vec::new(), None);
        loop {
            let page = certificates(store, &filter, at.clone(), LIMIT + 1, MOST)
                .await
                .unwrap();
            let is_full = page.certificates.len() > LIMIT.unsigned_abs() as usize;
            let shown = page.certificates.iter().take(LIMIT.unsigned_abs() as usize);
            let shown: Vec<_> = shown.map(|(position, _)| position.clone()).collect();
            found.extend(shown.iter().map(|position| position.serial.clone()));
            let next = match (is_full, page.visited_to) {
                (true, _) => shown.last().cloned(),
                (false, visited_to) => visited_to,
            };
            let Some(next) = next else { break };
            if !is_full {
                let visited = visited(store, lead, at.as_ref(), &next).await;
                assert!((1..=MOST + 1).contains(&visited), "{visited} {context}");
            }
            // As a cursor takes it to the next request.
            at = ListPosition::parse(&next.to_string());
            assert_eq!(at.as_ref(), Some(&next), "{context}");
        }
        assert_eq!(found.len(), expected.len(), "{context}");
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
    }
}

#[tokio::test]
async fn sqlite_pages_have_every_certificate_once_and_visit_few() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("pages.db").display());
    let store = Store::open(&url, migrations::schema()).await.unwrap();
    fill(&store, SQLITE_NUMBERS).await.unwrap();
    check(&store).await;
}

#[tokio::test]
async fn postgresql_pages_have_every_certificate_once_and_visit_few() {
    let url = tokio::task::spawn_blocking(|| testkit::Postgres::shared().database());
    let store = Store::open(&url.await.unwrap(), migrations::schema())
        .await
        .unwrap();
    fill(&store, "generate_series(1, 2000) AS numbers (n)")
        .await
        .unwrap();
    check(&store).await;
}
