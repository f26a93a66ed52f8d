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

/// What a text reads of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    /// The certificates of a page, up to the end of the list, or up to a boundary.
    Page { ends: bool },
    /// Where so many rows of the lead end.
    Boundary,
}

impl Shape {
    /// The text of a page. The parameters: the position after which it begins, the limit, the
    /// two bounds of a list by the end of validity, the boundary if it `ends` at one, then those
    /// of the filters in the order in which they follow here.
    pub(super) fn page(self, ends: bool) -> &'static str {
        self.text(Part::Page { ends })
    }

    /// The text that finds a boundary. The parameters: time and serial number of the position from
    /// which it counts, how many rows of the lead it skips, the end of a list by the end of
    /// validity, and the lead's.
    pub(super) fn boundary(self) -> &'static str {
        self.text(Part::Boundary)
    }

    /// A text, made when it is first needed. There are a few hundred, and the store prepares each
    /// once, so none is freed.
    fn text(self, part: Part) -> &'static str {
        type Texts = HashMap<(Shape, Part), &'static str>;
        static TEXTS: LazyLock<Mutex<Texts>> = LazyLock::new(Mutex::default);
        let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
        texts.entry((self, part)).or_insert_with(|| {
            let text = match part {
                Part::Page { ends } => self.make_page(ends),
                Part::Boundary => self.make_boundary(),
            };
            text.leak()
        })
    }

    fn make_page(self, ends: bool) -> String {
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
        if self.order == Order::End {
            sql.push_str(" AND c.issued_at + 0 < $6");
        }
        if ends {
            let (row, at, serial) = (self.row(), parameter(), parameter());
            let range = match self.order {
                Order::Issued => format!("({row}.issued_at, {row}.serial) >= (${at}, ${serial})"),
                Order::End => format!("({row}.not_after, {row}.serial) <= (${at}, ${serial})"),
            };
            let _ = write!(sql, " AND {range}");
        }
        self.push_equalities(&mut sql, parameter);
        if self.status == Some(StatusFilter::Good) {
            sql.push_str(" AND r.serial IS NULL");
        }
        self.push_order(&mut sql);
        sql.push_str(" LIMIT $4");
        sql
    }

    /// Of the lead alone: the other filters decide which of the rows are shown. All its columns
    /// are in the lead's index, so it reads no row of a table.
    fn make_boundary(self) -> String {
        let (table, row) = match self.lead {
            Lead::Revoked => ("ca_revocation", 'r'),
            _ => ("ca_certificate", 'c'),
        };
        let lead = match self.lead {
            Lead::Order | Lead::Revoked => None,
            Lead::Subject => Some(format!("substr(c.subject, 1, {SUBJECT_PREFIX})")),
            Lead::Authority => Some("c.authority_id".to_owned()),
            Lead::Profile => Some("c.profile".to_owned()),
        };
        let (column, compare, direction, end, next) = match self.order {
            Order::Issued => ("issued_at", "<=", " DESC", String::new(), 4),
            Order::End => {
                let end = format!(" AND {row}.not_after < $4");
                ("not_after", ">=", "", end, 5)
            }
        };
        let lead = lead.map(|lead| equality(&lead, next, true));
        let lead = lead.unwrap_or_default();
        format!(
            "SELECT {row}.{column} AS position, {row}.serial FROM {table} {row}
             WHERE ({row}.{column}, {row}.serial) {compare} ($1, $2){end}{lead}
             ORDER BY {row}.{column}{direction}, {row}.serial{direction} LIMIT 1 OFFSET $3"
        )
    }

    fn push_equalities(self, sql: &mut String, mut parameter: impl FnMut() -> u32) {
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
            let beginning = format!("substr(c.subject, 1, {SUBJECT_PREFIX})");
            let equal = equality(&beginning, prefix, self.lead == Lead::Subject);
            let _ = write!(sql, "{equal} AND c.subject = ${subject}");
        }
    }

    fn push_order(self, sql: &mut String) {
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

    /// The conditions on where it begins, and on the end of validity. A range that must not lead is written as an expression that
    /// has no index.
    fn range(self) -> &'static str {
        match (self.order, self.lead) {
            (Order::Issued, Lead::Revoked) => {
                "(r.issued_at, r.serial, r.authority_id) < ($1, $2, $3)"
            }
            (Order::Issued, _) => "(c.issued_at, c.serial, c.authority_id) < ($1, $2, $3)",
            (Order::End, Lead::Revoked) => {
                "(r.not_after, r.serial, r.authority_id) > ($1, $2, $3) AND r.not_after < $5"
            }
            (Order::End, Lead::Order) => {
                "(c.not_after, c.serial, c.authority_id) > ($1, $2, $3) AND c.not_after < $5"
            }
            (Order::End, _) => {
                "(c.not_after + 0, c.serial, c.authority_id) > ($1, $2, $3)
                 AND c.not_after + 0 < $5"
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
