//! Whose pages these are: the organization's name and logo.

use std::{path::Path, sync::Arc};

use axum::body::Bytes;

use crate::asset::Asset;

/// A logo is an icon of some kilobytes, not a photograph.
const MAX_LOGO: u64 = 256 * 1024;

/// What pages show in place of the product's own name and mark. Routes of pages have it among
/// their requests' extensions. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Branding(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    organization: Option<String>,
    logo: Option<Asset>,
}

/// Why a logo cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum LogoError {
    /// The file cannot be read.
    #[error("{path}: {cause}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        cause: std::io::Error,
    },
    /// More bytes than every page should load.
    #[error("{0} has more than {limit} KiB", limit = MAX_LOGO / 1024)]
    TooLarge(String),
    /// Neither SVG, PNG, JPEG nor WebP.
    #[error("{0} is neither an SVG, PNG, JPEG nor WebP picture")]
    UnknownFormat(String),
}

impl Branding {
    /// Shows `organization` and the picture in the file `logo`; an empty text leaves the
    /// product's own.
    ///
    /// # Errors
    /// [`LogoError`].
    pub fn new(organization: &str, logo: &str) -> Result<Self, LogoError> {
        let organization = organization.trim();
        Ok(Self(Arc::new(Inner {
            organization: (!organization.is_empty()).then(|| organization.to_owned()),
            logo: match logo {
                "" => None,
                path => Some(read_logo(Path::new(path))?),
            },
        })))
    }

    /// The organization's name.
    pub(crate) fn organization(&self) -> Option<&str> {
        self.0.organization.as_deref()
    }

    /// The organization's logo.
    pub(crate) fn logo(&self) -> Option<&Asset> {
        self.0.logo.as_ref()
    }
}

fn read_logo(path: &Path) -> Result<Asset, LogoError> {
    let name = path.display().to_string();
    let unreadable = |cause| LogoError::Unreadable {
        path: name.clone(),
        cause,
    };
    if std::fs::metadata(path).map_err(unreadable)?.len() > MAX_LOGO {
        return Err(LogoError::TooLarge(name));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let (extension, content_type) =
        format(&bytes).ok_or_else(|| LogoError::UnknownFormat(name.clone()))?;
    Ok(Asset::new(
        "logo",
        extension,
        content_type,
        Bytes::from(bytes),
    ))
}

/// A picture's format by its first bytes, whatever its file is called.
fn format(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let riff = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some(("png", "image/png"))
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        Some(("jpg", "image/jpeg"))
    } else if riff {
        Some(("webp", "image/webp"))
    } else {
        let text = std::str::from_utf8(bytes).ok()?;
        let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
        let is_svg =
            (start.starts_with("<svg") || start.starts_with("<?xml") || start.starts_with("<!--"))
                && text.contains("<svg");
        is_svg.then_some(("svg", "image/svg+xml"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logo_is_known_by_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            path.display().to_string()
        };
        for (content, extension) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], "png"),
            (b"\xff\xd8\xff\xe0", "jpg"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
            (
                b"<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
                "svg",
            ),
            (b"\xef\xbb\xbf <svg/>", "svg"),
        ] {
            let branding = Branding::new("某某大学", &file("logo", content)).unwrap();
            let path = branding.logo().unwrap().path().to_owned();
            assert!(
                path.starts_with("/assets/logo-") && path.ends_with(extension),
                "{path}"
            );
        }
        for (content, part) in [
            (&b"<html><svg></svg></html>"[..], "is neither"),
            (b"GIF89a", "is neither"),
            (&[b' '; 300_000], "more than 256 KiB"),
        ] {
            let error = Branding::new("", &file("logo", content)).unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
        }
        assert!(Branding::new("", "/no/such/file").is_err());
        assert!(Branding::new(" ", "").unwrap().organization().is_none());
    }
}
