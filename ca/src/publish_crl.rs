//! Publishing a certificate revocation list.

use jiff::SignedDuration;
use pki::CrlTemplate;
use platform::audit::AuditSink as _;
use platform::{
    Caller,
    audit::{Entry, Party},
};

use crate::{Error, Service, store};

/// Builds, signs and stores the next CRL of the authority named `ca`.
///
/// Its number is taken before it is built and never given again, so numbers rise
/// strictly whatever fails. A revocation that is committed while this one is
/// built comes with the next.
///
/// # Errors
/// Where the key or the database does not serve.
pub(crate) async fn publish(service: &Service, caller: &Caller, ca: &str) -> Result<i64, Error> {
    let authority = service.authority(ca)?;
    let name = ca.to_owned();
    let crl_number = service
        .store()
        .transact_boxed(move |tx| {
            let name = name.clone();
            Box::pin(async move { store::next_crl_number(tx, &name).await })
        })
        .await?;
    // Read after the number was taken: a higher number never says less.
    let now = service.clock().now();
    let next_update = now + service.config().crl_lifetime;
    // RFC 5280 §3.3: an entry stays until it was on a CRL after its certificate's end,
    // however long nobody published one.
    let latest = store::latest_crl(service.store(), ca).await?;
    let recent = now - service.config().crl_lifetime;
    let since = latest.map_or(recent, |latest| latest.min(recent));
    let revocations = store::revocations(service.store(), ca, since).await?;
    let entries = revocations.len();
    let template = CrlTemplate {
        crl_number: crl_number.unsigned_abs(),
        this_update: now - SignedDuration::from_secs(1),
        next_update,
        distribution_point: None,
    };
    let signature = authority.key().algorithm().default_signature();
    let issuer = authority.issuer().clone();
    // Large lists take a while to encode: not on the threads that serve.
    let unsigned =
        tokio::task::spawn_blocking(move || issuer.crl(&template, signature, revocations))
            .await
            .map_err(|error| Error::Refused(error.to_string()))??;
    let der = unsigned.sign(authority.key().as_ref()).await?;
    let entry = Entry::new(
        "ca.crl.publish",
        caller,
        Party::thing(format!("ca:{ca}")),
        now,
    )
    .with("crl_number", crl_number)
    .with("entries", entries)
    .with("next_update", next_update.to_string());
    let name = ca.to_owned();
    service
        .store()
        .transact_boxed(move |tx| {
            let (name, der, entry) = (name.clone(), der.clone(), entry.clone());
            Box::pin(async move {
                store::insert_crl(tx, &name, crl_number, now, next_update, &der).await?;
                tx.audit(entry);
                Ok::<_, platform::StoreError>(())
            })
        })
        .await?;
    metrics::counter!("xinshu_ca_crls_published_total").increment(1);
    tracing::info!(ca, crl_number, entries, "a CRL was published");
    Ok(crl_number)
}

/// Publishes a CRL of every authority.
///
/// # Errors
/// As [`publish`]; the last failure is told, after all were tried.
pub(crate) async fn publish_all(service: &Service) -> Result<(), Error> {
    let caller = Caller::system("crl");
    let mut outcome = Ok(());
    // One authority's device that is away keeps no other's CRL back.
    for authority in service.authorities() {
        if let Err(error) = publish(service, &caller, authority.name()).await {
            tracing::error!(%error, ca = authority.name(), "a CRL was not published");
            outcome = Err(error);
        }
    }
    outcome
}
