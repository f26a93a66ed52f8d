//! Points of elliptic curves in the forms that other tools write.

use aws_lc_rs::{
    encoding::AsDer as _,
    signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ParsedPublicKey},
};

use crate::KeyAlgorithm;

/// The uncompressed form of a compressed point (SEC 1 §2.3.4), which RFC 5480 §2.2 allows.
///
/// None if it is not a point of the curve of `algorithm`, or if that has no curve.
pub fn decompress_point(algorithm: KeyAlgorithm, point: &[u8]) -> Option<Vec<u8>> {
    let scheme = match algorithm {
        KeyAlgorithm::P256 => &ECDSA_P256_SHA256_ASN1,
        KeyAlgorithm::P384 => &ECDSA_P384_SHA384_ASN1,
        KeyAlgorithm::Sm2 => {
            let key = sm2::PublicKey::from_sec1_bytes(point).ok()?;
            return Some(key.to_sec1_bytes().into_vec());
        }
        _ => return None,
    };
    let der = ParsedPublicKey::new(scheme, point).ok()?.as_der().ok()?;
    let length = 1 + 2 * (algorithm.bits() as usize / 8);
    // The point is the end of a SubjectPublicKeyInfo.
    let start = der.as_ref().len().checked_sub(length)?;
    Some(der.as_ref()[start..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_points_of_the_curves() {
        for (algorithm, x, y) in [
            (
                KeyAlgorithm::P256,
                "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
                "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
            ),
            (
                KeyAlgorithm::P384,
                "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
                "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
            ),
            (
                KeyAlgorithm::Sm2,
                "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7",
                "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0",
            ),
        ] {
            let (x, y) = (hex::decode(x).unwrap(), hex::decode(y).unwrap());
            let sign = 2 + (y[y.len() - 1] & 1);
            let compressed = [&[sign][..], &x].concat();
            let expected = [&[4][..], &x, &y].concat();
            let point = decompress_point(algorithm, &compressed);
            assert_eq!(point, Some(expected), "{algorithm}");
            assert_eq!(decompress_point(algorithm, &compressed[1..]), None);
            assert_eq!(decompress_point(algorithm, &[]), None);
        }
        assert_eq!(decompress_point(KeyAlgorithm::Ed25519, &[2; 33]), None);
    }
}
