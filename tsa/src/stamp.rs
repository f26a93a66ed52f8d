//! Giving one time-stamp.

use std::sync::atomic::Ordering;

use aws_lc_rs::rand::SystemRandom;
use jiff::Timestamp;
use pki::{
    SerialNumber,
    tsp::{Accuracy, FailureInfo, Rejection, Stamp, TimeStampReq},
};
use platform::audit::{AuditSink as _, RecordEntry as _};
use platform::{
    Caller,
    audit::{Entry, Party},
    store::Appended,
};

use crate::{Error, Service, model::Unit, store};

/// genTime has milliseconds: finer than the accuracy stated, so that tokens can be told apart.
const FRACTION_DIGITS: u8 = 3;
const ACTION: &str = "tsa.stamp";

/// Stamps the hash in `request` and gives the DER TimeStampResp.
///
/// # Errors
/// [`Error::Rejected`] where policy or time forbid it; others where the key or
/// the database does not serve, and then no token was given.
pub(crate) async fn stamp(
    service: &Service,
    caller: &Caller,
    unit: &Unit,
    request: &TimeStampReq,
) -> Result<Vec<u8>, Error> {
    let config = service.config();
    if request.policy().is_some_and(|policy| policy != unit.policy) {
        return Err(rejected(
            FailureInfo::UnacceptedPolicy,
            format!("this unit stamps under {} only", unit.policy),
        ));
    }
    let gen_time = gen_time(service, unit)?;
    let serial = SerialNumber::new(gen_time, &SystemRandom::new())?;
    let stamp = Stamp {
        policy: unit.policy,
        serial: serial.clone(),
        gen_time,
        fraction_digits: FRACTION_DIGITS,
        accuracy: Some(config.accuracy),
        // RFC 3161 §2.4.2: several nodes stamp, so order is by genTime and accuracy.
        ordering: false,
    };
    let response = unit
        .stamper
        .token(request, &stamp)?
        .sign(unit.key.as_ref())
        .await?;
    let mut rows = Appended::default();
    store::token(&mut rows, unit, request, &serial, gen_time);
    rows.audit(
        Entry::new(
            ACTION,
            caller,
            Party::thing(format!("token:{serial}")),
            gen_time,
        )
        .with("unit", unit.name.as_str())
        .with("policy", unit.policy_text.as_str())
        .with("digest", store::digest_name(request))
        .with("imprint", hex::encode(request.hashed_message())),
    );
    service.store().append(rows).await?;
    metrics::counter!("xinshu_tsa_tokens_total").increment(1);
    Ok(response)
}

/// The time now, unless the clock is known to be wrong.
fn gen_time(service: &Service, unit: &Unit) -> Result<Timestamp, Error> {
    let now = service.clock().now();
    if !unit.certificate.validity().contains(now) {
        return Err(rejected(
            FailureInfo::TimeNotAvailable,
            "the unit's certificate is not valid at this time".to_owned(),
        ));
    }
    if unit.revoked.load(Ordering::Relaxed) {
        return Err(rejected(
            FailureInfo::TimeNotAvailable,
            "the unit's certificate is revoked".to_owned(),
        ));
    }
    let Accuracy {
        seconds, millis, ..
    } = service.config().accuracy;
    let tolerance =
        jiff::SignedDuration::from_millis(i64::from(seconds) * 1000 + i64::from(millis));
    let mut latest = unit.latest.lock();
    if now + tolerance < *latest {
        return Err(rejected(
            FailureInfo::TimeNotAvailable,
            "the clock stepped back by more than the accuracy stated".to_owned(),
        ));
    }
    *latest = now.max(*latest);
    Ok(now)
}

fn rejected(failure: FailureInfo, text: String) -> Error {
    Error::Rejected(Rejection { failure, text })
}

/// Records a rejection. Malformed bytes are counted, not logged: they are no act.
pub(crate) async fn refuse(
    service: &Service,
    caller: &Caller,
    unit: &Unit,
    rejection: &Rejection,
) -> Result<(), Error> {
    metrics::counter!("xinshu_tsa_rejections_total", "failure" => format!("{:?}", rejection.failure)).increment(1);
    if rejection.failure == FailureInfo::BadDataFormat {
        return Ok(());
    }
    let entry = Entry::new(
        ACTION,
        caller,
        Party::thing(format!("unit:{}", unit.name)),
        service.clock().now(),
    )
    .refused(rejection.to_string());
    service.store().record(entry).await.map_err(Error::Store)
}
