//! The SQL of the list of certificates.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{LazyLock, Mutex, PoisonError},
};

use super::{Lead, Order};
use crate::model::StatusFilter;

/// How much of a subject is indexed, in characters.
pub(super) const SUBJECT_PREFIX: usize = 200;

/// What distinguishes one SQL text from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    pub(super) lead: Lead,
    pub(super) order: Order,
    pub(super) authority: bool,
    pub(super) profile: bool,
    pub(super) subject: bool,
    pub(super) status: Option<StatusFilter>,
}

impl Shape {
    /// Its text, made when it is first needed. There are fewer than two hundred shapes, and the
    /// store prepares each text once, so none is freed.
    pub(super) fn text(self) -> &'static str {
        static TEXTS: LazyLock<Mutex<HashMap<Shape, &'static str>>> = LazyLock::new(Mutex::default);
        let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
        texts.entry(self).or_insert_with(|| self.make().leak())
    }

    /// The parameters: the position, the limit, the two bounds of a list by the end of validity,
    /// then those of the filters in the order in which they follow here.
    fn make(self) -> String {
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
            let equal = equality("c.authority_id", parameter(), self.lead == Lead::Authority);
            sql.push_str(&equal);
        }
        if self.profile {
            let equal = equality("c.profile", parameter(), self.lead == Lead::Profile);
            sql.push_str(&equal);
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

    /// The tables, beginning with the one whose index leads.
    fn tables(self) -> &'static str {
        match (self.lead, self.status) {
            // SQLite does not reorder the tables of a CROSS JOIN.
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

    /// The join condition of the CROSS JOINs.
    fn join(self) -> &'static str {
        match self.status {
            Some(StatusFilter::Revoked) => {
                "r.serial = c.serial AND r.authority_id = c.authority_id AND "
            }
            _ => "",
        }
    }

    /// The conditions on the position. A range that must not lead is written as an expression that
    /// has no index.
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

/// SQLite uses no index for the second form; otherwise it would guess which of two filters is more
/// selective. PostgreSQL rewrites it to the first form and decides by its statistics.
fn equality(column: &str, parameter: u32, leads: bool) -> String {
    match leads {
        true => format!(" AND {column} = ${parameter}"),
        false => format!(" AND NOT ({column} <> ${parameter})"),
    }
}

const COLUMNS: &str = "SELECT c.authority_id, COALESCE(a.name, c.authority_id) AS issuer, c.serial,
 c.profile, c.profile_version, c.subject, c.requester, c.issued_at, c.not_after, r.reason,
 r.revoked_at";
