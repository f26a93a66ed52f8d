//! A service with a client's credentials.

use crate::Server;

/// A client that gets access tokens by its own secret.
#[derive(Clone, Debug)]
pub struct Robot {
    /// `client_id`.
    pub id: String,
    /// `client_secret`.
    pub secret: String,
}

impl Robot {
    /// A fresh access token, ready as a curl header.
    #[track_caller]
    pub fn bearer(&self, server: &Server) -> String {
        let user = format!("{}:{}", self.id, self.secret);
        let form = "grant_type=client_credentials&scope=api";
        let answer = server
            .ask(["-u", &user, "-d", form], "/oauth2/token")
            .expect(200);
        let token = answer.json()["access_token"]
            .as_str()
            .expect("a token")
            .to_owned();
        format!("Authorization: Bearer {token}")
    }
}
