//! The list of certificates, and which filter leads its search.
//!
//! Every filter has an index in the list's order. The filter that leads ([`Lead`]) finds the rows
//! by its index; the others are checked row by row. SQLite has no statistics, so it cannot know
//! which of two filters is more selective.

#[cfg(test)]
mod plan_tests;
mod position;
mod sql;

use jiff::Timestamp;
use platform_store::{Store, StoreError, Value, params};

use super::certificates::info;
use crate::model::{CertificateInfo, StatusFilter};

pub(crate) use position::{ListPosition, list_position};
use sql::{SUBJECT_PREFIX, Shape};

/// What a list of certificates is narrowed to.
#[derive(Clone, Debug, Default)]
pub(crate) struct CertificateFilter {
    pub(crate) subject: Option<String>,
    pub(crate) authority_id: Option<String>,
    pub(crate) profile: Option<String>,
    pub(crate) status: Option<StatusFilter>,
    pub(crate) issued_before: Option<Timestamp>,
    /// Inclusive.
    pub(crate) expires_after: Option<Timestamp>,
    /// Exclusive.
    pub(crate) expires_before: Option<Timestamp>,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Order {
    /// The newest first.
    Issued,
    /// Those whose validity ends first: if the list is narrowed by that end.
    End,
}

/// The filter whose index yields the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lead {
    /// None: the whole list in its order.
    Order,
    Subject,
    Authority,
    Profile,
    /// The revocations.
    Revoked,
}

/// A filter that matches no more rows than this leads: sorting them takes less than a millisecond.
const RARE: i64 = 1000;

impl CertificateFilter {
    pub(crate) fn order(&self) -> Order {
        if self.expires_after.is_some() || self.expires_before.is_some() {
            Order::End
        } else {
            Order::Issued
        }
    }

    /// The position before the first certificate that can be listed.
    fn start(&self) -> ListPosition {
        let order = self.order();
        let at = match order {
            Order::Issued => self
                .issued_before
                .map_or(i64::MAX, Timestamp::as_microsecond),
            Order::End => self
                .expires_after
                .map_or(i64::MIN, Timestamp::as_microsecond),
        };
        ListPosition {
            order,
            at,
            serial: Vec::new(),
            authority_id: String::new(),
        }
    }

    fn shape(&self, lead: Lead) -> Shape {
        Shape {
            lead,
            order: self.order(),
            authority: self.authority_id.is_some(),
            profile: self.profile.is_some(),
            subject: self.subject.is_some(),
            status: self.status,
        }
    }

    /// The filters that could lead, in order of preference.
    fn leads(&self) -> Vec<Lead> {
        if self.subject.is_some() {
            return vec![Lead::Subject];
        }
        let mut leads = Vec::new();
        if self.status == Some(StatusFilter::Revoked) {
            leads.push(Lead::Revoked);
        } else if self.order() == Order::End {
            leads.push(Lead::Order);
        }
        if self.profile.is_some() {
            leads.push(Lead::Profile);
        }
        if self.authority_id.is_some() {
            leads.push(Lead::Authority);
        }
        if leads.is_empty() {
            leads.push(Lead::Order);
        }
        leads
    }
}

/// Up to `limit` certificates after a position, each with its own position.
pub(crate) async fn certificates(
    store: &Store,
    filter: &CertificateFilter,
    after: Option<ListPosition>,
    limit: i64,
) -> Result<Vec<(ListPosition, CertificateInfo)>, StoreError> {
    let lead = choose_lead(store, filter).await?;
    let (sql, params) = query(filter, lead, after, limit);
    let order = filter.order();
    let rows = store.search(sql, params).await?;
    rows.iter()
        .map(|row| {
            let position = ListPosition {
                order,
                at: row.get(match order {
                    Order::Issued => "issued_at",
                    Order::End => "not_after",
                })?,
                serial: row.get("serial")?,
                authority_id: row.get("authority_id")?,
            };
            Ok((position, info(row)?))
        })
        .collect()
}

/// The preferred filter, unless another one matches few rows: then the search does not have to
/// skip many that do not match.
async fn choose_lead(store: &Store, filter: &CertificateFilter) -> Result<Lead, StoreError> {
    let leads = filter.leads();
    let first = leads[0];
    for other in leads.into_iter().skip(1) {
        let (column, value) = match other {
            Lead::Profile => ("profile", filter.profile.clone()),
            _ => ("authority_id", filter.authority_id.clone()),
        };
        let sql = match column {
            "profile" => {
                "SELECT COUNT(*) AS rows_found FROM (SELECT 1 AS one FROM ca_certificate
                 WHERE profile = $1 LIMIT $2) AS found"
            }
            _ => {
                "SELECT COUNT(*) AS rows_found FROM (SELECT 1 AS one FROM ca_certificate
                 WHERE authority_id = $1 LIMIT $2) AS found"
            }
        };
        let rows = store.search(sql, params![value, RARE + 1]).await?;
        let found: i64 = rows.first().map_or(Ok(0), |row| row.get("rows_found"))?;
        if found <= RARE {
            return Ok(other);
        }
    }
    Ok(first)
}

/// The SQL of a list and its parameters.
pub(crate) fn query(
    filter: &CertificateFilter,
    lead: Lead,
    after: Option<ListPosition>,
    limit: i64,
) -> (&'static str, Vec<Value>) {
    let start = filter.start();
    let after = match after {
        Some(after) if after.is_after(&start) => after,
        _ => start,
    };
    let mut params = params![after.at, after.serial, after.authority_id, limit];
    match filter.order() {
        Order::Issued => {}
        Order::End => {
            let before = filter.expires_before.unwrap_or(Timestamp::MAX);
            let issued_before = filter.issued_before.unwrap_or(Timestamp::MAX);
            params.extend(params![before, issued_before]);
        }
    }
    params.extend(filter.authority_id.iter().map(Value::from));
    params.extend(filter.profile.iter().map(Value::from));
    if let Some(subject) = &filter.subject {
        let prefix: String = subject.chars().take(SUBJECT_PREFIX).collect();
        params.extend(params![subject, prefix]);
    }
    (filter.shape(lead).text(), params)
}
