//! The query plans of both databases: each search of the list of certificates uses its index.

use jiff::Timestamp;
use platform_store::{Backend, Store, StoreError, Tx, Value};

use super::{Boundary, CertificateFilter, Lead, boundary, page};
use crate::model::StatusFilter;

/// One search, and the index that it must use.
struct Search {
    filter: CertificateFilter,
    lead: Lead,
    index: &'static str,
}

/// Every filter alone, and each one that can lead combined with all others.
fn searches() -> Vec<Search> {
    let soon: Timestamp = "2026-04-01T00:00:00Z".parse().unwrap();
    let none = CertificateFilter::default;
    let search = |filter: CertificateFilter, lead, index| Search {
        filter,
        lead,
        index,
    };
    let mut searches = vec![
        search(none(), Lead::Order, "ca_certificate_issued"),
        search(
            CertificateFilter {
                issued_before: Some(soon),
                ..none()
            },
            Lead::Order,
            "ca_certificate_issued",
        ),
        search(
            CertificateFilter {
                status: Some(StatusFilter::Good),
                ..none()
            },
            Lead::Order,
            "ca_certificate_issued",
        ),
    ];
    for (expires_after, expires_before) in [
        (Some(soon), None),
        (None, Some(soon)),
        (Some(soon), Some(soon)),
    ] {
        searches.push(search(
            CertificateFilter {
                expires_after,
                expires_before,
                ..none()
            },
            Lead::Order,
            "ca_certificate_end",
        ));
    }
    for status in [None, Some(StatusFilter::Good), Some(StatusFilter::Revoked)] {
        for others in [false, true] {
            for ends in [None, Some(soon)] {
                let of = |wanted: bool| (wanted || others).then(|| "rare".to_owned());
                let with = |subject: bool, authority: bool, profile: bool| CertificateFilter {
                    subject: subject.then(|| "CN=n77.example.org".to_owned()),
                    authority_id: of(authority),
                    profile: of(profile),
                    status,
                    expires_before: ends,
                    ..none()
                };
                searches.extend([
                    search(
                        with(true, false, false),
                        Lead::Subject,
                        "ca_certificate_subject",
                    ),
                    search(
                        with(false, true, false),
                        Lead::Authority,
                        "ca_certificate_authority",
                    ),
                    search(
                        with(false, false, true),
                        Lead::Profile,
                        "ca_certificate_profile",
                    ),
                ]);
                if status == Some(StatusFilter::Revoked) {
                    searches.push(search(
                        with(false, false, false),
                        Lead::Revoked,
                        match ends {
                            Some(_) => "ca_revocation_end",
                            None => "ca_revocation_issued",
                        },
                    ));
                }
            }
        }
    }
    searches
}

impl CertificateFilter {
    fn has_several(&self) -> bool {
        let given = [
            self.subject.is_some(),
            self.authority_id.is_some(),
            self.profile.is_some(),
            self.status.is_some(),
            self.expires_after.is_some() || self.expires_before.is_some(),
        ];
        given.into_iter().filter(|given| *given).count() > 1
    }
}

/// A boundary is found in the lead's index alone, and a page that ends at one reads that index from
/// its beginning to its end.
async fn check_boundary(store: &Store, filter: &CertificateFilter) {
    let lead = filter.lead_in_order();
    let found = boundary(filter, lead, None, 1000);
    let plan = explain(store, "EXPLAIN QUERY PLAN", "detail", found).await;
    let context = format!("{filter:?} {lead:?} {plan:#?}");
    assert_eq!(plan.len(), 1, "{context}");
    assert!(plan[0].contains("USING COVERING INDEX ca_"), "{context}");
    let end = Boundary {
        at: 500,
        serial: vec![1],
    };
    let ending = page(filter, lead, None, Some(end), 101);
    let plan = explain(store, "EXPLAIN QUERY PLAN", "detail", ending).await;
    let context = format!("{filter:?} {lead:?} {plan:#?}");
    assert!(plan[0].contains("USING INDEX ca_"), "{context}");
    assert!(plan[0].contains('>') && plan[0].contains('<'), "{context}");
}

/// Two thousand numbers, for [`fill`].
pub(super) const SQLITE_NUMBERS: &str = "(WITH RECURSIVE numbers (n) AS
     (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2000) SELECT n FROM numbers)";

/// Fills the tables, since plans depend on their sizes.
pub(super) async fn fill(store: &Store, numbers: &'static str) -> Result<(), StoreError> {
    let certificates = format!(
        "INSERT INTO ca_certificate (authority_id, serial, profile, profile_version, subject,
         requester, issued_at, not_after, der)
         SELECT CASE WHEN n % 1000 = 1 THEN 'rare' WHEN n % 5 = 4 THEN 'other' ELSE 'common' END,
         {}, CASE WHEN n % 1000 = 2 THEN 'rare' WHEN n % 10 = 5 THEN 'device' ELSE 'common' END, 1,
         'CN=n' || n || '.example.org', 'local:root', n, 1775000000000000 + n, {}
         FROM {numbers}",
        "CAST('serial' || n AS BLOB)", "CAST('der' AS BLOB)"
    );
    let revocations = "INSERT INTO ca_revocation
         (authority_id, serial, reason, revoked_at, not_after, issued_at)
         SELECT authority_id, serial, 1, issued_at, not_after, issued_at FROM ca_certificate
         WHERE issued_at % 20 = 3";
    let certificates: &'static str = match store.backend() {
        Backend::Sqlite => certificates,
        Backend::Postgres => certificates
            .replace(
                "CAST('serial' || n AS BLOB)",
                "convert_to('serial' || n, 'UTF8')",
            )
            .replace("CAST('der' AS BLOB)", "convert_to('der', 'UTF8')"),
    }
    .leak();
    store
        .transact(async move |tx: &mut Tx<'_>| {
            tx.execute(certificates, vec![]).await?;
            tx.execute(revocations, vec![]).await?;
            Ok::<_, StoreError>(())
        })
        .await
}

async fn explain(
    store: &Store,
    prefix: &str,
    column: &'static str,
    (sql, params): (&'static str, Vec<Value>),
) -> Vec<String> {
    let sql: &'static str = format!("{prefix} {sql}").leak();
    let rows = store.search(sql, params).await.unwrap();
    rows.iter().map(|row| row.get(column).unwrap()).collect()
}

#[tokio::test]
async fn sqlite_searches_by_the_index_of_each_filter() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("plans.db").display());
    let store = Store::open(&url, migrations::schema()).await.unwrap();
    fill(&store, SQLITE_NUMBERS).await.unwrap();
    for search in searches() {
        let planned = page(&search.filter, search.lead, None, None, 101);
        let plan = explain(&store, "EXPLAIN QUERY PLAN", "detail", planned).await;
        let context = format!("{:?} {plan:#?}", search.filter);
        let first = &plan[0];
        assert!(
            first.contains(&format!("USING INDEX {} ", search.index))
                || first.ends_with(&format!("USING INDEX {}", search.index)),
            "{context}"
        );
        check_boundary(&store, &search.filter).await;
        // The others are looked up by their keys.
        for line in &plan[1..] {
            let is_lookup = line.starts_with("SEARCH") && line.contains("=?");
            assert!(
                is_lookup || line.starts_with("USE TEMP B-TREE"),
                "{context}"
            );
        }
    }
}

#[tokio::test]
async fn postgresql_searches_by_the_index_of_each_filter() {
    let url = tokio::task::spawn_blocking(|| testkit::Postgres::shared().database());
    let store = Store::open(&url.await.unwrap(), migrations::schema())
        .await
        .unwrap();
    fill(&store, "generate_series(1, 40000) AS numbers (n)")
        .await
        .unwrap();
    store
        .transact(async |tx: &mut Tx<'_>| {
            tx.execute("ANALYZE ca_certificate", vec![]).await?;
            tx.execute("ANALYZE ca_revocation", vec![]).await
        })
        .await
        .unwrap();
    for search in searches() {
        let planned = page(&search.filter, search.lead, None, None, 101);
        let plan = explain(&store, "EXPLAIN", "QUERY PLAN", planned).await;
        let context = format!("{:?} {plan:#?}", search.filter);
        let uses = |index: &str| plan.iter().any(|line| line.contains(index));
        // With a second filter, its statistics may suggest another index.
        let alone = !search.filter.has_several();
        assert!(uses(search.index) || !alone, "{}: {context}", search.index);
        let scans = "Seq Scan on ca_certificate";
        assert!(!plan.iter().any(|line| line.contains(scans)), "{context}");
    }
}

/// Whichever filter leads, the rows are the same, on both databases.
#[tokio::test]
async fn every_lead_finds_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("leads.db").display());
    let sqlite = Store::open(&url, migrations::schema()).await.unwrap();
    fill(&sqlite, SQLITE_NUMBERS).await.unwrap();
    let url = tokio::task::spawn_blocking(|| testkit::Postgres::shared().database());
    let postgres = Store::open(&url.await.unwrap(), migrations::schema())
        .await
        .unwrap();
    fill(&postgres, "generate_series(1, 2000) AS numbers (n)")
        .await
        .unwrap();
    for search in searches() {
        let mut found: Vec<Vec<Vec<u8>>> = Vec::new();
        for store in [&sqlite, &postgres] {
            for lead in [Lead::Order, Lead::Authority, Lead::Profile, search.lead] {
                let (sql, params) = page(&search.filter, lead, None, None, 101);
                let rows = store.fetch_all(sql, params).await.unwrap();
                let serials = rows.iter().map(|row| row.get("serial").unwrap());
                found.push(serials.collect());
            }
        }
        assert!(
            found.windows(2).all(|pair| pair[0] == pair[1]),
            "{:?} {:?}",
            search.filter,
            found.iter().map(Vec::len).collect::<Vec<_>>()
        );
    }
}

/// A new filter of REST needs an index, and a search above.
#[test]
fn every_filter_of_rest_is_among_the_searches() {
    let description = crate::Service::openapi();
    let list = description.paths.paths["/api/v1/certificates"].get.as_ref();
    let parameters = list.unwrap().parameters.as_ref().unwrap();
    let mut names: Vec<_> = parameters.iter().map(|one| one.name.as_str()).collect();
    names.sort_unstable();
    // `after` and `cursor` are positions, which every search has.
    assert_eq!(
        names,
        [
            "after",
            "ca",
            "cursor",
            "expires_after",
            "expires_before",
            "issued_before",
            "limit",
            "profile",
            "status",
            "subject"
        ]
    );
}
