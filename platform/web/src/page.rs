//! Lists: `{ "items": […], "next": "cursor" }`, with `limit` and `cursor`.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Problem;

/// How many items a page has if the request does not say.
const DEFAULT_LIMIT: u32 = 100;
/// How many items a page has at most.
const MAX_LIMIT: u32 = 1000;
/// How long a cursor may be.
const MAX_CURSOR: usize = 400;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The items, at most as many as `limit` asked for.
    pub items: Vec<T>,
    /// The `cursor` of the next page; null after the last item. A page may have fewer items than
    /// `limit` and still a `next`.
    pub next: Option<String>,
}

/// Which part of a list is asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// At most so many items, 1 to 1000; 100 if absent.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// Where to continue: `next` of the page before.
    #[param(max_length = 400)]
    pub cursor: Option<String>,
}

/// The part of a list to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    limit: u32,
    after: String,
}

impl<T> Page<T> {
    /// All items on one page: the response to a change of a list.
    pub fn complete(items: Vec<T>) -> Self {
        Self { items, next: None }
    }

    /// With each item converted.
    ///
    /// # Errors
    /// The first that a conversion returns.
    pub fn try_map<U, E>(self, change: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        Ok(Page {
            items: self
                .items
                .into_iter()
                .map(change)
                .collect::<Result<_, E>>()?,
            next: self.next,
        })
    }

    /// With each item changed.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            next: self.next,
        }
    }
}

impl PageQuery {
    /// Checks the limit and decodes the cursor.
    ///
    /// # Errors
    /// 400 if the limit is out of bounds, or the cursor is none.
    pub fn parse(self) -> Result<PageRequest, Problem> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Problem::bad_request(format!(
                "limit is a number from 1 to {MAX_LIMIT}"
            )));
        }
        let after = decode(&self.cursor.unwrap_or_default())
            .ok_or_else(|| Problem::bad_request("cursor is the `next` of the page before"))?;
        Ok(PageRequest { limit, after })
    }
}

impl PageRequest {
    /// The key of the last item before this page; empty at the start of the list.
    pub fn after(&self) -> &str {
        &self.after
    }

    /// How many items the page has at most.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// How many rows to read: one more than the page has, which shows whether there
    /// is another page.
    pub fn fetch_limit(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// The page of a list that is entirely in memory.
    pub fn page_of<T>(&self, all: Vec<T>, key: impl Fn(&T) -> String) -> Page<T> {
        let start = match self.after.as_str() {
            "" => 0,
            after => {
                let last = all.iter().position(|item| key(item) == after);
                last.map_or(all.len(), |last| last + 1)
            }
        };
        let rows = all.into_iter().skip(start).take(self.limit as usize + 1);
        self.page(rows.collect(), key)
    }

    /// As [`Self::page`], of a search that stopped after the row with the key `visited_to`, which
    /// need not be among `rows`; the next page begins after it.
    pub fn page_visited<T>(
        &self,
        rows: Vec<T>,
        key: impl Fn(&T) -> String,
        visited_to: Option<String>,
    ) -> Page<T> {
        let mut page = self.page(rows, key);
        if page.next.is_none() {
            page.next = visited_to.map(|key| URL_SAFE_NO_PAD.encode(key));
        }
        page
    }

    /// The page of `rows`, of which at most [`Self::fetch_limit`] were read; `key`
    /// returns what [`Self::after`] of the next page will be.
    pub fn page<T>(&self, mut rows: Vec<T>, key: impl Fn(&T) -> String) -> Page<T> {
        let limit = self.limit as usize;
        let goes_on = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| goes_on);
        Page {
            next: last.map(|last| URL_SAFE_NO_PAD.encode(key(last))),
            items: rows,
        }
    }
}

fn decode(cursor: &str) -> Option<String> {
    if cursor.len() > MAX_CURSOR {
        return None;
    }
    let key = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    (!key.chars().any(char::is_control)).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(limit: u32, cursor: Option<String>) -> Result<PageRequest, Problem> {
        let query = PageQuery {
            limit: Some(limit),
            cursor,
        };
        query.parse()
    }

    #[test]
    fn a_list_is_read_page_by_page_to_its_end() {
        let all = ["a", "b", "c", "d", "e"].map(str::to_owned);
        let (mut read, mut cursor) = (Vec::new(), None);
        loop {
            let request = request(2, cursor).unwrap();
            let rows = all.iter().filter(|key| key.as_str() > request.after());
            let rows = rows.take(3).cloned().collect();
            let page = request.page(rows, String::clone);
            assert!(page.items.len() <= 2);
            read.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(read, all);
    }

    #[test]
    fn a_list_in_memory_has_pages_too() {
        let all = || ["b", "a", "c"].map(str::to_owned).to_vec();
        let first = request(2, None).unwrap().page_of(all(), String::clone);
        assert_eq!(first.items, ["b", "a"]);
        let second = request(2, first.next).unwrap();
        let second = second.page_of(all(), String::clone);
        assert_eq!((second.items, second.next), (vec!["c".to_owned()], None));
        let gone = URL_SAFE_NO_PAD.encode("x");
        let gone = request(2, Some(gone)).unwrap();
        assert!(gone.page_of(all(), String::clone).items.is_empty());
    }

    #[test]
    fn a_page_of_a_search_that_stopped_goes_on_where_it_did() {
        let rows = |count: usize| ["a", "b", "c"].map(str::to_owned)[..count].to_vec();
        let request = request(2, None).unwrap();
        let next = |count, visited_to: Option<&str>| {
            let page =
                request.page_visited(rows(count), String::clone, visited_to.map(str::to_owned));
            page.next.and_then(|next| decode(&next))
        };
        assert_eq!(next(0, Some("x")).as_deref(), Some("x"));
        assert_eq!(next(2, Some("x")).as_deref(), Some("x"));
        // A full page ends at its last item.
        assert_eq!(next(3, Some("x")).as_deref(), Some("b"));
        assert_eq!(next(2, None), None);
    }

    #[test]
    fn limits_and_cursors_out_of_bounds_are_bad_requests() {
        assert_eq!(PageQuery::default().parse().unwrap().limit(), 100);
        for limit in [0, 1001] {
            assert!(request(limit, None).is_err());
        }
        let encode = |key: &str| URL_SAFE_NO_PAD.encode(key);
        for cursor in ["?".to_owned(), encode("a\nb"), encode(&"x".repeat(400))] {
            assert!(request(1, Some(cursor)).is_err());
        }
        assert_eq!(request(1, Some(String::new())).unwrap().after(), "");
    }
}
