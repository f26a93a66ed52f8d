//! Applications that sign people in, or act for themselves.

use jiff::Timestamp;
use platform::access::Grants;

use super::{digest, matches, parse_grants, validate_redirect_uri};
use crate::Error;

const MAX_NAME: usize = 100;
const MAX_URIS: usize = 32;

/// How a client proves who it is at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// By its secret in the Authorization header, or in the body: both are taken.
    ClientSecretBasic,
    /// The same; what it was registered as.
    ClientSecretPost,
    /// Not at all: a public client, which must use PKCE.
    None,
}

/// How a client gets tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantType {
    /// RFC 6749 §4.1.
    AuthorizationCode,
    /// RFC 6749 §6.
    RefreshToken,
    /// RFC 6749 §4.4.
    ClientCredentials,
}

/// How a client's ID tokens are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdTokenAlg {
    /// RSASSA-PKCS1-v1_5 with SHA-256, which every client must take.
    #[default]
    Rs256,
    /// ECDSA on P-256.
    Es256,
}

macro_rules! names {
    ($type:ty: $($variant:ident = $name:literal),+) => {
        impl $type {
            /// Its name in requests and answers.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The one of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

names!(ClientAuth: ClientSecretBasic = "client_secret_basic", ClientSecretPost = "client_secret_post", None = "none");
names!(GrantType: AuthorizationCode = "authorization_code", RefreshToken = "refresh_token", ClientCredentials = "client_credentials");
names!(IdTokenAlg: Rs256 = "RS256", Es256 = "ES256");

/// A registered client.
#[derive(Clone, Debug)]
pub struct Client {
    /// `client_id`.
    pub id: String,
    /// What pages call it.
    pub name: String,
    /// How it proves who it is.
    pub auth: ClientAuth,
    pub(crate) secret_hash: Option<Vec<u8>>,
    /// How it gets tokens.
    pub grant_types: Vec<GrantType>,
    /// Where people are sent back to.
    pub redirect_uris: Vec<String>,
    /// Where people are sent after signing out.
    pub post_logout_redirect_uris: Vec<String>,
    /// Audiences it may ask for (RFC 8707).
    pub resources: Vec<String>,
    /// What it may do in Xinshu itself, alone or for a user.
    pub grants: Grants,
    /// How its ID tokens are signed.
    pub id_token_alg: IdTokenAlg,
    /// Since when it is refused.
    pub disabled_at: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// A client about to be registered.
#[derive(Debug, Default)]
pub struct NewClient {
    /// What pages call it.
    pub name: String,
    /// How it proves who it is; by default `client_secret_basic`.
    pub auth: Option<ClientAuth>,
    /// How it gets tokens; by default the code flow and refreshing.
    pub grant_types: Vec<GrantType>,
    /// Where people are sent back to.
    pub redirect_uris: Vec<String>,
    /// Where people are sent after signing out.
    pub post_logout_redirect_uris: Vec<String>,
    /// Audiences it may ask for (RFC 8707).
    pub resources: Vec<String>,
    /// What it may do in Xinshu itself.
    pub grants: Vec<String>,
    /// How its ID tokens are signed.
    pub id_token_alg: IdTokenAlg,
}

/// What a new client is told, once.
pub struct ClientCredentials {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`; none for a public client.
    pub client_secret: Option<String>,
}

/// All but the secret.
impl std::fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

impl NewClient {
    /// Checks it and makes a client with `id` and `secret` of it.
    pub(crate) fn register(
        self,
        id: String,
        secret: Option<&str>,
        now: Timestamp,
    ) -> Result<Client, Error> {
        let name = super::line("name", Some(self.name))?
            .filter(|name| name.chars().count() <= MAX_NAME)
            .ok_or_else(|| Error::invalid("name", format!("1 to {MAX_NAME} characters")))?;
        let auth = self.auth.unwrap_or(ClientAuth::ClientSecretBasic);
        let grant_types = if self.grant_types.is_empty() {
            vec![GrantType::AuthorizationCode, GrantType::RefreshToken]
        } else {
            self.grant_types
        };
        let code_flow = grant_types.contains(&GrantType::AuthorizationCode);
        if code_flow == self.redirect_uris.is_empty() {
            return Err(Error::invalid(
                "redirect_uris",
                "needed for authorization_code, and for nothing else",
            ));
        }
        if grant_types.contains(&GrantType::RefreshToken) && !code_flow {
            return Err(Error::invalid(
                "grant_types",
                "refresh_token goes with authorization_code",
            ));
        }
        if grant_types.contains(&GrantType::ClientCredentials) && auth == ClientAuth::None {
            return Err(Error::invalid(
                "token_endpoint_auth_method",
                "client_credentials needs a client with a secret (RFC 6749 §4.4)",
            ));
        }
        for (field, uris) in [
            ("redirect_uris", &self.redirect_uris),
            ("post_logout_redirect_uris", &self.post_logout_redirect_uris),
            ("resources", &self.resources),
        ] {
            if uris.len() > MAX_URIS {
                return Err(Error::invalid(field, format!("at most {MAX_URIS}")));
            }
            for uri in uris {
                if field == "resources" {
                    validate_resource(uri)?;
                } else {
                    validate_redirect_uri(field, uri)?;
                }
            }
        }
        Ok(Client {
            id,
            name,
            auth,
            secret_hash: secret.map(|secret| digest(secret).to_vec()),
            grant_types,
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            resources: self.resources,
            grants: parse_grants(&self.grants)?,
            id_token_alg: self.id_token_alg,
            disabled_at: None,
            created_at: now,
        })
    }
}

impl Client {
    /// True where it has no secret.
    pub fn is_public(&self) -> bool {
        self.auth == ClientAuth::None
    }

    /// True where it may get tokens that way.
    pub fn may(&self, grant_type: GrantType) -> bool {
        self.grant_types.contains(&grant_type)
    }

    /// True where people may be sent back to `uri`.
    pub(crate) fn has_redirect_uri(&self, uri: &str) -> bool {
        self.redirect_uris
            .iter()
            .any(|registered| matches(registered, uri, self.is_public()))
    }
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
    fn a_client_that_cannot_work_is_refused() {
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
                auth: Some(ClientAuth::None),
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
