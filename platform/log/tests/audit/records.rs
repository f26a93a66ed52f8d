//! `audit verify` compares what the tables say with what the entries say.

use platform_log::{
    Comparison, Fact, FactSink, Progress, RecordCheck, RecordEntry as _, RecordedEntry, Subject,
};
use platform_store::{Snapshot, StoreError};

use crate::log::on_both;

/// Rows of `job` that entries about `job:NAME` account for.
struct JobCheck;

#[async_trait::async_trait]
impl RecordCheck for JobCheck {
    fn facts_of(&self, entry: &RecordedEntry) -> Vec<Fact> {
        let name = entry.subject.strip_prefix("job:");
        name.map(|name| match entry.text("holder") {
            Some(holder) => Fact::new("job", name, holder),
            None => Fact::removed("job", name),
        })
        .into_iter()
        .collect()
    }

    async fn read_rows(
        &self,
        snapshot: &mut Snapshot,
        facts: &mut FactSink<'_>,
    ) -> Result<(), StoreError> {
        let mut rows = snapshot
            .stream("SELECT name, holder FROM job", vec![])
            .await?;
        while let Some(row) = rows.next().await? {
            let name: String = row.get("name")?;
            facts.add(Fact::new("job", name, row.get::<String>("holder")?))?;
        }
        Ok(())
    }

    fn compare(&self, record: &Comparison<'_>) -> Option<String> {
        let Comparison {
            key,
            logged,
            stored,
            ..
        } = record;
        (logged != stored).then(|| format!("{key}: {logged:?} {stored:?}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_the_log_does_not_account_for_are_found() {
    on_both(async |log| {
        for (name, holder) in [
            ("kept", Some("h")),
            ("altered", Some("h")),
            ("deleted", Some("h")),
            ("missing", Some("h")),
            ("deleted", None),
        ] {
            let entry = log.entry(Subject::thing(format!("job:{name}")));
            let entry = match holder {
                Some(holder) => entry.with("holder", holder),
                None => entry,
            };
            log.store.record(entry).await.unwrap();
        }
        log.edit(
            "INSERT INTO job (name, holder, lease_until, last_run)
             VALUES ('kept', 'h', 0, 0), ('altered', 'x', 0, 0), ('slipped in', 'h', 0, 0)",
        )
        .await;
        log.sequencer.catch_up().await.unwrap();
        let checks: Vec<Box<dyn RecordCheck>> = vec![Box::new(JobCheck)];
        let mut rows = 0;
        let mut progress = |step| rows += u32::from(matches!(step, Progress::Comparing));
        let report =
            platform_log::verify(&log.store, &log.verifier, None, &checks, &mut progress).await;
        let report = report.unwrap();
        assert!(report.findings.is_empty() && !report.holds(), "{report:?}");
        assert_eq!(
            report.records,
            [
                "altered: Some(\"h\") Some(\"x\")",
                "missing: Some(\"h\") None",
                "slipped in: None Some(\"h\")",
            ]
        );
        assert_eq!(rows, 1);
    })
    .await;
}
