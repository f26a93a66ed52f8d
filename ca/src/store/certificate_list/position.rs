//! Where a page of the list of certificates begins.

use pki::SerialNumber;
use platform_store::{Store, StoreError, params};

use super::Order;

/// A position in a list, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListPosition {
    pub(crate) order: Order,
    /// When the certificate was issued, or when its validity ends.
    pub(crate) at: i64,
    pub(crate) serial: Vec<u8>,
    pub(crate) authority_id: String,
}

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
    pub(super) fn is_after(&self, other: &Self) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_positions_round_trip() {
        for order in [Order::Issued, Order::End] {
            let position = ListPosition {
                order,
                at: 1_772_000_000_000_000,
                serial: vec![1, 2, 0xff],
                authority_id: "issuing.2026".to_owned(),
            };
            assert_eq!(ListPosition::parse(&position.to_string()), Some(position));
        }
        for text in ["", "1", "x.01.a", "1.0g.a", "e.01.a"] {
            assert_eq!(ListPosition::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_position_follows_in_its_order() {
        let at = |order, at, serial: &[u8]| ListPosition {
            order,
            at,
            serial: serial.to_vec(),
            authority_id: "issuing".to_owned(),
        };
        let newest = at(Order::Issued, 7, &[]);
        assert!(at(Order::Issued, 6, &[9]).is_after(&newest));
        assert!(!at(Order::Issued, 7, &[9]).is_after(&newest));
        let first = at(Order::End, 7, &[]);
        assert!(at(Order::End, 7, &[9]).is_after(&first));
        assert!(!at(Order::End, 6, &[9]).is_after(&first));
    }
}
