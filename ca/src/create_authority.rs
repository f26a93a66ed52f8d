//! Creating an authority: a root, or one below another.

use std::sync::Arc;

use hsm_adapters::Key;
use pki::{Issuer, Name, PublicKey};
use platform_access::{Caller, Resource, UnitId};
use platform_log::{AuditSink as _, Entry, Subject as LogSubject};

use crate::{
    Authority, Error, Service,
    actions::CREATE_AUTHORITY,
    issuance::{Plan, PlannedIssuer, issue_certificate},
    model::{AuthorityRecord, CertificateNames, IssuerTemplate},
    store,
};

/// The profile of roots.
const ROOT: &str = "root";
/// The profile of authorities below another.
const ISSUING: &str = "issuing";

/// An authority that is to be created.
#[derive(Clone, Debug)]
pub struct NewAuthority {
    /// Its name in addresses.
    pub name: String,
    /// Its subject.
    pub subject: Name,
    /// The authority that issues its certificate; none for a root.
    pub issuer: Option<String>,
    /// Its key.
    pub key: Arc<dyn Key>,
}

/// Creates an authority. Its rows, its certificate and the audit entries are one transaction.
///
/// # Errors
/// [`Error::Access`], [`Error::AuthorityExists`], and those of keys and the database.
pub async fn create_authority(
    ca: &Service,
    caller: &Caller,
    new: NewAuthority,
) -> Result<Authority, Error> {
    ca.enforce(caller, CREATE_AUTHORITY, &resource(ca, &new))
        .await?;
    let record = AuthorityRecord {
        id: crypto::random::id(),
        unit: UnitId::ROOT,
        name: new.name.clone(),
    };
    let about = LogSubject::thing(format!("ca:{}", new.name));
    let now = ca.clock().now();
    let plan = async || resolve(ca, &new, &record).await;
    issue_certificate(
        ca,
        caller,
        about.clone(),
        plan,
        |plan, certificate, batch| {
            let key_uri = new.key.uri();
            store::append_authority(batch, &record, key_uri, now);
            let issuer_id = &plan.issuer.id;
            store::append_authority_certificate(batch, &record.id, issuer_id, key_uri, certificate);
            batch.audit(
                Entry::new(CREATE_AUTHORITY, caller, about, now)
                    .with("authority", record.id.as_str())
                    .with("issuer", plan.issuer.name.as_str())
                    .with("key", key_uri)
                    .with("sha256", hex::encode(certificate.fingerprint())),
            );
        },
    )
    .await?;
    ca.reload_authorities().await?;
    ca.authority(&new.name)
}

async fn resolve(
    ca: &Service,
    new: &NewAuthority,
    record: &AuthorityRecord,
) -> Result<Plan, Error> {
    if ca.authority(&new.name).is_ok() {
        return Err(Error::AuthorityExists(new.name.clone()));
    }
    let public_key: PublicKey = new.key.public_key().clone();
    let (profile, issuer) = match &new.issuer {
        None => {
            let profile = ca.profiles().get(ROOT)?;
            let issuer = Issuer::root(new.subject.clone(), public_key.clone());
            let template =
                IssuerTemplate::new(&issuer, &record.name, new.key.as_ref(), &profile, ca.urls())?;
            let issuer = PlannedIssuer {
                id: record.id.clone(),
                name: record.name.clone(),
                key: Arc::clone(&new.key),
                template,
                validity: None,
            };
            (profile, issuer)
        }
        Some(above) => {
            let profile = ca.profiles().get(ISSUING)?;
            let above = ca.authority(above)?;
            ca.check_not_revoked(&above).await?;
            let issuer = PlannedIssuer::from_authority(&above, &profile)?;
            (profile, issuer)
        }
    };
    Ok(Plan {
        issuer,
        profile,
        names: CertificateNames {
            subject: new.subject.clone(),
            alternative_names: Vec::new(),
        },
        public_key,
        unit: record.unit.clone(),
        service: None,
        lifetime: None,
        overridden: None,
    })
}

fn resource(ca: &Service, new: &NewAuthority) -> Resource {
    let above = new
        .issuer
        .as_deref()
        .and_then(|name| ca.authority(name).ok());
    let unit = above.map_or_else(|| UnitId::ROOT, |above| above.unit().clone());
    Resource::new("ca", new.name.as_str()).in_unit(unit)
}
