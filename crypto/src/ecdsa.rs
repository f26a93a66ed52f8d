//! The two forms of an ECDSA or SM2 signature: DER for X.509 and CMS, fixed-length
//! r ‖ s for JOSE and PKCS#11.

use der::{Decode, Encode, Sequence, asn1::UintRef};

use crate::{Error, Result};

/// `ECDSA-Sig-Value` (RFC 3279 §2.2.3); `SM2Signature` has the same form (GM/T 0009 §7.3).
#[derive(Sequence)]
struct SignatureValue<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// An `ECDSA-Sig-Value` as r and s side by side, each `length` bytes (RFC 7518 §3.4).
///
/// # Errors
/// [`Error::Syntax`] for anything but two non-negative integers of at most that length.
pub fn ecdsa_der_to_raw(der: &[u8], length: usize) -> Result<Vec<u8>> {
    let value = SignatureValue::from_der(der)
        .map_err(|error| syntax("ECDSA-Sig-Value", "r and s", error.to_string()))?;
    let mut raw = vec![0; 2 * length];
    let (r_out, s_out) = raw.split_at_mut(length);
    for (field, number, out) in [("r", value.r, r_out), ("s", value.s, s_out)] {
        let number = number.as_bytes();
        let Some(start) = length.checked_sub(number.len()) else {
            let reason = "longer than the curve's order".to_owned();
            return Err(syntax("ECDSA-Sig-Value", field, reason));
        };
        out[start..].copy_from_slice(number);
    }
    Ok(raw)
}

/// r and s side by side as an `ECDSA-Sig-Value`.
///
/// # Errors
/// [`Error::Syntax`] for an odd number of bytes, none, or more than any curve needs.
pub fn ecdsa_raw_to_der(raw: &[u8]) -> Result<Vec<u8>> {
    const WHAT: &str = "raw signature";
    if raw.is_empty() || !raw.len().is_multiple_of(2) || raw.len() > MAX_RAW {
        return Err(syntax(WHAT, "length", format!("{} bytes", raw.len())));
    }
    let (r, s) = raw.split_at(raw.len() / 2);
    let failed = |error: der::Error| syntax(WHAT, "r and s", error.to_string());
    SignatureValue {
        r: UintRef::new(r).map_err(failed)?,
        s: UintRef::new(s).map_err(failed)?,
    }
    .to_der()
    .map_err(failed)
}

fn syntax(what: &'static str, field: &'static str, reason: String) -> Error {
    Error::Syntax {
        what,
        field,
        reason,
    }
}

/// r and s of P-521.
const MAX_RAW: usize = 132;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_forms_round_trip(
            raw in prop::collection::vec(prop_oneof![Just(0_u8), Just(0x80), any::<u8>()], 1..=48)
                .prop_flat_map(|r| (Just(r.clone()), prop::collection::vec(any::<u8>(), r.len())))
        ) {
            let raw = [&raw.0[..], &raw.1].concat();
            let der = ecdsa_raw_to_der(&raw).unwrap();
            prop_assert_eq!(ecdsa_der_to_raw(&der, raw.len() / 2).unwrap(), raw);
        }

        #[test]
        fn no_input_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = ecdsa_der_to_raw(&bytes, 32);
        }
    }

    #[test]
    fn what_is_not_a_pair_is_refused() {
        assert!(ecdsa_raw_to_der(&[]).is_err());
        assert!(ecdsa_raw_to_der(&[1, 2, 3]).is_err());
        assert!(ecdsa_raw_to_der(&[1; 134]).is_err());
        let der = ecdsa_raw_to_der(&[0xff; 64]).unwrap();
        assert!(ecdsa_der_to_raw(&der, 31).is_err());
        // BER, a negative number, bytes after the end.
        for bad in [
            "308006020101020101",
            "30060201ff020101",
            "300602010102010100",
        ] {
            assert!(ecdsa_der_to_raw(&hex::decode(bad).unwrap(), 32).is_err());
        }
    }
}
