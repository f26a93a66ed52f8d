//! The nouns of the directory.

mod text;
mod user;
mod user_name;

pub use text::{parse_email, parse_line};
pub use user::{NewUser, User, UserChange, UserInfo};
pub use user_name::UserName;
pub(crate) use user_name::{PATTERN, as_of_0_1_0};
