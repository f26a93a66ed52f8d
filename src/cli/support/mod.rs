//! What all commands share: the API client, output, secrets.

mod api;
mod common;
pub(crate) mod output;
mod secrets;

pub(crate) use api::{Api, list_up_to, percent_encode, whole_list, with_api};
pub(crate) use common::Common;
pub(crate) use secrets::secret_from_stdin;
