//! Applications that sign people in, or act for themselves.

use crypto::SignatureAlgorithm;
use idp_directory::model::parse_line;
use jiff::Timestamp;
use oauth::{
    ClientAuthMethod, GrantType, origin_matches, redirect_uri_matches, validate_redirect_uri,
};
use platform_access::{Permissions, Resource, UnitId};
use platform_log::Principal;

use super::hash_secret;
use crate::Error;

const MAX_NAME: usize = 100;
const MAX_URIS: usize = 32;

/// A registered client.
#[derive(Clone, Debug)]
pub struct Client {
    /// `client_id`.
    pub id: String,
    /// What pages call it.
    pub name: String,
    /// How it authenticates.
    pub auth: ClientAuthMethod,
    pub(crate) secret_hash: Option<Vec<u8>>,
    /// How it obtains tokens.
    pub grant_types: Vec<GrantType>,
    /// Where people are sent back to.
    pub redirect_uris: Vec<String>,
    /// Where people are sent after signing out.
    pub post_logout_redirect_uris: Vec<String>,
    /// Audiences it may ask for (RFC 8707).
    pub resources: Vec<String>,
    /// What it may do in Xinshu itself, by itself or for a user.
    pub permissions: Permissions,
    /// The unit that owns this entry.
    pub unit: UnitId,
    /// How its ID tokens are signed.
    pub id_token_alg: SignatureAlgorithm,
    /// Whether its ID tokens carry the claims of `profile` and `email`.
    pub claims_in_id_token: bool,
    /// When it was disabled, if it is.
    pub disabled_at: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// A client about to be registered.
#[derive(Debug, Default)]
pub struct NewClient {
    /// What pages call it.
    pub name: String,
    /// How it authenticates; by default `client_secret_basic`.
    pub auth: Option<ClientAuthMethod>,
    /// How it obtains tokens; by default the code flow and refreshing.
    pub grant_types: Vec<GrantType>,
    /// Where people are sent back to.
    pub redirect_uris: Vec<String>,
    /// Where people are sent after signing out.
    pub post_logout_redirect_uris: Vec<String>,
    /// Audiences it may ask for (RFC 8707).
    pub resources: Vec<String>,
    /// What it may do in Xinshu itself.
    pub permissions: Vec<String>,
    /// How its ID tokens are signed; by default RS256, which every client must support.
    pub id_token_alg: Option<SignatureAlgorithm>,
    /// Whether its ID tokens carry the claims of `profile` and `email`, for applications that
    /// do not ask userinfo.
    pub claims_in_id_token: bool,
}

/// What the response to a registration contains, once.
pub struct ClientCredentials {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`; none for a public client.
    pub client_secret: Option<String>,
}

/// Everything except the secret.
impl std::fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

impl NewClient {
    /// Checks it and makes it a client with `id` and `secret`.
    pub(crate) fn register(
        self,
        id: String,
        secret: Option<&str>,
        now: Timestamp,
    ) -> Result<Client, Error> {
        self.check_uris()?;
        let name = parse_name(self.name)?;
        let auth = self.auth.unwrap_or(ClientAuthMethod::ClientSecretBasic);
        let grant_types = if self.grant_types.is_empty() {
            vec![GrantType::AuthorizationCode, GrantType::RefreshToken]
        } else {
            self.grant_types
        };
        let code_flow = grant_types.contains(&GrantType::AuthorizationCode);
        check_need(&self.redirect_uris, code_flow)?;
        if grant_types.contains(&GrantType::RefreshToken) && !code_flow {
            return Err(Error::invalid(
                "grant_types",
                "refresh_token goes with authorization_code",
            ));
        }
        if grant_types.contains(&GrantType::ClientCredentials) && auth == ClientAuthMethod::None {
            return Err(Error::invalid(
                "token_endpoint_auth_method",
                "client_credentials needs a client with a secret (RFC 6749 §4.4)",
            ));
        }
        Ok(Client {
            id,
            name,
            auth,
            secret_hash: secret.map(|secret| hash_secret(secret).to_vec()),
            grant_types,
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            resources: self.resources,
            permissions: Permissions::parse_list(&self.permissions)
                .map_err(|error| Error::invalid("permissions", error.to_string()))?,
            unit: UnitId::ROOT,
            id_token_alg: self
                .id_token_alg
                .unwrap_or(SignatureAlgorithm::RsaPkcs1Sha256),
            claims_in_id_token: self.claims_in_id_token,
            disabled_at: None,
            created_at: now,
        })
    }

    fn check_uris(&self) -> Result<(), Error> {
        check_uris("redirect_uris", &self.redirect_uris)?;
        check_uris("post_logout_redirect_uris", &self.post_logout_redirect_uris)?;
        check_uris("resources", &self.resources)
    }
}

impl Client {
    /// The resource that actions on this client are about.
    pub fn resource(&self) -> Resource {
        Resource::new("client", &self.id).in_unit(self.unit.clone())
    }

    /// How audit entries name this client when it acts.
    pub fn principal(&self) -> Principal {
        Principal::new("client").with_id(&self.id)
    }

    /// Whether it has no secret.
    pub fn is_public(&self) -> bool {
        self.auth == ClientAuthMethod::None
    }

    /// Whether it may obtain tokens that way.
    pub fn may(&self, grant_type: GrantType) -> bool {
        self.grant_types.contains(&grant_type)
    }

    /// Whether pages of `origin` are this client's.
    pub(crate) fn has_origin(&self, origin: &str) -> bool {
        self.redirect_uris
            .iter()
            .any(|registered| origin_matches(registered, origin, self.is_public()))
    }

    /// Whether people may be sent back to `uri`.
    pub(crate) fn has_redirect_uri(&self, uri: &str) -> bool {
        self.redirect_uris
            .iter()
            .any(|registered| redirect_uri_matches(registered, uri, self.is_public()))
    }
}

pub(super) fn parse_name(name: String) -> Result<String, Error> {
    parse_line("name", Some(name))?
        .filter(|name| name.chars().count() <= MAX_NAME)
        .ok_or_else(|| Error::invalid("name", format!("1 to {MAX_NAME} characters")))
}

pub(super) fn check_uris(field: &'static str, uris: &[String]) -> Result<(), Error> {
    if uris.len() > MAX_URIS {
        return Err(Error::invalid(field, format!("at most {MAX_URIS}")));
    }
    for uri in uris {
        if field == "resources" {
            validate_resource(uri)?;
        } else {
            validate_redirect_uri(uri).map_err(|error| Error::invalid(field, error.to_string()))?;
        }
    }
    Ok(())
}

/// Redirect URIs are for the code flow.
pub(super) fn check_need(redirect_uris: &[String], code_flow: bool) -> Result<(), Error> {
    if code_flow == redirect_uris.is_empty() {
        return Err(Error::invalid(
            "redirect_uris",
            "needed for authorization_code, and for nothing else",
        ));
    }
    Ok(())
}

fn validate_resource(uri: &str) -> Result<(), Error> {
    let good = uri.len() <= 1024
        && uri.bytes().all(|byte| byte.is_ascii_graphic())
        && !uri.contains('#')
        && url::Url::parse(uri).is_ok();
    if good {
        Ok(())
    } else {
        Err(Error::invalid(
            "resources",
            format!("{uri:?} is not an absolute address without a fragment (RFC 8707 §2)"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register(new: NewClient) -> Result<Client, Error> {
        new.register("c".into(), Some("s"), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_client_that_cannot_work_is_rejected() {
        let portal = || NewClient {
            name: "Portal".into(),
            redirect_uris: vec!["https://portal.example/cb".into()],
            ..NewClient::default()
        };
        assert!(register(portal()).is_ok());
        assert!(
            register(NewClient {
                redirect_uris: vec![],
                ..portal()
            })
            .is_err()
        );
        assert!(
            register(NewClient {
                name: String::new(),
                ..portal()
            })
            .is_err()
        );
        let robot = || NewClient {
            name: "robot".into(),
            grant_types: vec![GrantType::ClientCredentials],
            ..NewClient::default()
        };
        assert!(register(robot()).is_ok());
        assert!(
            register(NewClient {
                auth: Some(ClientAuthMethod::None),
                ..robot()
            })
            .is_err()
        );
        assert!(
            register(NewClient {
                redirect_uris: vec!["https://x.example/".into()],
                ..robot()
            })
            .is_err()
        );
    }
}
