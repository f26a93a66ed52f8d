//! Lists: `{ "items": […], "next": "cursor" }`, with `limit` and `cursor`.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Problem;

/// How many items a page has if the request does not say.
const DEFAULT_LIMIT: u32 = 100;
/// How many items a page has at most.
const MAX_LIMIT: u32 = 1000;
/// How long a cursor may be.
const MAX_CURSOR: usize = 200;

/// One page of a list.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The items, at most as many as `limit` asked for.
    pub items: Vec<T>,
    /// The `cursor` of the next page; null after the last item.
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
    #[param(max_length = 200)]
    pub cursor: Option<String>,
}

impl<T> Page<T> {
    /// The page of `items`, which were read with [`PageQuery::limit_and_one_more`]: if
    /// the one more is there, the list goes on after the last item that is returned.
    pub fn of(mut items: Vec<T>, limit: u32, cursor: impl FnOnce(&T) -> String) -> Self {
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(cursor);
        Self { items, next }
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
    /// How many items to return.
    ///
    /// # Errors
    /// 400 unless it is from 1 to 1000.
    pub fn limit(&self) -> Result<u32, Problem> {
        match self.limit.unwrap_or(DEFAULT_LIMIT) {
            limit @ 1..=MAX_LIMIT => Ok(limit),
            _ => Err(Problem::bad_request(format!(
                "limit is a number from 1 to {MAX_LIMIT}"
            ))),
        }
    }

    /// How many items to read, so that [`Page::of`] knows whether the list goes on.
    ///
    /// # Errors
    /// As [`PageQuery::limit`].
    pub fn limit_and_one_more(&self) -> Result<u32, Problem> {
        Ok(self.limit()? + 1)
    }

    /// The cursor, if the list does not begin at its start.
    ///
    /// # Errors
    /// 400 if it is too long to be one, or has control characters.
    pub fn cursor(&self) -> Result<Option<&str>, Problem> {
        match self.cursor.as_deref() {
            Some(cursor) if cursor.len() > MAX_CURSOR || cursor.chars().any(char::is_control) => {
                Err(Problem::bad_request(
                    "cursor is the `next` of the page before",
                ))
            }
            cursor => Ok(cursor.filter(|cursor| !cursor.is_empty())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_goes_on_only_if_one_more_was_read() {
        let page = Page::of(vec![1, 2, 3], 2, i32::to_string);
        assert_eq!((page.items, page.next), (vec![1, 2], Some("2".to_owned())));
        let last = Page::of(vec![1, 2], 2, i32::to_string);
        assert_eq!((last.items, last.next), (vec![1, 2], None));
        assert_eq!(Page::of(Vec::<i32>::new(), 2, i32::to_string).next, None);
    }

    #[test]
    fn limits_and_cursors_out_of_bounds_are_bad_requests() {
        let query = |limit, cursor: Option<&str>| PageQuery {
            limit,
            cursor: cursor.map(str::to_owned),
        };
        assert_eq!(query(None, None).limit().unwrap(), 100);
        for limit in [0, 1001] {
            assert!(query(Some(limit), None).limit().is_err());
        }
        assert!(query(None, Some("a\nb")).cursor().is_err());
        assert!(query(None, Some(&"x".repeat(201))).cursor().is_err());
        assert_eq!(query(None, Some("")).cursor().unwrap(), None);
    }
}
