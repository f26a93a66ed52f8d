//! The two forms of an ECDSA signature: X.509's and JOSE's.

use asn1::{Cursor, Writer};

use crate::{Error, Result};

/// An `ECDSA-Sig-Value` as r and s side by side, each `length` bytes (RFC 7518 §3.4).
///
/// # Errors
/// [`Error::Syntax`] for anything but two positive numbers of that length.
pub fn ecdsa_der_to_raw(der: &[u8], length: usize) -> Result<Vec<u8>> {
    let mut value = Cursor::outer("ECDSA-Sig-Value", der)?;
    let mut raw = vec![0; 2 * length];
    let (r_out, s_out) = raw.split_at_mut(length);
    for (field, out) in [("r", r_out), ("s", s_out)] {
        let number = value.unsigned(field)?;
        let Some(start) = length.checked_sub(number.len()) else {
            return value.fail(field, "longer than the curve's order");
        };
        out[start..].copy_from_slice(number);
    }
    value.end("s")?;
    Ok(raw)
}

/// r and s side by side as an `ECDSA-Sig-Value` (RFC 3279 §2.2.3).
///
/// # Errors
/// [`Error::Syntax`] for an odd number of bytes, or none.
pub fn ecdsa_raw_to_der(raw: &[u8]) -> Result<Vec<u8>> {
    if raw.is_empty() || !raw.len().is_multiple_of(2) {
        return Err(Error::syntax("raw signature", "length", "odd or zero"));
    }
    let (r, s) = raw.split_at(raw.len() / 2);
    Ok(Writer::build(|w| {
        w.sequence(|w| {
            w.unsigned(r);
            w.unsigned(s);
        });
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_round_trip_between_forms() {
        let mut raw = [0x11; 64];
        raw[0] = 0;
        raw[32] = 0xff;
        let der = ecdsa_raw_to_der(&raw).unwrap();
        assert_eq!(ecdsa_der_to_raw(&der, 32).unwrap(), raw);
        assert!(ecdsa_der_to_raw(&der, 31).is_err());
        assert!(ecdsa_raw_to_der(&raw[..63]).is_err());
    }
}
