//! The list of certificates: which of its filters leads the search, and the SQL for it.
//!
//! Every filter has an index in the list's order ([`Lead`]). One filter leads: its index yields
//! the rows, and the others are checked row by row, written so that no planner takes another
//! index for them: neither database can know which of two filters is the rare one.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{LazyLock, Mutex, PoisonError},
};

use jiff::Timestamp;
use pki::SerialNumber;
use platform_store::{Store, StoreError, Value, params};

use super::certificates::info;
use crate::model::{CertificateInfo, StatusFilter};

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

/// A position in a list, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListPosition {
    pub(crate) order: Order,
    /// When the certificate was issued, or when its validity ends.
    pub(crate) at: i64,
    pub(crate) serial: Vec<u8>,
    pub(crate) authority_id: String,
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

/// What distinguishes one SQL text from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Shape {
    lead: Lead,
    order: Order,
    authority: bool,
    profile: bool,
    subject: bool,
    status: Option<StatusFilter>,
}

/// As many rows are sorted in less than a millisecond, so a filter with no more of them leads.
const RARE: i64 = 1000;
/// How much of a subject is indexed, in characters.
const SUBJECT_PREFIX: usize = 200;

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
            Order::Issued => self.issued_before.map_or(i64::MAX, Timestamp::as_microsecond),
            Order::End => self.expires_after.map_or(i64::MIN, Timestamp::as_microsecond),
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

    /// The filters that could lead, the one that leads unless another is rare first.
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

/// Up to `limit` certificates after a position, with their own.
pub(crate) async fn certificates(
    store: &Store,
    filter: &CertificateFilter,
    after: Option<ListPosition>,
    limit: i64,
) -> Result<Vec<(ListPosition, CertificateInfo)>, StoreError> {
    let lead = choose_lead(store, filter).await?;
    let (sql, params) = query(filter, lead, after, limit);
    let order = filter.order();
    let rows = store.fetch_all(sql, params).await?;
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

/// The first filter that leads, unless another one has but few rows: then the search need not
/// pass many that it leaves out.
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
        let row = store.fetch_optional(sql, params![value, RARE + 1]).await?;
        let found: i64 = row.map_or(Ok(0), |row| row.get("rows_found"))?;
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
    (text_of(filter.shape(lead)), params)
}

/// The text of a shape, made when it is first needed. There are fewer than two hundred shapes,
/// and the store prepares each text once, so none is freed.
fn text_of(shape: Shape) -> &'static str {
    static TEXTS: LazyLock<Mutex<HashMap<Shape, &'static str>>> = LazyLock::new(Mutex::default);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    texts.entry(shape).or_insert_with(|| shape.text().leak())
}

impl Shape {
    fn text(self) -> String {
        let mut next = match self.order {
            Order::Issued => 4,
            Order::End => 6,
        };
        let mut parameter = || {
            next += 1;
            next
        };
        let (tables, join, range) = (self.tables(), self.join(), self.range());
        let mut sql = format!("{COLUMNS} {tables} WHERE {join}{range}");
        if self.authority {
            let column = match self.lead {
                Lead::Authority => "c.authority_id",
                _ => "c.authority_id || ''",
            };
            let _ = write!(sql, " AND {column} = ${}", parameter());
        }
        if self.profile {
            let column = match self.lead {
                Lead::Profile => "c.profile",
                _ => "c.profile || ''",
            };
            let _ = write!(sql, " AND {column} = ${}", parameter());
        }
        if self.subject {
            let (subject, prefix) = (parameter(), parameter());
            let _ = write!(
                sql,
                " AND substr(c.subject, 1, {SUBJECT_PREFIX}) = ${prefix} AND c.subject = ${subject}"
            );
        }
        if self.status == Some(StatusFilter::Good) {
            sql.push_str(" AND r.serial IS NULL");
        }
        let row = self.row();
        let _ = match self.order {
            Order::Issued => write!(
                sql,
                " ORDER BY {row}.issued_at DESC, {row}.serial DESC, {row}.authority_id DESC"
            ),
            Order::End => write!(
                sql,
                " ORDER BY {row}.not_after, {row}.serial, {row}.authority_id"
            ),
        };
        sql.push_str(" LIMIT $4");
        sql
    }

    /// The tables, the one whose index leads first.
    fn tables(self) -> &'static str {
        match (self.lead, self.status) {
            // CROSS JOIN: SQLite keeps the order of such tables.
            (Lead::Revoked, _) => {
                "FROM ca_revocation r CROSS JOIN ca_certificate c
                 LEFT JOIN ca_authority a ON a.id = c.authority_id"
            }
            (_, Some(StatusFilter::Revoked)) => {
                "FROM ca_certificate c CROSS JOIN ca_revocation r
                 LEFT JOIN ca_authority a ON a.id = c.authority_id"
            }
            _ => {
                "FROM ca_certificate c
                 LEFT JOIN ca_revocation r
                 ON r.authority_id = c.authority_id AND r.serial = c.serial
                 LEFT JOIN ca_authority a ON a.id = c.authority_id"
            }
        }
    }

    /// How revocations are joined where CROSS JOIN does not say it.
    fn join(self) -> &'static str {
        match self.status {
            Some(StatusFilter::Revoked) => {
                "r.serial = c.serial AND r.authority_id = c.authority_id AND "
            }
            _ => "",
        }
    }

    /// The conditions on the position. A range whose index shall not lead is written so that it
    /// has none.
    fn range(self) -> &'static str {
        match (self.order, self.lead) {
            (Order::Issued, Lead::Revoked) => {
                "(r.issued_at, r.serial, r.authority_id) < ($1, $2, $3)"
            }
            (Order::Issued, _) => "(c.issued_at, c.serial, c.authority_id) < ($1, $2, $3)",
            (Order::End, Lead::Revoked) => {
                "(r.not_after, r.serial, r.authority_id) > ($1, $2, $3)
                 AND r.not_after < $5 AND c.issued_at + 0 < $6"
            }
            (Order::End, Lead::Order) => {
                "(c.not_after, c.serial, c.authority_id) > ($1, $2, $3)
                 AND c.not_after < $5 AND c.issued_at + 0 < $6"
            }
            (Order::End, _) => {
                "(c.not_after + 0, c.serial, c.authority_id) > ($1, $2, $3)
                 AND c.not_after + 0 < $5 AND c.issued_at + 0 < $6"
            }
        }
    }

    /// The table whose columns give the order.
    fn row(self) -> char {
        if self.lead == Lead::Revoked { 'r' } else { 'c' }
    }
}

const COLUMNS: &str = "SELECT c.authority_id, COALESCE(a.name, c.authority_id) AS issuer, c.serial,
 c.profile, c.profile_version, c.subject, c.requester, c.issued_at, c.not_after, r.reason,
 r.revoked_at";

impl ListPosition {
    /// The position after `text`, what [`Self::to_string`] wrote.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (at, rest) = text.split_once('.')?;
        let (serial, authority_id) = rest.split_once('.')?;
        let (order, at) = match at.strip_prefix('e') {
            Some(at) => (Order::End, at),
            None => (Order::Issued, at),
        };
        Some(Self {
            order,
            at: at.parse().ok()?,
            serial: hex::decode(serial).ok()?,
            authority_id: authority_id.to_owned(),
        })
    }

    /// Whether it follows `other` in their order.
    fn is_after(&self, other: &Self) -> bool {
        let of = |one: &Self| (one.at, one.serial.clone(), one.authority_id.clone());
        match self.order {
            Order::Issued => of(self) < of(other),
            Order::End => of(self) > of(other),
        }
    }
}

impl std::fmt::Display for ListPosition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let order = match self.order {
            Order::Issued => "",
            Order::End => "e",
        };
        let serial = hex::encode(&self.serial);
        write!(f, "{order}{}.{serial}.{}", self.at, self.authority_id)
    }
}

/// The position of the certificate with this serial number, in an order.
pub(crate) async fn list_position(
    store: &Store,
    serial: &SerialNumber,
    order: Order,
) -> Result<Option<ListPosition>, StoreError> {
    let row = store
        .fetch_optional(
            "SELECT issued_at, not_after, authority_id FROM ca_certificate WHERE serial = $1
             ORDER BY issued_at LIMIT 1",
            params![serial.as_bytes()],
        )
        .await?;
    row.map(|row| {
        Ok(ListPosition {
            order,
            at: row.get(match order {
                Order::Issued => "issued_at",
                Order::End => "not_after",
            })?,
            serial: serial.as_bytes().to_vec(),
            authority_id: row.get("authority_id")?,
        })
    })
    .transpose()
}
