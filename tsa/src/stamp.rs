//! Giving one time-stamp.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use jiff::Timestamp;
use pki::{
    SerialNumber,
    tsp::{FailureInfo, Rejection, Stamp, TimeStampReq},
};
use platform_access::{AccessError, Caller, Resource};
use platform_log::{AuditSink as _, Entry, RecordEntry as _, Subject};
use platform_store::AppendBatch;

use crate::{
    Error, Service,
    actions::STAMP,
    model::{ReadySigner, Unit, UnitSigner},
    store,
};

/// genTime has milliseconds: finer than the accuracy stated, so that tokens can be told apart.
const FRACTION_DIGITS: u8 = 3;

/// Stamps the hash in `request` with the unit `name` and returns the DER TimeStampResp.
///
/// # Errors
/// [`Error::NoSuchUnit`], also if the caller may not use it; [`Error::Rejected`] if policy or
/// time forbid it; others if the key or the database is unavailable. No token was given then.
pub async fn stamp(
    tsa: &Service,
    caller: &Caller,
    name: &str,
    request: &TimeStampReq,
) -> Result<Vec<u8>, Error> {
    let unit = permitted_unit(tsa, caller, name).await?;
    if request.policy().is_some_and(|policy| policy != unit.policy) {
        let text = format!("this unit stamps under {} only", unit.policy);
        return Err(rejected(FailureInfo::UnacceptedPolicy, text));
    }
    let (gen_time, signer) = gen_time(tsa.clock().now(), &unit)?;
    let serial = SerialNumber::new(gen_time, &SystemRandom::new())?;
    let stamp = Stamp {
        policy: unit.policy,
        serial: serial.clone(),
        gen_time,
        fraction_digits: FRACTION_DIGITS,
        accuracy: Some(unit.accuracy()),
        // RFC 3161 §2.4.2: several nodes stamp, so order is by genTime and accuracy.
        ordering: false,
    };
    let response = signer
        .stamper
        .token(request, &stamp)?
        .sign(signer.key.as_ref())
        .await?;
    let mut batch = AppendBatch::default();
    store::append_token(&mut batch, &unit, request, &serial, gen_time);
    let subject = Subject::thing(format!("token:{serial}"));
    batch.audit(
        Entry::new(STAMP, caller, subject, gen_time)
            .in_unit(unit.row.owner.as_str())
            .with("unit", unit.name())
            .with("policy", unit.row.policy.as_str())
            .with("digest", store::digest_name(request))
            .with("imprint", hex::encode(request.hashed_message())),
    );
    tsa.store().append(batch).await?;
    metrics::counter!("xinshu_tsa_tokens_total").increment(1);
    Ok(response)
}

/// The unit `name`, if it is public or the caller has the permission. To anyone else a private
/// unit does not exist: otherwise the answers would tell strangers which there are.
pub(crate) async fn permitted_unit(
    tsa: &Service,
    caller: &Caller,
    name: &str,
) -> Result<Arc<Unit>, Error> {
    let unit = tsa.unit(name)?;
    if unit.row.is_public {
        return Ok(unit);
    }
    let resource = Resource::new("unit", name).in_unit(unit.owner());
    match tsa.enforce(caller, STAMP, &resource).await {
        Ok(()) => Ok(unit),
        Err(AccessError::Denied(_)) => Err(Error::NoSuchUnit(name.to_owned())),
        Err(error) => Err(error.into()),
    }
}

/// The time now, unless the clock is known to be wrong, and what signs at that time.
fn gen_time(now: Timestamp, unit: &Unit) -> Result<(Timestamp, &ReadySigner), Error> {
    let unavailable = |text: &str| Err(rejected(FailureInfo::TimeNotAvailable, text.to_owned()));
    let signer = match &unit.signer {
        UnitSigner::Ready(signer) => signer,
        UnitSigner::Revoked => return unavailable("the unit's certificate is revoked"),
        UnitSigner::NoCertificate => return unavailable("the unit has no certificate"),
    };
    if !signer.certificate.validity().contains(now) {
        return unavailable("the unit's certificate is not valid at this time");
    }
    let mut latest = unit.latest.lock();
    if now + unit.tolerance() < *latest {
        return unavailable("the clock stepped back by more than the accuracy stated");
    }
    *latest = now.max(*latest);
    Ok((now, signer))
}

fn rejected(failure: FailureInfo, text: String) -> Error {
    Error::Rejected(Rejection { failure, text })
}

/// Records a rejection. Malformed bytes are counted, not logged: nothing was asked for.
///
/// # Errors
/// [`Error::Store`].
pub async fn record_rejection(
    tsa: &Service,
    caller: &Caller,
    unit: &str,
    rejection: &Rejection,
) -> Result<(), Error> {
    metrics::counter!("xinshu_tsa_rejections_total", "failure" => format!("{:?}", rejection.failure)).increment(1);
    if rejection.failure == FailureInfo::BadDataFormat {
        return Ok(());
    }
    let subject = Subject::thing(format!("unit:{unit}"));
    let entry = Entry::new(STAMP, caller, subject, tsa.clock().now());
    let entry = entry.refused(rejection.to_string());
    Ok(tsa.store().record(entry).await?)
}
