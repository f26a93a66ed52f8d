//! Looking up authorities, certificates and profiles.

use jiff::Timestamp;
use pki::SerialNumber;
use platform_access::{Caller, Resource};

use crate::{
    CaInfo, CertificateInfo, Error, Service,
    actions::{READ_AUTHORITY, READ_CERTIFICATE, READ_PROFILE},
    model::{CertificateProfile, StatusFilter},
    store::{self, CertificateFilter, ListPosition},
};

/// The filters of a list of certificates; a certificate must match all that are given.
#[derive(Clone, Debug, Default)]
pub struct CertificateQuery {
    /// Only those with this very subject, as RFC 4514 text.
    pub subject: Option<String>,
    /// Only those of the authority of this name.
    pub authority: Option<String>,
    /// Only those of this profile.
    pub profile: Option<String>,
    /// Only those with this status.
    pub status: Option<StatusFilter>,
    /// Only those issued before this moment.
    pub issued_before: Option<Timestamp>,
    /// Only those whose validity ends at this moment or later.
    pub expires_after: Option<Timestamp>,
    /// Only those whose validity ends before this moment.
    pub expires_before: Option<Timestamp>,
    /// Only those that follow the certificate with this serial number.
    pub after_serial: Option<SerialNumber>,
    /// Only those after this one in the list: what came with it; empty for the start.
    pub after: String,
    /// How many at most.
    pub limit: i64,
}

/// A certificate in a list, and its position for [`CertificateQuery::after`].
#[derive(Clone, Debug)]
pub struct ListedCertificate {
    /// The certificate.
    pub info: CertificateInfo,
    /// Its position.
    pub position: String,
}

/// A part of the list of certificates.
#[derive(Clone, Debug)]
pub struct CertificateList {
    /// The certificates, at most as many as were asked for.
    pub certificates: Vec<ListedCertificate>,
    /// Where the search stopped, if it did so before it found as many as were asked for and before
    /// the end of the list: the next page begins after this position.
    pub visited_to: Option<String>,
}

/// Certificates, the newest first; if they are narrowed by the end of their validity, those that
/// end first. A call visits a limited number of rows, so that filters that leave little of many
/// certificates do not take long: it may find fewer than `limit`, even none, before the end.
///
/// # Errors
/// [`Error::Access`], [`Error::NoSuchAuthority`], [`Error::BadCursor`], and the database's.
pub async fn certificates(
    ca: &Service,
    caller: &Caller,
    query: CertificateQuery,
) -> Result<CertificateList, Error> {
    ca.enforce(caller, READ_CERTIFICATE, &Resource::all("certificate"))
        .await?;
    let authority_id = match &query.authority {
        Some(name) => Some(ca.authority(name)?.id().to_owned()),
        None => None,
    };
    let filter = CertificateFilter {
        subject: query.subject,
        authority_id,
        profile: query.profile,
        status: query.status,
        issued_before: query.issued_before,
        expires_after: query.expires_after,
        expires_before: query.expires_before,
    };
    let order = filter.order();
    let after = match (query.after.as_str(), &query.after_serial) {
        ("", None) => None,
        ("", Some(serial)) => {
            let position = store::list_position(ca.store(), serial, order).await?;
            Some(position.ok_or_else(|| Error::NoSuchPosition(serial.to_string()))?)
        }
        (cursor, _) => {
            let position = ListPosition::parse(cursor).filter(|at| at.order == order);
            Some(position.ok_or(Error::BadCursor)?)
        }
    };
    let limit = query.limit;
    let found = store::certificates(ca.store(), &filter, after, limit, store::MOST_VISITED).await?;
    let certificates = found.certificates.into_iter();
    Ok(CertificateList {
        certificates: certificates
            .map(|(position, info)| ListedCertificate {
                info,
                position: position.to_string(),
            })
            .collect(),
        visited_to: found.visited_to.map(|position| position.to_string()),
    })
}

/// One certificate with its chain.
///
/// # Errors
/// [`Error::Access`], [`Error::NoSuchCertificate`], [`Error::AmbiguousSerial`], and the
/// database's.
pub async fn certificate(
    ca: &Service,
    caller: &Caller,
    serial: &SerialNumber,
    authority: Option<&str>,
) -> Result<CertificateInfo, Error> {
    let mut found = store::find_certificates(ca.store(), serial).await?;
    if let Some(name) = authority {
        found.retain(|one| one.info.issuer == name);
    }
    let resource = Resource::new("certificate", serial.to_string());
    let resource = match found.first() {
        Some(one) => resource.in_unit(one.unit.clone()),
        None => resource,
    };
    ca.enforce(caller, READ_CERTIFICATE, &resource).await?;
    let one = match found.len() {
        0 => return Err(Error::NoSuchCertificate(serial.to_string())),
        1 => found.swap_remove(0),
        _ => return Err(Error::AmbiguousSerial(serial.to_string())),
    };
    let issuer = ca.authority_by_id(&one.authority_id).ok();
    let chain = issuer.map_or_else(String::new, |issuer| issuer.chain_pem().to_owned());
    let mut info = one.info;
    info.certificate = Some(pki::pem::encode("CERTIFICATE", &one.der) + &chain);
    Ok(info)
}

/// Every authority, by name.
///
/// # Errors
/// [`Error::Access`].
pub async fn authorities(ca: &Service, caller: &Caller) -> Result<Vec<CaInfo>, Error> {
    ca.enforce(caller, READ_AUTHORITY, &Resource::all("ca"))
        .await?;
    let authorities = ca.authorities();
    let name_of = |id: &str| {
        let found = authorities.iter().find(|authority| authority.id() == id);
        found.map_or_else(|| id.to_owned(), |authority| authority.name().to_owned())
    };
    Ok(authorities
        .iter()
        .map(|authority| authority.info(&name_of(authority.issuer_id())))
        .collect())
}

/// Every profile, by name.
///
/// # Errors
/// [`Error::Access`].
pub async fn profiles(
    ca: &Service,
    caller: &Caller,
) -> Result<Vec<std::sync::Arc<CertificateProfile>>, Error> {
    ca.enforce(caller, READ_PROFILE, &Resource::all("profile"))
        .await?;
    Ok(ca.profiles().iter().cloned().collect())
}
