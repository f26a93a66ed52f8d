//! What a person can prove themselves with.

/// A row of `idp_credential` of the type `password`.
#[derive(Clone)]
pub(crate) struct Credential {
    pub(crate) id: String,
    /// The Argon2id hash in PHC form.
    pub(crate) secret: String,
    /// Whether the hash is of the prepared password, and not of what was typed, as in 0.1.0.
    pub(crate) is_prepared: bool,
}

/// Everything except the secret.
impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
