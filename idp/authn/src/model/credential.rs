//! What a person can prove themselves with.

/// A row of `idp_credential` of the type `password`.
#[derive(Clone)]
pub(crate) struct Credential {
    pub(crate) id: String,
    /// The Argon2id hash in PHC form.
    pub(crate) secret: String,
}

/// Everything except the secret.
impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
