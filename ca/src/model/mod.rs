//! The nouns: authorities, profiles, certificates, revocations.

mod authority;
mod profile;
mod status;

pub use authority::{Authority, CaInfo};
pub(crate) use authority::Purpose;
pub use profile::{Contents, ProfileName};
pub use status::{CertificateInfo, Status, parse_reason};
