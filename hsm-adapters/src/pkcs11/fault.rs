//! What a token's errors mean for the caller and for the adapter.

use cryptoki::error::{Error, RvError};

use crate::KeyError;

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// The session, the login or the device is gone: reconnect.
    Reconnect,
    /// The PIN is wrong or locked: do not try again.
    BadPin,
    /// This call was refused; the device works.
    None,
}

/// Sorts an error. An error that is not known to be the call's own fault counts as the
/// device's: reconnecting is safe, using a dead session is not.
pub(super) fn remedy(error: &Error) -> Remedy {
    let Error::Pkcs11(code, _) = error else {
        return Remedy::None;
    };
    match code {
        RvError::PinIncorrect
        | RvError::PinInvalid
        | RvError::PinLenRange
        | RvError::PinExpired
        | RvError::PinLocked
        | RvError::UserPinNotInitialized => Remedy::BadPin,
        RvError::SlotIdInvalid
        | RvError::GeneralError
        | RvError::FunctionFailed
        | RvError::HostMemory
        | RvError::DeviceError
        | RvError::DeviceMemory
        | RvError::DeviceRemoved
        | RvError::KeyHandleInvalid
        | RvError::ObjectHandleInvalid
        | RvError::OperationActive
        | RvError::SessionClosed
        | RvError::SessionHandleInvalid
        | RvError::SessionCount
        | RvError::TokenNotPresent
        | RvError::TokenNotRecognized
        | RvError::UserNotLoggedIn
        | RvError::CryptokiNotInitialized
        | RvError::MutexBad
        | RvError::MutexNotLocked
        | RvError::FipsSelfTestFailed
        | RvError::VendorDefined(_)
        | RvError::UnknownErrorCode(_) => Remedy::Reconnect,
        _ => Remedy::None,
    }
}

/// The error as the caller sees it.
pub(super) fn key_error(store: &str, error: &Error) -> KeyError {
    let store = store.to_owned();
    match remedy(error) {
        Remedy::Reconnect => KeyError::Unavailable {
            store,
            reason: error.to_string(),
        },
        Remedy::BadPin => KeyError::BadPin { store },
        Remedy::None => KeyError::Refused {
            store,
            reason: error.to_string(),
        },
    }
}

/// True if the device cannot do what was asked at all.
pub(super) fn is_unsupported(error: &Error) -> bool {
    matches!(
        error,
        Error::Pkcs11(
            RvError::ArgumentsBad
                | RvError::MechanismInvalid
                | RvError::MechanismParamInvalid
                | RvError::CurveNotSupported
                | RvError::DomainParamsInvalid
                | RvError::KeySizeRange
                | RvError::FunctionNotSupported
                | RvError::KeyTypeInconsistent
                | RvError::AttributeValueInvalid
                | RvError::TemplateInconsistent,
            _
        )
    )
}
