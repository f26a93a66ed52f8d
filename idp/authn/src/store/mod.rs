//! All SQL of sign-in.

pub(crate) mod credentials;
pub(crate) mod devices;
pub(crate) mod interactions;
pub(crate) mod links;
pub(crate) mod sessions;
pub(crate) mod throttle;
