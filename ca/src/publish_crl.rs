//! Publishing a certificate revocation list.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use pki::{CrlTemplate, Revocation};
use platform_access::{Caller, Resource};
use platform_log::{AuditSink as _, Entry, Subject as LogSubject};
use platform_store::{StoreError, Tx};

use crate::{
    Authority, Error, Service,
    actions::PUBLISH_CRL,
    store::{self, NewCrl},
};

/// An authority whose newest CRL is younger needs no other one, unless something is revoked.
const RECENT: SignedDuration = SignedDuration::from_mins(5);

/// Publishes the next CRL of the authority named `name` now and returns its number.
///
/// # Errors
/// [`Error::Access`], [`Error::NoSuchAuthority`], and those of keys and the database.
pub async fn publish_crl(ca: &Service, caller: &Caller, name: &str) -> Result<i64, Error> {
    let authority = ca.authority(name);
    let resource = Resource::new("ca", name);
    let resource = match &authority {
        Ok(authority) => resource.in_unit(authority.unit().clone()),
        Err(_) => resource,
    };
    ca.enforce(caller, PUBLISH_CRL, &resource).await?;
    let authority = authority?;
    let turn = ca.publication_turn(authority.id());
    let _turn = turn.lock().await;
    publish(ca, caller, &authority).await
}

/// Publishes a CRL of every authority: at each start, since relying parties must find a current
/// one from the first moment on (RFC 5280 §5).
///
/// # Errors
/// The last error, after all were tried: one authority's device that is away does not hold up
/// the CRLs of the others.
pub async fn publish_all(ca: &Service) -> Result<(), Error> {
    publish_each(ca, ca.authorities()).await
}

/// Publishes the CRL of a period for every authority, except those whose newest is minutes old:
/// at the first start the period's job is due at once.
pub(crate) async fn publish_of_period(ca: &Service) -> Result<(), Error> {
    let now = ca.clock().now();
    let mut authorities = Vec::new();
    for authority in ca.authorities() {
        let latest = store::latest_this_update(ca.store(), authority.id()).await?;
        // Published at most so much later; one of the future was published by a clock that was
        // ahead.
        let backdate = ca.config().backdate;
        let is_recent =
            |this_update: Timestamp| this_update <= now && now < this_update + backdate + RECENT;
        if !latest.is_some_and(is_recent) {
            authorities.push(authority);
        }
    }
    publish_each(ca, authorities).await
}

/// Publishes the CRLs of authorities with a revocation that no CRL lists yet.
pub(crate) async fn publish_due(ca: &Service) -> Result<(), Error> {
    let epochs = store::epochs(ca.store()).await?;
    let is_due = |authority: &Authority| {
        epochs
            .iter()
            .any(|epoch| epoch.authority_id == authority.id() && epoch.published < epoch.current)
    };
    let mut due = ca.authorities();
    due.retain(is_due);
    publish_each(ca, due).await
}

async fn publish_each(ca: &Service, authorities: Vec<Authority>) -> Result<(), Error> {
    let caller = Caller::system("crl");
    let mut outcome = Ok(());
    for authority in authorities {
        let turn = ca.publication_turn(authority.id());
        let _turn = turn.lock().await;
        if let Err(error) = publish(ca, &caller, &authority).await {
            tracing::error!(%error, ca = authority.name(), "a CRL was not published");
            outcome = Err(error);
        }
    }
    outcome
}

/// Returns once a CRL lists every revocation up to `epoch`, publishing one if there is none yet.
/// Callers of one node take turns, so those that waited find theirs listed already.
pub(crate) async fn publish_until(
    ca: &Service,
    caller: &Caller,
    authority_id: &str,
    epoch: i64,
) -> Result<(), Error> {
    let authority = ca.authority_by_id(authority_id)?;
    let turn = ca.publication_turn(authority_id);
    let _turn = turn.lock().await;
    if store::published_epoch(ca.store(), authority_id).await? >= epoch {
        return Ok(());
    }
    publish(ca, caller, &authority).await.map(|_| ())
}

/// Builds, signs and stores the next CRL.
///
/// Its number is taken before it is built and never given again, so numbers rise strictly
/// whatever fails. A revocation that is committed while this one is built comes with the next.
async fn publish(ca: &Service, caller: &Caller, authority: &Authority) -> Result<i64, Error> {
    let id: Arc<str> = authority.id().into();
    let taken = Arc::clone(&id);
    let (crl_number, epoch) = ca
        .store()
        .transact(async move |tx: &mut Tx<'_>| {
            // The epoch is read before the revocations are: the CRL may list more, never less.
            let number = store::next_crl_number(tx, &taken).await?;
            Ok::<_, StoreError>((number, store::current_epoch(tx, &taken).await?))
        })
        .await?;
    let now = ca.clock().now();
    let lifetime = ca.config().crl_lifetime;
    let next_update = now + lifetime;
    let latest = store::latest_this_update(ca.store(), &id).await?;
    let this_update = this_update(now, ca.config().backdate, latest);
    // RFC 5280 §3.3: an entry stays until it was on a CRL after its certificate's end, however
    // long nobody published one.
    let recent = now - lifetime;
    let since = latest.map_or(recent, |latest| latest.min(recent));
    let revocations = store::revocations(ca.store(), &id, since).await?;
    let entries = revocations.len();
    let template = CrlTemplate {
        crl_number: crl_number.unsigned_abs(),
        this_update,
        next_update,
        distribution_point: None,
    };
    let der = sign(authority, template, revocations).await?;
    let name = authority.name();
    let subject = LogSubject::thing(format!("ca:{name}"));
    let entry = Entry::new(PUBLISH_CRL, caller, subject, now)
        .with("crl_number", crl_number)
        .with("entries", entries)
        .with("next_update", next_update.to_string());
    let crl = NewCrl {
        authority_id: id,
        crl_number,
        this_update,
        next_update,
        epoch,
        der,
    };
    ca.store()
        .transact(async move |tx: &mut Tx<'_>| {
            store::insert_crl(tx, &crl).await?;
            tx.audit(entry.clone());
            Ok::<_, StoreError>(())
        })
        .await?;
    metrics::counter!("xinshu_ca_crls_published_total").increment(1);
    tracing::info!(ca = name, crl_number, entries, "a CRL was published");
    Ok(crl_number)
}

/// Encodes and signs a CRL. Large lists take a while to encode: not on the threads that serve
/// requests.
async fn sign(
    authority: &Authority,
    template: CrlTemplate,
    revocations: Vec<Revocation>,
) -> Result<Vec<u8>, Error> {
    let signature = authority.key().algorithm().default_signature();
    let issuer = authority.issuer().clone();
    let build = move || template.build(&issuer, signature, revocations);
    let unsigned = tokio::task::spawn_blocking(build)
        .await
        .map_err(|error| Error::Internal(error.to_string()))??;
    Ok(unsigned.sign(authority.key().as_ref()).await?)
}

/// Backdated, since clocks differ, and at least one second after the `latest` CRL's: that is the
/// resolution by which relying parties and HTTP caches distinguish versions.
fn this_update(now: Timestamp, backdate: SignedDuration, latest: Option<Timestamp>) -> Timestamp {
    let backdated = now - backdate;
    match latest {
        // Otherwise the clock was ahead when it was published.
        Some(latest) if latest <= now => {
            backdated.max((latest + SignedDuration::from_secs(1)).min(now))
        }
        _ => backdated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_crl_is_later_than_the_one_before_and_none_is_in_the_future() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let now = at("2026-03-01T08:00:00Z");
        let backdate = SignedDuration::from_mins(5);
        for (latest, expected) in [
            (None, "2026-03-01T07:55:00Z"),
            (Some("2026-03-01T06:00:00Z"), "2026-03-01T07:55:00Z"),
            (Some("2026-03-01T07:55:00Z"), "2026-03-01T07:55:01Z"),
            (Some("2026-03-01T07:59:59.5Z"), "2026-03-01T08:00:00Z"),
            // The clock was ahead.
            (Some("2026-03-01T09:00:00Z"), "2026-03-01T07:55:00Z"),
        ] {
            let this_update = this_update(now, backdate, latest.map(at));
            assert_eq!(this_update, at(expected), "{latest:?}");
        }
    }
}
