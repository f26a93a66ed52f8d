//! TimeStampResp (RFC 3161 §2.4.2).

use super::{Rejection, TimeStampToken};
use crate::{Error, Result};
use asn1::{Cursor, Writer, tag};

const WHAT: &str = "TimeStampResp";

/// PKIFailureInfo: why a time-stamp was refused. The number is that of the bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum FailureInfo {
    /// The digest is unknown or not supported.
    BadAlg = 0,
    /// Such a request is not permitted or supported.
    BadRequest = 2,
    /// The data is not of the right format.
    BadDataFormat = 5,
    /// The time source cannot be had.
    TimeNotAvailable = 14,
    /// The policy asked for is not served.
    UnacceptedPolicy = 15,
    /// An extension is not supported.
    UnacceptedExtension = 16,
    /// Further information asked for is not known or cannot be had.
    AddInfoNotAvailable = 17,
    /// Something failed here.
    SystemFailure = 25,
}

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

/// The response with status granted and its token.
pub(super) fn granted(token: &[u8]) -> Vec<u8> {
    let mut out = Writer::with_capacity(token.len() + 16);
    out.sequence(|w| {
        w.sequence(|w| w.integer(0));
        w.raw(token);
    });
    out.into_bytes()
}

impl FailureInfo {
    const ALL: [Self; 8] = [
        Self::BadAlg,
        Self::BadRequest,
        Self::BadDataFormat,
        Self::TimeNotAvailable,
        Self::UnacceptedPolicy,
        Self::UnacceptedExtension,
        Self::AddInfoNotAvailable,
        Self::SystemFailure,
    ];
}

impl TimeStampResp {
    /// Reads a DER TimeStampResp.
    ///
    /// # Errors
    /// [`Error::Syntax`] and those of [`TimeStampToken::from_der`].
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
