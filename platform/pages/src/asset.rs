//! A file that browsers may keep for ever, since its name contains its digest.

use axum::body::Bytes;
use crypto::Digest;

#[derive(Debug)]
pub(crate) struct Asset {
    name: String,
    path: String,
    content_type: &'static str,
    content: Bytes,
}

impl Asset {
    pub(crate) fn new(
        stem: &str,
        extension: &str,
        content_type: &'static str,
        content: Bytes,
    ) -> Self {
        let digest = hex::encode(Digest::Sha256.hash(&content));
        let name = format!("{stem}-{}.{extension}", digest.get(..12).unwrap_or(&digest));
        Self {
            path: format!("/assets/{name}"),
            name,
            content_type,
            content,
        }
    }

    /// Its address on this server.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Its name, which contains its digest.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its media type.
    pub(crate) fn content_type(&self) -> &'static str {
        self.content_type
    }

    /// Its bytes.
    pub(crate) fn content(&self) -> Bytes {
        self.content.clone()
    }
}
