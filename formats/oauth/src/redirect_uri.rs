//! Redirect URIs: what may be registered, and what matches it.

use url::{Host, Url};

const MAX_LENGTH: usize = 1024;

/// Why a redirect URI cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{uri:?}: {reason}")]
pub struct RedirectUriError {
    /// The URI.
    pub uri: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Whether `uri` may be registered (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §4.1).
///
/// `https` anywhere, `http` on this machine only, and a private-use scheme that
/// is a reversed domain name for native applications.
pub fn validate_redirect_uri(uri: &str) -> Result<(), RedirectUriError> {
    let wrong = |reason| {
        Err(RedirectUriError {
            uri: uri.to_owned(),
            reason,
        })
    };
    if uri.len() > MAX_LENGTH {
        return wrong("at most 1024 characters");
    }
    if !uri.bytes().all(|byte| byte.is_ascii_graphic()) {
        return wrong("spaces and characters beyond ASCII must be percent-encoded");
    }
    let Ok(url) = Url::parse(uri) else {
        return wrong("not an absolute address");
    };
    if uri.contains('#') {
        return wrong("a fragment is not allowed");
    }
    if uri.contains('*') {
        return wrong("patterns are not allowed");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("a user name is not allowed");
    }
    match url.scheme() {
        "https" if url.host().is_some() => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        "http" => wrong("http is for this machine only (localhost, 127.0.0.1, [::1]); use https"),
        scheme if scheme.contains('.') => Ok(()),
        _ => wrong("use https, http on localhost, or a scheme that is a reversed domain name"),
    }
}

/// Whether `asked` is `registered`, byte by byte; only the port of a native
/// application on this machine is free (RFC 8252 §7.3).
pub fn redirect_uri_matches(registered: &str, asked: &str, native: bool) -> bool {
    if registered == asked {
        return true;
    }
    if !native {
        return false;
    }
    let (Ok(ours), Ok(theirs)) = (Url::parse(registered), Url::parse(asked)) else {
        return false;
    };
    let mut without_port = theirs.clone();
    // An http address with a host always takes a port.
    let _ = without_port.set_port(ours.port());
    ours.scheme() == "http"
        && is_loopback(&ours)
        && is_loopback(&theirs)
        && without_port == ours
        && asked.len() <= MAX_LENGTH
        && !asked.contains('#')
        && !asked.contains('@')
}

/// The source that a page's `form-action` needs so that the browser may follow
/// a redirect to `uri` after a form was sent (CSP 3 §6.4.1: redirects count).
pub fn form_action_source(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    match (url.scheme(), url.host()) {
        // An IPv6 address cannot be written as a source.
        ("http" | "https", Some(Host::Ipv6(_))) => Some(format!("{}:", url.scheme())),
        ("http" | "https", Some(_)) => Some(url.origin().ascii_serialization()),
        (scheme, _) => Some(format!("{scheme}:")),
    }
}

/// `uri` with parameters added to its query, its own bytes unchanged.
pub fn append_query(uri: &str, params: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(params);
    let separator = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{separator}{}", query.finish())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_registered() {
        for good in [
            "https://app.example/cb",
            "https://app.example/cb?tenant=1",
            "http://localhost:3000/cb",
            "http://127.0.0.1/cb",
            "http://[::1]:8080/cb",
            "com.example.app:/cb",
        ] {
            assert!(validate_redirect_uri(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/cb",
            "app.example/cb",
            "http://app.example/cb",
            "https://app.example/cb#x",
            "https://*.example/cb",
            "https://user@app.example/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://app.example/c b",
            "https://",
        ] {
            assert!(validate_redirect_uri(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_a_native_application_chooses_its_port() {
        assert!(redirect_uri_matches(
            "http://127.0.0.1/cb",
            "http://127.0.0.1:51004/cb",
            true
        ));
        assert!(redirect_uri_matches(
            "http://[::1]/cb",
            "http://[::1]:51004/cb",
            true
        ));
        assert!(!redirect_uri_matches(
            "http://127.0.0.1/cb",
            "http://127.0.0.1:51004/cb",
            false
        ));
        assert!(!redirect_uri_matches(
            "http://127.0.0.1/cb",
            "http://127.0.0.1:51004/other",
            true
        ));
        assert!(!redirect_uri_matches(
            "http://127.0.0.1/cb",
            "http://evil.example:51004/cb",
            true
        ));
        assert!(!redirect_uri_matches(
            "http://127.0.0.1/cb",
            "http://127.0.0.1:1@evil.example/cb",
            true
        ));
        assert!(!redirect_uri_matches(
            "https://a.example/cb",
            "https://a.example:444/cb",
            true
        ));
        assert!(!redirect_uri_matches(
            "https://a.example/cb",
            "https://a.example/cb/",
            true
        ));
    }

    #[test]
    fn sources_for_form_action() {
        assert_eq!(
            form_action_source("https://a.example:444/x?y").unwrap(),
            "https://a.example:444"
        );
        assert_eq!(form_action_source("http://[::1]:1/x").unwrap(), "http:");
        assert_eq!(
            form_action_source("com.example.app:/cb").unwrap(),
            "com.example.app:"
        );
    }
}
