//! The list of certificates, and which filter leads its search.
//!
//! The filter that leads ([`Lead`]) finds the rows by its index; the others are checked row by row.
//! One request visits no more than [`MOST_VISITED`] rows of the lead, however few of them the other
//! filters leave: a filter that matches no more rows than that leads, and all of them are sorted.
//! If none does, the lead has an index in the list's order, and the page ends at a boundary in it.
//! SQLite has no statistics, so it cannot know which of two filters is more selective.

#[cfg(test)]
mod page_tests;
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

/// How many rows one request visits at most: some tens of milliseconds.
pub(crate) const MOST_VISITED: i64 = 10_000;

/// Where the rows of a lead end that one request visits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Boundary {
    at: i64,
    serial: Vec<u8>,
}

/// A part of a list.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Certificates, each with its own position.
    pub(crate) certificates: Vec<(ListPosition, CertificateInfo)>,
    /// The position of the last row that was visited, unless the list ends there. It matters if
    /// there are fewer certificates than were asked for.
    pub(crate) visited_to: Option<ListPosition>,
}

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

    /// The filters that could match few rows.
    fn keys(&self) -> impl Iterator<Item = Lead> {
        let keys = [
            (self.subject.is_some(), Lead::Subject),
            (self.profile.is_some(), Lead::Profile),
            (self.authority_id.is_some(), Lead::Authority),
        ];
        keys.into_iter()
            .filter_map(|(given, key)| given.then_some(key))
    }

    /// The lead that has an index in the list's order.
    fn lead_in_order(&self) -> Lead {
        let is_revoked = self.status == Some(StatusFilter::Revoked);
        match self.order() {
            _ if is_revoked && self.subject.is_none() => Lead::Revoked,
            Order::End if is_revoked => Lead::Revoked,
            Order::End => Lead::Order,
            Order::Issued => self.keys().next().unwrap_or(Lead::Order),
        }
    }

    /// Whether every row of the lead, which has an index in the list's order, is shown.
    fn is_whole(&self, lead: Lead) -> bool {
        let is_long = |subject: &String| subject.chars().nth(SUBJECT_PREFIX).is_some();
        self.keys().all(|key| key == lead)
            && !self.subject.as_ref().is_some_and(is_long)
            && match self.status {
                None => true,
                Some(StatusFilter::Good) => false,
                Some(StatusFilter::Revoked) => lead == Lead::Revoked,
            }
            && (self.order() == Order::Issued || self.issued_before.is_none())
    }

    /// The value of a key: what its index has.
    fn value(&self, key: Lead) -> Option<String> {
        let subject = self.subject.as_deref();
        match key {
            Lead::Subject => subject.map(|subject| subject.chars().take(SUBJECT_PREFIX).collect()),
            Lead::Profile => self.profile.clone(),
            Lead::Authority => self.authority_id.clone(),
            Lead::Order | Lead::Revoked => None,
        }
    }

    /// Where a page begins: after the previous page, or at the start of the list.
    fn begin(&self, after: Option<ListPosition>) -> ListPosition {
        let start = self.start();
        match after {
            Some(after) if after.is_after(&start) => after,
            _ => start,
        }
    }
}

/// Up to `limit` certificates after a position, among the next `most_visited` rows of the lead.
pub(crate) async fn certificates(
    store: &Store,
    filter: &CertificateFilter,
    after: Option<ListPosition>,
    limit: i64,
    most_visited: i64,
) -> Result<Found, StoreError> {
    let (lead, boundary) = choose_lead(store, filter, after.clone(), most_visited).await?;
    let (sql, params) = page(filter, lead, after, boundary.clone(), limit);
    let order = filter.order();
    let rows = store.search(sql, params).await?;
    let certificates = rows.iter().map(|row| {
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
    });
    Ok(Found {
        certificates: certificates.collect::<Result<_, StoreError>>()?,
        visited_to: boundary.map(|boundary| boundary.end(order)),
    })
}

impl Boundary {
    /// The position after all certificates of this time and serial number, by whichever authority.
    fn end(self, order: Order) -> ListPosition {
        let mut serial = self.serial;
        if order == Order::End {
            // The next one in the order of bytes.
            serial.push(0);
        }
        ListPosition {
            order,
            at: self.at,
            serial,
            authority_id: String::new(),
        }
    }
}

/// Which filter leads, and where its rows end that one request may visit.
async fn choose_lead(
    store: &Store,
    filter: &CertificateFilter,
    after: Option<ListPosition>,
    most_visited: i64,
) -> Result<(Lead, Option<Boundary>), StoreError> {
    let in_order = filter.lead_in_order();
    if filter.is_whole(in_order) {
        return Ok((in_order, None));
    }
    for key in filter.keys() {
        if has_at_most(store, filter, key, most_visited).await? {
            return Ok((key, None));
        }
    }
    let (sql, params) = boundary(filter, in_order, after, most_visited);
    let rows = store.search(sql, params).await?;
    let boundary = rows.first().map(|row| {
        Ok::<_, StoreError>(Boundary {
            at: row.get("position")?,
            serial: row.get("serial")?,
        })
    });
    Ok((in_order, boundary.transpose()?))
}

/// Whether a filter matches no more than `most` rows; no more are counted.
async fn has_at_most(
    store: &Store,
    filter: &CertificateFilter,
    key: Lead,
    most: i64,
) -> Result<bool, StoreError> {
    let sql = match key {
        Lead::Subject => {
            "SELECT COUNT(*) AS rows_found FROM (SELECT 1 AS one FROM ca_certificate
             WHERE substr(subject, 1, 200) = $1 LIMIT $2) AS found"
        }
        Lead::Profile => {
            "SELECT COUNT(*) AS rows_found FROM (SELECT 1 AS one FROM ca_certificate
             WHERE profile = $1 LIMIT $2) AS found"
        }
        Lead::Authority => {
            "SELECT COUNT(*) AS rows_found FROM (SELECT 1 AS one FROM ca_certificate
             WHERE authority_id = $1 LIMIT $2) AS found"
        }
        Lead::Order | Lead::Revoked => return Ok(false),
    };
    let params = params![filter.value(key), most.saturating_add(1)];
    let rows = store.search(sql, params).await?;
    let found: i64 = rows.first().map_or(Ok(0), |row| row.get("rows_found"))?;
    Ok(found <= most)
}

/// The SQL of a page and its parameters.
fn page(
    filter: &CertificateFilter,
    lead: Lead,
    after: Option<ListPosition>,
    boundary: Option<Boundary>,
    limit: i64,
) -> (&'static str, Vec<Value>) {
    let after = filter.begin(after);
    let mut params = params![after.at, after.serial, after.authority_id, limit];
    if filter.order() == Order::End {
        let before = filter.expires_before.unwrap_or(Timestamp::MAX);
        let issued_before = filter.issued_before.unwrap_or(Timestamp::MAX);
        params.extend(params![before, issued_before]);
    }
    let ends = boundary.is_some();
    if let Some(boundary) = boundary {
        params.extend(params![boundary.at, boundary.serial]);
    }
    params.extend(filter.authority_id.iter().map(Value::from));
    params.extend(filter.profile.iter().map(Value::from));
    if let Some(subject) = &filter.subject {
        params.extend(params![subject, filter.value(Lead::Subject)]);
    }
    (filter.shape(lead).page(ends), params)
}

/// The SQL that finds the end of the next `most_visited` rows of a lead, and its parameters.
fn boundary(
    filter: &CertificateFilter,
    lead: Lead,
    after: Option<ListPosition>,
    most_visited: i64,
) -> (&'static str, Vec<Value>) {
    let after = filter.begin(after);
    // The row at the position itself is counted too.
    let mut params = params![after.at, after.serial, most_visited];
    if filter.order() == Order::End {
        let before = filter.expires_before.unwrap_or(Timestamp::MAX);
        params.extend(params![before]);
    }
    params.extend(filter.value(lead).map(Value::from));
    (filter.shape(lead).boundary(), params)
}
