//! Who acts, and whether they may (design rule 6).
//!
//! Every operation names its action (`ca.certificate.revoke`) and asks before it
//! acts. Deny by default: only the local socket and the process itself may
//! everything; others may what their grants name.

use std::{fmt, net::IpAddr};

use platform_log::{Party, Requester};

/// Someone who asks for an act.
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
        grants: Grants,
    },
    /// A person, by their access token.
    User {
        /// The user name.
        name: String,
        /// What they may do.
        grants: Grants,
    },
    /// Anyone: nothing was proved.
    Anonymous,
}

/// Actions that an actor may do: names such as `ca.certificate.issue`, or a
/// prefix that ends in `.*`, or `*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants(Vec<String>);

/// Who asks, and with which request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// The id that logs and audit entries share.
    pub request_id: String,
    /// Where the request came from.
    pub address: Option<IpAddr>,
}

/// The answer to an actor who may not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{actor} may not {action}")]
pub struct Denied {
    /// Who asked.
    pub actor: String,
    /// For what.
    pub action: &'static str,
}

impl Grants {
    /// Reads a list separated by spaces.
    pub fn parse(list: &str) -> Self {
        Self(list.split_whitespace().map(str::to_owned).collect())
    }

    /// True where one of the grants covers `action`.
    pub fn cover(&self, action: &str) -> bool {
        self.0.iter().any(|grant| match grant.strip_suffix('*') {
            Some(prefix) if prefix.is_empty() || prefix.ends_with('.') => {
                action.starts_with(prefix)
            }
            _ => grant == action,
        })
    }
}

impl fmt::Display for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl Actor {
    /// Whether this actor may do `action`.
    ///
    /// # Errors
    /// [`Denied`] unless it was allowed.
    pub fn require(&self, action: &'static str) -> Result<(), Denied> {
        let allowed = match self {
            Self::System | Self::Local { .. } => true,
            Self::Client { grants, .. } | Self::User { grants, .. } => grants.cover(action),
            Self::Anonymous => false,
        };
        if allowed {
            Ok(())
        } else {
            Err(Denied {
                actor: self.to_string(),
                action,
            })
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

    /// Whether this caller may do `action`.
    ///
    /// # Errors
    /// [`Denied`] unless it was allowed.
    pub fn require(&self, action: &'static str) -> Result<(), Denied> {
        self.actor.require(action)
    }
}

impl Requester for Caller {
    fn actor(&self) -> Party {
        let name = self.actor.to_string();
        match self.actor {
            Actor::User { .. } | Actor::Local { .. } => Party::person(name),
            Actor::System | Actor::Client { .. } | Actor::Anonymous => Party::thing(name),
        }
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
        match self {
            Self::System => f.write_str("system"),
            Self::Local { user } => write!(f, "local:{user}"),
            Self::Client { id, .. } => write!(f, "client:{id}"),
            Self::User { name, .. } => write!(f, "user:{name}"),
            Self::Anonymous => f.write_str("anonymous"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_cover_what_they_name_and_nothing_else() {
        let grants = Grants::parse("ca.certificate.issue idp.*");
        assert!(grants.cover("ca.certificate.issue"));
        assert!(grants.cover("idp.user.add"));
        assert!(!grants.cover("ca.certificate.issue.all"));
        assert!(!grants.cover("ca.certificate.revoke"));
        assert!(!Grants::parse("ca.cert*").cover("ca.certificate.issue"));
        assert!(Grants::parse("*").cover("tsa.unit.add"));
        assert!(Actor::Anonymous.require("ca.certificate.issue").is_err());
    }
}
