//! PEM (RFC 7468): bundles in and out.

use pem::{EncodeConfig, LineEnding, Pem};

use crate::{Error, Result};

/// One block of PEM: its label and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The label, such as `CERTIFICATE`.
    pub label: String,
    /// What the block carries.
    pub der: Vec<u8>,
}

/// Encodes `der` as a block of `label`, in lines of 64 characters.
pub fn encode(label: &str, der: &[u8]) -> String {
    let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
    pem::encode_config(&Pem::new(label, der), config)
}

/// Every block in `text`, in order; text between blocks is ignored (§5.2).
///
/// # Errors
/// [`asn1::Error::Syntax`] for a block that does not end, ends under another label or is not base64.
pub fn decode(text: &str) -> Result<Vec<Block>> {
    let blocks =
        pem::parse_many(text).map_err(|error| Error::syntax("PEM", "block", error.to_string()))?;
    // The library stops silently at a block that does not end.
    if blocks.len() < text.matches("-----BEGIN ").count() {
        return Err(Error::syntax(
            "PEM",
            "block",
            "the BEGIN or END line is incomplete",
        ));
    }
    Ok(blocks
        .into_iter()
        .map(|block| Block {
            label: block.tag().to_owned(),
            der: block.into_contents(),
        })
        .collect())
}

/// The bytes of the only block with one of `labels`, if `input` is text; `input` itself if not.
pub(crate) fn one_or_der<'a>(
    what: &'static str,
    labels: &[&str],
    input: &'a [u8],
) -> Result<std::borrow::Cow<'a, [u8]>> {
    // The DER of everything that is parsed here starts with a SEQUENCE.
    if input.first() == Some(&0x30) {
        return Ok(input.into());
    }
    let Ok(text) = std::str::from_utf8(input) else {
        return Err(Error::syntax(what, "encoding", "neither DER nor PEM"));
    };
    let mut blocks = decode(text)?;
    blocks.retain(|block| labels.contains(&block.label.as_str()));
    match (blocks.pop(), blocks.is_empty()) {
        (Some(block), true) => Ok(block.der.into()),
        (Some(_), false) => Err(Error::syntax(what, "PEM", "more than one block")),
        (None, _) => Err(Error::syntax(
            what,
            "PEM",
            format!("no block {}", labels.join(" or ")),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_round_trip_with_text_between() {
        let text = format!(
            "subject=CN=a\n{}\n# next\n{}",
            encode("CERTIFICATE", &[1; 100]),
            encode("X509 CRL", b"")
        );
        let blocks = decode(&text).unwrap();
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[0].der, [1; 100]);
        assert_eq!(blocks[1].label, "X509 CRL");
        assert!(text.lines().all(|line| line.len() <= 64));
    }

    #[test]
    fn damaged_blocks_are_refused() {
        for text in [
            "-----BEGIN A",
            "-----BEGIN A-----\nAAAA\n",
            "-----BEGIN A-----\nAAAA\n-----END B-----\n",
            "-----BEGIN A-----\nA*AA\n-----END A-----\n",
        ] {
            assert!(decode(text).is_err(), "{text}");
        }
    }
}
