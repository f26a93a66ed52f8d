//! TimeStampResp (RFC 3161 §2.4.2).

use super::{FailureInfo, Rejection, TimeStampToken};
use crate::{Error, Result};
use asn1::{Cursor, Writer, tag};

const WHAT: &str = "TimeStampResp";

/// A response that was read.
#[derive(Clone, Debug)]
pub enum TimeStampResp {
    /// granted, or grantedWithMods.
    Granted(Box<TimeStampToken>),
    /// Any other status.
    Rejected {
        /// PKIStatus.
        status: u64,
        /// failInfo, if it is one that is known.
        failure: Option<FailureInfo>,
        /// The first statusString.
        text: Option<String>,
    },
}

/// The response with status rejection. The text has to be short; what is over 255 characters is cut.
pub fn rejection(rejection: &Rejection) -> Vec<u8> {
    let text: String = rejection.text.chars().take(255).collect();
    let bit = rejection.failure as u8;
    // A NamedBitList whose last bit is the one set (X.690 §11.2.2).
    let mut bits = vec![0; usize::from(bit / 8) + 2];
    bits[0] = 7 - bit % 8;
    bits[usize::from(bit / 8) + 1] = 0x80 >> (bit % 8);
    Writer::build(|w| {
        w.sequence(|w| {
            w.sequence(|w| {
                w.integer(2);
                w.sequence(|w| w.tlv(tag::UTF8_STRING, text.as_bytes()));
                w.tlv(tag::BIT_STRING, &bits);
            });
        });
    })
}

impl TimeStampResp {
    /// Reads a DER TimeStampResp.
    ///
    /// # Errors
    /// [`asn1::Error::Syntax`] and those of [`TimeStampToken::from_der`].
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let mut response = Cursor::outer(WHAT, der)?;
        let mut info = response.sequence("status")?;
        let status = info.small(tag::INTEGER, "status")?;
        let text = match info.optional_nested(tag::SEQUENCE, "statusString")? {
            Some(mut texts) => {
                let first = texts.expect(tag::UTF8_STRING, "statusString")?;
                Some(String::from_utf8_lossy(first).into_owned())
            }
            None => None,
        };
        let bits = info.optional(tag::BIT_STRING, "failInfo")?;
        info.end("failInfo")?;
        if status <= 1 {
            let token = response.sequence_der("timeStampToken")?;
            response.end("timeStampToken")?;
            return Ok(Self::Granted(Box::new(TimeStampToken::from_der(token)?)));
        }
        response.end("timeStampToken")?;
        let failure = bits.and_then(|bits| {
            FailureInfo::ALL.into_iter().find(|failure| {
                let bit = *failure as u8;
                let byte = bits.get(usize::from(bit / 8) + 1);
                byte.is_some_and(|byte| byte & (0x80 >> (bit % 8)) != 0)
            })
        });
        Ok(Self::Rejected {
            status,
            failure,
            text,
        })
    }

    /// The token of a response that granted it.
    ///
    /// # Errors
    /// [`Error::Invalid`] with what a rejection says.
    pub fn into_token(self) -> Result<TimeStampToken> {
        match self {
            Self::Granted(token) => Ok(*token),
            Self::Rejected { failure, text, .. } => Err(Error::invalid(
                "status",
                format!("rejected: {failure:?} {}", text.unwrap_or_default()),
            )),
        }
    }
}
