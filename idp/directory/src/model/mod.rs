//! The nouns of the directory.

mod text;
mod user;

pub use text::{parse_email, parse_line};
pub use user::{NewUser, User, UserChange, UserInfo, UserName};
