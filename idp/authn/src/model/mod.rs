//! The nouns of sign-in.

mod authentication;
mod credential;
mod interaction;
mod session;

pub use authentication::{ACR_PASSWORD, Authentication};
pub(crate) use credential::Credential;
pub use interaction::{Interaction, Missing, NewInteraction, SignInPage};
pub use session::{PasswordLink, Session, SessionInfo};
