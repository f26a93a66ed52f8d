//! Registered names of grant types and of client authentication methods.

/// How a client obtains tokens (RFC 6749 §1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GrantType {
    /// RFC 6749 §4.1.
    AuthorizationCode,
    /// RFC 6749 §6.
    RefreshToken,
    /// RFC 6749 §4.4.
    ClientCredentials,
}

/// How a client authenticates at the token endpoint (OpenID Connect Core §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthMethod {
    /// Its secret in the Authorization header, or in the body: both are accepted.
    ClientSecretBasic,
    /// As above; the method that the client registered.
    ClientSecretPost,
    /// None: a public client, which must use PKCE.
    None,
}

macro_rules! names {
    ($type:ty: $($variant:ident = $name:literal),+) => {
        impl $type {
            /// The registered name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The value with that registered name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

names!(ClientAuthMethod: ClientSecretBasic = "client_secret_basic", ClientSecretPost = "client_secret_post", None = "none");
names!(GrantType: AuthorizationCode = "authorization_code", RefreshToken = "refresh_token", ClientCredentials = "client_credentials");
