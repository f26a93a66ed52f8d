//! Who asks.

use std::{fmt, net::IpAddr};

use jiff::Timestamp;
use platform_log::{Entry, Principal, Requester};

use crate::{Action, Permissions, Resource};

/// Who asks for an operation. Actors are identified by stable ids; names are
/// attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// This process: jobs and the first start.
    System,
    /// A user of this machine, over the local socket or the command line.
    Local {
        /// The operating system's user name or number.
        user: String,
    },
    /// A registered client, by its access token.
    Client {
        /// `client_id`.
        id: String,
        /// What it may do.
        permissions: Permissions,
    },
    /// A person, by their access token.
    User {
        /// `sub`: never reused for another person.
        id: String,
        /// The user name of today.
        name: String,
        /// What they may do.
        permissions: Permissions,
    },
    /// The holder of a certificate that this system issued and that is valid now.
    Certificate {
        /// The authority that issued it.
        authority: String,
        /// Its serial number, hexadecimal.
        serial: String,
        /// What its holder may do.
        permissions: Permissions,
    },
    /// Anyone: nothing was proved.
    Anonymous,
}

/// Who asks, and with which request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// The id that log lines and audit entries share.
    pub request_id: String,
    /// Where the request came from.
    pub address: Option<IpAddr>,
}

impl Actor {
    /// What it may do; `None` for those who may do everything.
    pub fn permissions(&self) -> Option<&Permissions> {
        static NONE: Permissions = Permissions::none();
        match self {
            Self::System | Self::Local { .. } => None,
            Self::Client { permissions, .. }
            | Self::User { permissions, .. }
            | Self::Certificate { permissions, .. } => Some(permissions),
            Self::Anonymous => Some(&NONE),
        }
    }

    /// True if nothing was proved.
    pub fn is_anonymous(&self) -> bool {
        matches!(self, Self::Anonymous)
    }

    /// As entries record it.
    pub fn principal(&self) -> Principal {
        match self {
            Self::System => Principal::new("system"),
            Self::Local { user } => Principal::new("local").named(user),
            Self::Client { id, .. } => Principal::new("client").with_id(id),
            Self::User { id, name, .. } => Principal::new("user").with_id(id).named(name),
            Self::Certificate {
                authority, serial, ..
            } => Principal::new("certificate").with_id(format!("{authority}/{serial}")),
            Self::Anonymous => Principal::new("anonymous"),
        }
    }
}

impl Caller {
    /// The process itself, in a job named `what`.
    pub fn system(what: &str) -> Self {
        Self {
            actor: Actor::System,
            request_id: format!("{what}-{}", crypto::random::id()),
            address: None,
        }
    }

    /// A user of this machine at the command line.
    pub fn local(user: impl Into<String>) -> Self {
        Self {
            actor: Actor::Local { user: user.into() },
            request_id: crypto::random::id(),
            address: None,
        }
    }

    /// An entry for `action` on `resource` at the time `at`, which succeeded unless it
    /// is changed.
    pub fn entry(&self, action: Action, resource: &Resource, at: Timestamp) -> Entry {
        Entry::new(action.as_str(), self, resource.subject(), at).in_unit(resource.unit.as_str())
    }
}

impl Requester for Caller {
    fn principal(&self) -> Principal {
        self.actor.principal()
    }

    fn request_id(&self) -> &str {
        &self.request_id
    }

    fn address(&self) -> Option<IpAddr> {
        self.address
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.principal())
    }
}
