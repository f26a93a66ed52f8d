//! Times as people say them. The server does not know the reader's time zone, so pages say how
//! long ago something was, and carry the exact time as a title.

use jiff::{Timestamp, tz::TimeZone};

use crate::Texts;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// After so many days the date says more.
const LATELY: i64 = 30;

/// `<time>` for something that happened at `time`.
pub(crate) fn ago(texts: Texts, time: Timestamp, now: Timestamp) -> String {
    let utc = time.to_zoned(TimeZone::UTC);
    let machine = utc.strftime("%Y-%m-%dT%H:%M:%SZ");
    let exact = utc.strftime("%Y-%m-%d %H:%M UTC");
    // Digits, letters and marks that need no escaping, and texts of ours.
    format!(
        "<time datetime=\"{machine}\" title=\"{exact}\">{}</time>",
        words(texts, time, now)
    )
}

fn words(texts: Texts, time: Timestamp, now: Timestamp) -> String {
    let seconds = (now - time).get_seconds().max(0);
    let count = |id: &str, count: i64| texts.tr_with(id, &[("count", count.into())]);
    match seconds {
        0..MINUTE => texts.tr("time-now").into_owned(),
        MINUTE..HOUR => count("time-minutes", seconds / MINUTE),
        HOUR..DAY => count("time-hours", seconds / HOUR),
        _ if seconds / DAY <= LATELY => count("time-days", seconds / DAY),
        _ => {
            let date = time.to_zoned(TimeZone::UTC).date().to_string();
            texts.tr_with("time-date", &[("date", date.into())])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Locale;

    #[test]
    fn times_are_said_in_both_languages() {
        let now: Timestamp = "2026-03-01T08:00:00Z".parse().unwrap();
        for (time, en, zh) in [
            ("2026-03-01T08:00:30Z", "just now", "刚刚"),
            ("2026-03-01T07:59:01Z", "just now", "刚刚"),
            ("2026-03-01T07:59:00Z", "1 minute ago", "1分钟前"),
            ("2026-03-01T07:00:01Z", "59 minutes ago", "59分钟前"),
            ("2026-03-01T06:00:00Z", "2 hours ago", "2小时前"),
            ("2026-02-28T08:00:00Z", "1 day ago", "1天前"),
            ("2026-01-30T08:00:00Z", "30 days ago", "30天前"),
            ("2026-01-29T08:00:00Z", "on 2026-01-29", "2026-01-29"),
        ] {
            let time = time.parse().unwrap();
            assert_eq!(words(Texts::of(Locale::En), time, now), en);
            assert_eq!(words(Texts::of(Locale::Zh), time, now), zh);
        }
        let html = ago(Texts::of(Locale::En), now, now);
        assert_eq!(
            html,
            "<time datetime=\"2026-03-01T08:00:00Z\" title=\"2026-03-01 08:00 UTC\">just now</time>"
        );
    }
}
