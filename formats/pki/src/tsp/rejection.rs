//! Why a request is rejected (RFC 3161 §2.4.2).

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

/// Why a request is refused, as PKIStatusInfo says it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{failure:?}: {text}")]
pub struct Rejection {
    /// failInfo.
    pub failure: FailureInfo,
    /// statusString: what to change.
    pub text: String,
}

impl Rejection {
    /// A rejection.
    pub fn new(failure: FailureInfo, text: impl Into<String>) -> Self {
        Self {
            failure,
            text: text.into(),
        }
    }
}

impl FailureInfo {
    pub(super) const ALL: [Self; 8] = [
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
