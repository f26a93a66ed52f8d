//! Redirect URIs: what may be registered, and what matches it.

use url::{Host, Url};

const MAX_LENGTH: usize = 1024;
/// Parameters that responses add to a redirect URI (RFC 6749 §4.1.2, RFC 9207 §2). A client
/// could not tell them from its own, and a parameter may not come twice (§3.1).
const RESPONSE: [&str; 5] = ["code", "state", "iss", "error", "error_description"];

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
/// `https` anywhere, `http` on this machine only, and a private-use scheme that is a reversed
/// domain name for native applications. Requests are compared with it as text, so its host is
/// written in the one way in which browsers send it back.
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
    if let Some(reason) = not_a_uri(uri) {
        return wrong(reason);
    }
    let Ok(url) = Url::parse(uri) else {
        return wrong("not an absolute address");
    };
    let Some((scheme, rest)) = uri.split_once(':') else {
        return wrong("not an absolute address");
    };
    if scheme != url.scheme() {
        return wrong("write the scheme in lower case");
    }
    let authority = rest.strip_prefix("//").map(|rest| {
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        rest.split_at(end).0
    });
    if authority.is_some_and(|authority| authority.contains('@')) {
        return wrong("a user name is not allowed");
    }
    if authority.is_some_and(|authority| authority.contains([';', ',', '\''])) {
        return wrong("; , and ' are not allowed in a host");
    }
    if url
        .query_pairs()
        .any(|(name, _)| RESPONSE.contains(&&*name))
    {
        return wrong(
            "code, state, iss, error and error_description are added to the query by the response",
        );
    }
    match (scheme, authority) {
        ("https" | "http", Some(authority)) => validate_web_address(&url, authority, wrong),
        ("https" | "http", None) => wrong("write two slashes after the scheme"),
        (scheme, _) if scheme.contains('.') => Ok(()),
        _ => wrong("use https, http on localhost, or a scheme that is a reversed domain name"),
    }
}

/// Why a text of graphic ASCII characters is no URI that can be compared as text
/// (RFC 3986 §2).
fn not_a_uri(uri: &str) -> Option<&'static str> {
    if uri.contains('#') {
        return Some("a fragment is not allowed");
    }
    if uri.contains('*') {
        return Some("patterns are not allowed");
    }
    if uri.contains(['"', '<', '>', '\\', '^', '`', '{', '|', '}']) {
        return Some("the characters \" < > \\ ^ ` { | } must be percent-encoded");
    }
    let mut after_percent = uri.split('%').skip(1);
    let is_encoded = |text: &str| {
        let mut digits = text.bytes();
        let mut is_digit = || digits.next().is_some_and(|byte| byte.is_ascii_hexdigit());
        is_digit() && is_digit()
    };
    (!after_percent.all(is_encoded)).then_some("two hexadecimal digits must follow each %")
}

fn validate_web_address(
    url: &Url,
    authority: &str,
    wrong: impl Fn(&'static str) -> Result<(), RedirectUriError>,
) -> Result<(), RedirectUriError> {
    let (host, port) = split_port(authority);
    if url.host_str() != Some(host) {
        return wrong(
            "write the host as browsers do: in lower case, an address with all its parts",
        );
    }
    if port.is_some_and(|port| !is_port(port)) {
        return wrong("the port must be a number from 1 to 65535 without leading zeros");
    }
    if url.scheme() == "http" && !is_loopback(url) {
        return wrong("http is for this machine only (localhost, 127.0.0.1, [::1]); use https");
    }
    Ok(())
}

/// Whether `asked` is `registered`, byte by byte; only the port of a native application on
/// this machine is free (RFC 8252 §7.3, RFC 9700 §4.1.3).
pub fn redirect_uri_matches(registered: &str, asked: &str, native: bool) -> bool {
    if registered == asked {
        return true;
    }
    native
        && match (split_loopback(registered), split_loopback(asked)) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => false,
        }
}

/// Host and what follows the port of an `http` address on this machine, as they are written.
fn split_loopback(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (host, port) = split_port(authority);
    let is_good = is_loopback_host(host) && port.is_none_or(is_port);
    is_good.then_some((host, path))
}

/// Host and port of an authority without a user name.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    // The colons of an IPv6 address are in brackets.
    let after_address = authority.rfind(']').map_or(0, |at| at + 1);
    match authority
        .get(after_address..)
        .and_then(|rest| rest.rfind(':'))
    {
        Some(at) => {
            let (host, port) = authority.split_at(after_address + at);
            (host, port.get(1..))
        }
        None => (authority, None),
    }
}

fn is_port(text: &str) -> bool {
    !text.starts_with('0')
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse::<u16>().is_ok()
}

/// The source that a page's `form-action` needs so that the browser may follow
/// a redirect to `uri` after a form was sent (CSP 3 §6.4.1: redirects count).
pub fn form_action_source(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    match (url.scheme(), url.host()) {
        // An IPv6 address cannot be written as a source.
        ("http" | "https", Some(Host::Ipv6(_))) => Some(format!("{}:", url.scheme())),
        ("http" | "https", Some(_)) => {
            let origin = url.origin().ascii_serialization();
            // A character that ends the source would let the host add to the policy.
            (!origin.contains([';', ',', '\'', '"'])).then_some(origin)
        }
        (scheme, _) => Some(format!("{scheme}:")),
    }
}

/// The origin (RFC 6454 §6.1) of pages at a web address; none for other schemes.
pub fn web_origin(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.host().is_some();
    is_web.then(|| url.origin().ascii_serialization())
}

/// An `http` origin on this machine without its port; none for another.
pub fn loopback_origin(origin: &str) -> Option<String> {
    match split_loopback(origin)? {
        (host, "") => Some(format!("http://{host}")),
        _ => None,
    }
}

/// Whether pages of `origin` belong to the client that registered `redirect_uri`. A native
/// application's page on this machine may have any port, as its redirect URI may.
pub fn origin_matches(redirect_uri: &str, origin: &str, native: bool) -> bool {
    web_origin(redirect_uri).is_some_and(|own| redirect_uri_matches(&own, origin, native))
}

/// `uri` with parameters added to its query, its own bytes unchanged.
pub fn append_query(uri: &str, params: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(params);
    let separator = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{separator}{}", query.finish())
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(is_loopback_host)
}

fn is_loopback_host(host: &str) -> bool {
    host == "localhost"
        || host == "[::1]"
        || (host.starts_with("127.")
            && host
                .parse::<std::net::Ipv4Addr>()
                .is_ok_and(|address| address.is_loopback()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_registered() {
        for good in [
            "https://app.example/cb",
            "https://app.example/cb?tenant=1",
            "https://app.example/cb?Code=1&states=2&x=code&error_uri=y",
            "https://app.example/code=1/it's?it's",
            "http://localhost:3000/cb",
            "http://127.0.0.1/cb",
            "http://[::1]:8080/cb",
            "com.example.app:/cb",
            "com.example.app:cb",
            "com.example.app://host/cb",
            "https://app.example",
            "https://app.example?tenant=1",
            "https://app.example:8443/a/../b;c,d//e?f=%2F&g=@h",
            "https://192.0.2.1/cb",
            "https://[2001:db8::1]:8443/cb",
            "https://xn--fiqs8s.example/cb",
            "http://127.8.9.1:80/cb",
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
            "https:",
            "https:app.example/cb",
            "https:/app.example/cb",
            "https:///app.example/cb",
            "https:\\\\app.example\\cb",
            "HTTPS://app.example/cb",
            "https://App.example/cb",
            "https://app.example:/cb",
            "https://app.example:0443/cb",
            "https://app.example:65536/cb",
            "https://app.example:0/cb",
            "https://app.example;x/cb",
            "https://app.example,x/cb",
            "com.example.app://a;b/cb",
            "https://app.example'x/cb",
            "https://'self'/cb",
            "com.example.app://a'b/cb",
            "https://app.example/cb?code=1",
            "https://app.example/cb?a=b&state",
            "https://app.example/cb?i%73s=x",
            "https://app.example/cb?error=",
            "http://127.0.0.1/cb?error_description=x",
            "com.example.app:/cb?state=1",
            "https://%61pp.example/cb",
            "https://app.example/%",
            "https://app.example/%4",
            "https://app.example/%zz",
            "https://app.example/a|b",
            "https://app.example/a\"b",
            "https://:pass@app.example/cb",
            "https://@app.example/cb",
            "http://127.1/cb",
            "http://2130706433/cb",
            "http://0x7f.0.0.1/cb",
            "http://[0:0:0:0:0:0:0:1]/cb",
            "http://localhost.evil.example/cb",
            "http://localhost./cb",
            "http://10.0.0.1/cb",
            "\thttps://app.example/cb",
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

    /// What differs from the registered text anywhere but in the port of an address on this
    /// machine does not match, whatever a parser of addresses makes of it.
    #[test]
    fn everything_but_the_port_is_compared_as_text() {
        let native = |registered: &str, asked: &str| redirect_uri_matches(registered, asked, true);
        for registered in [
            "http://127.0.0.1/cb",
            "http://localhost:9/cb",
            "http://[::1]:9/cb",
        ] {
            let rest = registered.strip_prefix("http://").unwrap();
            let host = rest.split_once("/").unwrap().0.trim_end_matches(":9");
            for good in ["", ":1", ":80", ":65535"] {
                assert!(
                    native(registered, &format!("http://{host}{good}/cb")),
                    "{good}"
                );
            }
            for bad in [
                format!("http://{host}:/cb"),
                format!("http://{host}:080/cb"),
                format!("http://{host}:0/cb"),
                format!("http://{host}:65536/cb"),
                format!("http://{host}:99999999999999999999/cb"),
                format!("http://{host}:+80/cb"),
                format!("http://{host}:8\t0/cb"),
                format!("http://{host}:80\n/cb"),
                format!("http://{host}:\u{661}/cb"),
                format!("http://{host}:1:2/cb"),
                format!("http://{host}:1/CB"),
                format!("http://{host}:1/%63b"),
                format!("http://{host}:1/./cb"),
                format!("http://{host}:1/x/../cb"),
                format!("http://{host}:1//cb"),
                format!("http://{host}:1\\cb"),
                format!("http:\\\\{host}:1/cb"),
                format!("http:/{host}:1/cb"),
                format!("http:{host}:1/cb"),
                format!("HTTP://{host}:1/cb"),
                format!(" http://{host}:1/cb"),
                format!("\thttp://{host}:1/cb"),
                format!("http://{host}:1/cb "),
                format!("http://{host}:1/c\tb"),
                format!("http://{host}:1/cb?"),
                format!("http://{host}:1/cb?x"),
                format!("http://{host}:1/cb#"),
                format!("http://{host}:1/cb/"),
                format!("http://{host}:1"),
                format!("http://@{host}:1/cb"),
                format!("http://u@{host}:1/cb"),
                format!("http://{host}:1@evil.example/cb"),
                format!("http://{host}.:1/cb"),
                format!("http://{host}.evil.example:1/cb"),
                format!("https://{host}:1/cb"),
                format!("http://{host}:1;/cb"),
                format!("http://{host},x:1/cb"),
            ] {
                assert!(!native(registered, &bad), "{registered} {bad:?}");
            }
        }
        for odd in [
            "http://127.1:1/cb",
            "http://127.0.0.01:1/cb",
            "http://127.0.0.2:1/cb",
            "http://2130706433:1/cb",
            "http://0x7f000001:1/cb",
            "http://0177.0.0.1:1/cb",
            "http://1\u{ff12}7.0.0.1:1/cb",
            "http://%31%32%37.0.0.1:1/cb",
            "http://localhost:1/cb",
            "http://[::1]:1/cb",
            "http://[::ffff:127.0.0.1]:1/cb",
        ] {
            assert!(!native("http://127.0.0.1/cb", odd), "{odd}");
        }
        for odd in [
            "http://LOCALHOST:1/cb",
            "http://local%68ost:1/cb",
            "http://127.0.0.1/cb",
        ] {
            assert!(!native("http://localhost/cb", odd), "{odd}");
        }
        for odd in [
            "http://[0::1]:1/cb",
            "http://[::0001]:1/cb",
            "http://::1:1/cb",
        ] {
            assert!(!native("http://[::1]/cb", odd), "{odd}");
        }
        assert!(native(
            "http://127.0.0.1/cb?a=%2f",
            "http://127.0.0.1:5/cb?a=%2f"
        ));
        assert!(!native(
            "http://127.0.0.1/cb?a=%2f",
            "http://127.0.0.1:5/cb?a=%2F"
        ));
    }

    #[test]
    fn origins_of_redirect_uris() {
        assert_eq!(
            web_origin("https://a.example:443/x").unwrap(),
            "https://a.example"
        );
        assert_eq!(web_origin("com.example.app:/cb"), None);
        assert!(origin_matches(
            "https://a.example:444/x?y",
            "https://a.example:444",
            false
        ));
        assert!(!origin_matches(
            "https://a.example/x",
            "https://a.example:444",
            true
        ));
        assert!(!origin_matches("https://a.example/x", "null", true));
        assert!(origin_matches(
            "http://localhost/x",
            "http://localhost:5173",
            true
        ));
        assert!(!origin_matches(
            "http://localhost/x",
            "http://localhost:5173",
            false
        ));
        assert_eq!(
            loopback_origin("http://[::1]:5173").unwrap(),
            "http://[::1]"
        );
        assert_eq!(loopback_origin("http://localhost:5173/x"), None);
        assert_eq!(loopback_origin("https://a.example:444"), None);
        assert!(!origin_matches("com.example.app:/cb", "null", true));
    }

    #[test]
    fn sources_for_form_action() {
        // Registered before hosts were checked.
        assert_eq!(
            form_action_source("https://a;script-src b.example/cb"),
            None
        );
        assert_eq!(form_action_source("https://a.example,b.example/cb"), None);
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
