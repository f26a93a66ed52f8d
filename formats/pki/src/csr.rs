//! Building certification requests (PKCS #10, RFC 2986); `request` reads them.

use asn1::{Writer, tag};
use crypto::SignatureAlgorithm;
use hsm_adapters::Key;

use crate::{
    Extension, GeneralName, Name, Result, oid,
    signing::{assemble, sign_checked},
};

/// Builds and signs a request for `subject` and `alt_names`.
///
/// # Errors
/// [`Error::Invalid`] for names with wrong syntax, and those of signing.
pub async fn build(
    subject: &Name,
    alt_names: &[GeneralName],
    key: &dyn Key,
    algorithm: SignatureAlgorithm,
) -> Result<Vec<u8>> {
    build_with_extensions(subject, alt_names, &[], key, algorithm).await
}

/// As [`build`], asking for further extensions.
///
/// # Errors
/// Those of [`build`].
pub async fn build_with_extensions(
    subject: &Name,
    alt_names: &[GeneralName],
    extensions: &[Extension],
    key: &dyn Key,
    algorithm: SignatureAlgorithm,
) -> Result<Vec<u8>> {
    alt_names.iter().try_for_each(GeneralName::check)?;
    let public_key = key.public_key().clone();
    let info = Writer::build(|w| {
        w.sequence(|w| {
            w.integer(0);
            w.raw(subject.der());
            w.raw(public_key.der());
            w.nested(tag::constructed(0), |w| {
                if !alt_names.is_empty() || !extensions.is_empty() {
                    extension_request(w, alt_names, extensions);
                }
            });
        });
    });
    let signature = sign_checked(key, &public_key, algorithm, &info).await?;
    Ok(assemble(&info, algorithm, &signature))
}

fn extension_request(w: &mut Writer, alt_names: &[GeneralName], extensions: &[Extension]) {
    w.sequence(|w| {
        w.oid(oid::EXTENSION_REQUEST);
        w.set(|w| {
            w.sequence(|w| {
                if !alt_names.is_empty() {
                    w.extension(oid::SUBJECT_ALT_NAME, false, |w| {
                        w.sequence(|w| alt_names.iter().for_each(|name| name.write(w)));
                    });
                }
                extensions.iter().for_each(|extension| extension.write(w));
            });
        });
    });
}
