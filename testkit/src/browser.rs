//! A person at a browser, as far as HTTP goes: curl with a cookie jar.

use std::{path::PathBuf, process::Command};

use crate::{
    Server, User,
    command::{Outcome, run},
};

/// One person's cookies.
#[derive(Debug)]
pub struct Browser {
    jar: tempfile::NamedTempFile,
    root: PathBuf,
}

/// A page, or where it sends the browser.
#[derive(Debug)]
pub struct Page {
    /// HTTP status.
    pub status: u16,
    /// `Location`, where there is one.
    pub location: Option<String>,
    /// Header lines as they came.
    pub head: String,
    /// Body.
    pub body: String,
}

impl Page {
    fn read(outcome: &Outcome) -> Self {
        let text = outcome.text();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let location = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("location")
                .then(|| value.trim().to_owned())
        });
        Self {
            status: head
                .split_whitespace()
                .nth(1)
                .and_then(|code| code.parse().ok())
                .unwrap_or(0),
            location,
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// The value of a hidden form field.
    pub fn hidden(&self, name: &str) -> String {
        let marker = format!("name=\"{name}\" value=\"");
        let rest = self.body.split_once(&marker).map_or("", |(_, rest)| rest);
        unescape(rest.split_once('"').map_or("", |(value, _)| value))
    }

    /// A parameter of the address that the page sends the browser to.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let location = self.location.as_deref()?;
        let query = location.split_once(['?', '#'])?.1;
        let value = query
            .split('&')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
        Some(percent_decode(value))
    }
}

impl Browser {
    /// A browser without cookies that trusts the server's root.
    pub fn new(server: &Server) -> Self {
        Self {
            jar: tempfile::NamedTempFile::new().unwrap(),
            root: server.root().to_owned(),
        }
    }

    /// Fetches a page, following nothing.
    pub fn get(&self, url: &str) -> Page {
        self.fetch(&[], url)
    }

    /// Fetches a page, following nothing; none where nobody answers.
    pub fn try_get(&self, url: &str) -> Option<Page> {
        let outcome = self.ask(&[], url);
        outcome.ok.then(|| Page::read(&outcome))
    }

    /// Sends a form, following nothing.
    pub fn post(&self, url: &str, fields: &[(&str, &str)]) -> Page {
        let origin: String = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        let mut arguments = vec!["-H".to_owned(), format!("Origin: {origin}")];
        for (name, value) in fields {
            arguments.push("--data-urlencode".to_owned());
            arguments.push(format!("{name}={value}"));
        }
        self.fetch(&arguments, url)
    }

    /// Signs in at `base`, and gives the page that follows.
    pub fn sign_in(&self, base: &str, user: &User) -> Page {
        let page = self.get(&format!("{base}/sign-in"));
        self.fill_in(base, &page, user)
    }

    /// Fills a sign-in page in.
    pub fn fill_in(&self, base: &str, page: &Page, user: &User) -> Page {
        let fields = [
            ("csrf", page.hidden("csrf")),
            ("request", page.hidden("request")),
            ("username", user.name.clone()),
            ("password", user.password.clone()),
        ];
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        self.post(&format!("{base}/sign-in"), &fields)
    }

    fn fetch(&self, arguments: &[String], url: &str) -> Page {
        Page::read(&self.ask(arguments, url).success())
    }

    fn ask(&self, arguments: &[String], url: &str) -> Outcome {
        let jar = self.jar.path();
        run(Command::new("curl")
            .args([
                "-sS",
                "-i",
                "--noproxy",
                "*",
                "--max-time",
                "60",
                "--http1.1",
                "--cacert",
            ])
            .arg(&self.root)
            .arg("-b")
            .arg(jar)
            .arg("-c")
            .arg(jar)
            .args(arguments)
            .arg(url))
    }
}

fn unescape(html: &str) -> String {
    html.replace("&#38;", "&")
        .replace("&amp;", "&")
        .replace("&#34;", "\"")
        .replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&#39;", "'")
}

fn percent_decode(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let digits: Vec<u8> = bytes.by_ref().take(2).collect();
                let digits = std::str::from_utf8(&digits).unwrap_or("3F");
                out.push(u8::from_str_radix(digits, 16).unwrap_or(b'?'));
            }
            b'+' => out.push(b' '),
            other => out.push(other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
