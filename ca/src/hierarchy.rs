//! Making authorities.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use hsm_adapters::Key;
use jiff::{SignedDuration, Timestamp};
use pki::{Authority as Ability, Issuer, KeyUsage, Name, SerialNumber, Shape, Subject, Validity};
use platform::audit::AuditSink as _;
use platform::{
    Caller,
    audit::{Entry, Party},
};

use crate::{
    Error, Service,
    authorize::authorize,
    issue::BACKDATE_SECONDS,
    model::{Authority, Purpose},
    store::{self, CaRow},
};

const YEAR: i64 = 365 * 24 * 3600;
/// A root outlives two generations of issuing authorities.
const ROOT_YEARS: i64 = 20;
const ISSUING_YEARS: i64 = 10;

/// An authority that is to be made.
#[derive(Clone, Debug)]
pub struct NewAuthority {
    /// Its name in addresses.
    pub name: String,
    /// Its subject.
    pub subject: Name,
    /// The authority that issues it; none for a root.
    pub issuer: Option<String>,
    /// Its key.
    pub key: Arc<dyn Key>,
}

/// Makes an authority: a root, or one below another.
pub(crate) async fn create(
    service: &Service,
    caller: &Caller,
    new: NewAuthority,
) -> Result<Authority, Error> {
    let subject = Party::thing(format!("ca:{}", new.name));
    authorize(service, caller, "ca.authority.create", subject.clone()).await?;
    let now = service.clock().now();
    let public_key = new.key.public_key().clone();
    let serial = SerialNumber::new(now, &SystemRandom::new())?;
    let above = new
        .issuer
        .as_deref()
        .map(|name| service.authority(name))
        .transpose()?;
    let (profile, signer, years, end) = match &above {
        None => {
            let shape = Shape {
                authority: Ability::Ca { path_len: None },
                key_usage: KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN,
                ..Shape::default()
            };
            let issuer = Issuer::root(new.subject.clone(), public_key.clone());
            let profile = issuer.profile(&shape, new.key.algorithm().default_signature())?;
            (profile, Arc::clone(&new.key), ROOT_YEARS, Timestamp::MAX)
        }
        Some(above) => (
            above.profile(Purpose::Ca)?.clone(),
            Arc::clone(above.key()),
            ISSUING_YEARS,
            above.certificate().validity().not_after,
        ),
    };
    let end = (now + SignedDuration::from_secs(years * YEAR)).min(end);
    let linted = profile
        .certificate(&Subject {
            serial: serial.clone(),
            name: &new.subject,
            public_key: &public_key,
            validity: Validity::new(begin(now, above.as_ref()), end)?,
            alt_names: &[],
        })?
        .lint()?;
    let issuer = new.issuer.clone().unwrap_or_else(|| new.name.clone());
    let intent = store::intent(&serial, &issuer, linted.digest(), now);
    service.store().append(intent).await?;
    let certificate = linted.sign(signer.as_ref()).await?;
    let entry = Entry::new("ca.authority.create", caller, subject, now)
        .with("issuer", issuer.clone())
        .with("key", new.key.uri())
        .with("sha256", hex::encode(certificate.fingerprint()));
    let row = Arc::new(CaRow {
        name: new.name.clone(),
        issuer,
        key_uri: new.key.uri().to_owned(),
        certificate: certificate.der().to_vec(),
    });
    service
        .store()
        .transact_boxed(move |tx| {
            let (row, entry) = (Arc::clone(&row), entry.clone());
            Box::pin(async move {
                store::insert_authority(tx, &row, now).await?;
                tx.audit(entry);
                Ok::<_, platform::StoreError>(())
            })
        })
        .await?;
    service.adopt(&new, certificate)
}

/// The beginning of a certificate: a little in the past, never before its issuer's.
pub(crate) fn begin(now: Timestamp, above: Option<&Authority>) -> Timestamp {
    let begin = now - SignedDuration::from_secs(BACKDATE_SECONDS);
    above.map_or(begin, |above| {
        begin.max(above.certificate().validity().not_before)
    })
}
