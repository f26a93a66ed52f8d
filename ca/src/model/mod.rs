//! The nouns: authorities, profiles, certificates, revocations.

mod authority;
mod profile;
mod status;

pub use authority::{Authority, CaInfo};
pub(crate) use authority::{Bearings, Purpose};
pub(crate) use profile::Contents;
pub use profile::ProfileName;
pub use status::{CertificateInfo, Status, parse_reason};
