//! The nouns: authorities, profiles, certificates, revocations.

mod authority;
mod profile;
mod status;

pub(crate) use authority::Purpose;
pub use authority::{Authority, CaInfo};
pub(crate) use profile::Contents;
pub use profile::ProfileName;
pub use status::{CertificateInfo, Status, parse_reason};
