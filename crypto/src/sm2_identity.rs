//! The identity that an SM2 signature covers beside the message.

use sm3::{Digest as _, Sm3};

/// The signer's id that SM2 signatures use unless another was agreed (GM/T 0009 §10).
pub const SM2_DEFAULT_ID: &str = "1234567812345678";

/// Z of GB/T 32918.2 §5.5: SM3 over ENTL, ID, a, b, G and the public point.
///
/// `point` is the uncompressed point of the public key. `None` for an id of 8 KiB
/// or more, whose length ENTL cannot express, or for another form of point.
pub fn sm2_identity(id: &str, point: &[u8]) -> Option<[u8; 32]> {
    let coordinates = point.strip_prefix(&[4]).filter(|rest| rest.len() == 64)?;
    let bits = u16::try_from(id.len()).ok()?.checked_mul(8)?;
    let digest = Sm3::new()
        .chain_update(bits.to_be_bytes())
        .chain_update(id)
        .chain_update(SM2_A_B_G)
        .chain_update(coordinates)
        .finalize();
    Some(digest.into())
}

/// a, b, x and y of sm2p256v1's parameters (GB/T 32918.5 §2).
const SM2_A_B_G: [u8; 128] = from_hex(concat!(
    "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC",
    "28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93",
    "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7",
    "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0",
));

const fn from_hex(text: &str) -> [u8; 128] {
    const fn digit(byte: u8) -> u8 {
        match byte {
            b'0'..=b'9' => byte - b'0',
            _ => byte - b'A' + 10,
        }
    }
    let text = text.as_bytes();
    let mut bytes = [0; 128];
    let mut index = 0;
    while index < bytes.len() {
        bytes[index] = digit(text[2 * index]) << 4 | digit(text[2 * index + 1]);
        index += 1;
    }
    bytes
}
