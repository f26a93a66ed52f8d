//! HTTP answers, as curl hands them over.

use crate::Outcome;

/// An HTTP answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The head, with lower-case names.
    headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// What curl printed with `-i`.
    #[track_caller]
    pub fn parse(outcome: &Outcome) -> Self {
        let whole = &outcome.stdout;
        let end = whole
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .expect("an HTTP head");
        let head = String::from_utf8_lossy(&whole[..end]);
        let (first, fields) = head.split_once("\r\n").unwrap_or((&head, ""));
        let status = first.split(' ').nth(1).unwrap_or_default();
        let headers = fields.lines().filter_map(|field| field.split_once(':'));
        Self {
            status: status
                .parse()
                .unwrap_or_else(|_| panic!("no status: {first}")),
            headers: headers
                .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
                .collect(),
            body: whole[end + 4..].to_vec(),
        }
    }

    /// A header's value; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        let field = self.headers.iter().find(|(field, _)| field == name);
        field.map_or("", |(_, value)| value)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.text()))
    }

    /// Itself where the status is `status`; fails the test where not.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// The detail of an RFC 9457 problem of this status; fails the test where it is none.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = self.json();
        assert_eq!(body["status"], status, "{body}");
        body["detail"].as_str().expect("a detail").to_owned()
    }
}
