//! Moments as people read them. The first render is UTC and the same on both sides; the browser then says it in
//! the reader's own zone and keeps it true every minute. The whole moment stands in `title`.

use super::{browser, effect};
use crate::{model::time::Time, tr};
use chrono::{DateTime, Datelike, Timelike, Utc};
use leptos::prelude::*;

/// How much of a moment is said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Shape {
    /// "2 min ago", "Yesterday", "12 Sep".
    #[default]
    Ago,
    /// "2 min", "1 h", "Yesterday", "Mon", "12 Sep": for lists.
    Short,
    /// "10:04".
    Clock,
    /// "Today", "Yesterday", "Thursday", "12 September".
    Day,
    /// "Today, 10:04".
    Moment,
    /// "Tomorrow, 09:00", "Monday, 09:00": what is still to come.
    Ahead,
    /// "09:00", "tomorrow 09:00", "Mon 09:00", "12 Sep 09:00": the same for lists, behind "until".
    Until,
    /// "5 min", "1 h", "3 d": how long it has lasted.
    Span,
    /// "waits 5 min"
    Waits,
}

/// A piece of a moment, said as its reader says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// "10:04", "10:04 AM"
    Clock,
    /// "Mon"
    Day,
    /// "Monday"
    Weekday,
    /// "12 Sep", "Sep 12"
    Date,
    /// "12 September"
    LongDate,
    /// "12 September 2025"
    FullDate,
}

/// `<time>`. `shape` says how much of it.
#[component]
pub fn When(
    time: Time,
    #[prop(optional)] shape: Shape,
    /// Within a sentence, where "today" is written small.
    #[prop(optional)]
    inside: bool,
) -> impl IntoView {
    let words = RwSignal::new((plain(time, shape), format!("{} UTC", whole(time.0))));
    effect(move |_| {
        if let Some(now) = browser::minute() {
            let here = Here {
                now: browser::shift(now),
                then: browser::shift(time),
            };
            let said = here.say(shape);
            let said = if inside { small(said) } else { said };
            words.set((said, whole(here.then)));
        }
    });
    view! {
        <time datetime=time.to_string() title=move || words.read().1.clone()>
            {move || words.read().0.clone()}
        </time>
    }
}

/// The first words: without a now and without a zone.
fn plain(time: Time, shape: Shape) -> String {
    let t = time.0;
    match shape {
        Shape::Clock => plainly(Part::Clock, t),
        Shape::Day => plainly(Part::FullDate, t),
        Shape::Short | Shape::Span | Shape::Waits => plainly(Part::Date, t),
        Shape::Ago | Shape::Moment | Shape::Ahead | Shape::Until => {
            format!("{}, {}", plainly(Part::Date, t), plainly(Part::Clock, t))
        }
    }
}

/// Two moments, both already moved into the reader's zone.
struct Here {
    now: DateTime<Utc>,
    then: DateTime<Utc>,
}

impl Here {
    fn say(&self, shape: Shape) -> String {
        let Here { now, then } = *self;
        let minutes = (now - then).num_minutes().max(0);
        match (shape, minutes) {
            (Shape::Clock, _) => said(Part::Clock, then),
            (Shape::Day, _) => self.day(),
            (Shape::Ahead, _) => format!("{}, {}", self.day_ahead(), said(Part::Clock, then)),
            (Shape::Moment, _) => format!("{}, {}", self.day(), said(Part::Clock, then)),
            (Shape::Until, _) => self.until(),
            (Shape::Span, _) => self.span(),
            (Shape::Waits, _) => tr!(common.waits, time = self.span()),
            (Shape::Short | Shape::Ago, 0) => tr!(common.just_now).to_string(),
            (Shape::Short, 1..60) => tr!(common.minutes, n = minutes).to_string(),
            (Shape::Ago, 1..60) => tr!(common.minutes_ago, n = minutes).to_string(),
            (Shape::Short, 60..1440) if self.days() == 0 => {
                tr!(common.hours, n = minutes / 60).to_string()
            }
            (Shape::Ago, 60..1440) if self.days() == 0 => {
                tr!(common.hours_ago, n = minutes / 60).to_string()
            }
            (Shape::Ago, _) if self.days() < 2 => {
                format!("{}, {}", self.day(), said(Part::Clock, then))
            }
            (Shape::Short, _) if (2..7).contains(&self.days()) => said(Part::Day, then),
            _ if self.days() < 2 => self.day(),
            _ if now.year() == then.year() => said(Part::Date, then),
            _ => format!("{} {}", said(Part::Date, then), then.year()),
        }
    }

    /// Midnights between the two.
    fn days(&self) -> i64 {
        (self.now.date_naive() - self.then.date_naive()).num_days()
    }

    fn day_ahead(&self) -> String {
        match self.days() {
            -1 => tr!(common.tomorrow).to_string(),
            -6..-1 => said(Part::Weekday, self.then),
            0 | 1 => self.day(),
            _ => said(Part::LongDate, self.then),
        }
    }

    fn span(&self) -> String {
        match (self.now - self.then).num_minutes().max(1) {
            n @ ..60 => tr!(common.minutes, n = n),
            n @ 60..1440 => tr!(common.hours, n = n / 60),
            n => tr!(common.days, n = n / 1440),
        }
    }

    fn until(&self) -> String {
        let clock = said(Part::Clock, self.then);
        match self.days() {
            0 => clock,
            -1 => format!("{} {clock}", small(tr!(common.tomorrow).to_string())),
            -6..-1 => format!("{} {clock}", said(Part::Day, self.then)),
            _ => format!("{} {clock}", said(Part::Date, self.then)),
        }
    }

    fn day(&self) -> String {
        match self.days() {
            0 => tr!(common.today).to_string(),
            1 => tr!(common.yesterday).to_string(),
            2..7 => said(Part::Weekday, self.then),
            _ if self.now.year() == self.then.year() => said(Part::LongDate, self.then),
            _ => said(Part::FullDate, self.then),
        }
    }
}

/// "today" for "Today": the names of weekdays stay large.
fn small(words: String) -> String {
    let names = [
        tr!(common.today),
        tr!(common.yesterday),
        tr!(common.tomorrow),
    ];
    match names.into_iter().find(|name| words.starts_with(name)) {
        Some(name) => words.replacen(name, &browser::lower(name), 1),
        None => words,
    }
}

/// As the reader's browser says it; every piece of a moment that a person reads comes through here.
pub fn said(part: Part, t: DateTime<Utc>) -> String {
    browser::said(part, t).unwrap_or_else(|| plainly(part, t))
}

/// The same on both sides, before anything is known of the reader.
fn plainly(part: Part, t: DateTime<Utc>) -> String {
    match part {
        Part::Clock => format!("{:02}:{:02}", t.hour(), t.minute()),
        Part::Day => weekday(t).chars().take(3).collect(),
        Part::Weekday => weekday(t).to_owned(),
        Part::Date => {
            let month: String = month(t).chars().take(3).collect();
            format!("{} {month}", t.day())
        }
        Part::LongDate => format!("{} {}", t.day(), month(t)),
        Part::FullDate => format!("{} {} {}", t.day(), month(t), t.year()),
    }
}

/// "Thursday, 20 November 2025, 10:04".
fn whole(t: DateTime<Utc>) -> String {
    [Part::Weekday, Part::FullDate, Part::Clock]
        .map(|part| said(part, t))
        .join(", ")
}

fn nth(words: &'static str, n: u32) -> &'static str {
    words.split(' ').nth(n as usize).unwrap_or_default()
}

fn weekday(t: DateTime<Utc>) -> &'static str {
    nth(tr!(common.weekdays), t.weekday().num_days_from_monday())
}

fn month(t: DateTime<Utc>) -> &'static str {
    nth(tr!(common.months), t.month0())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(now: &str, then: &str, shape: Shape) -> String {
        let t = |s: &str| s.parse::<Time>().unwrap().0;
        Here {
            now: t(now),
            then: t(then),
        }
        .say(shape)
    }

    #[test]
    fn a_moment_is_said_as_people_say_it() {
        let now = "2025-11-20T10:04:00Z";
        assert_eq!(say(now, "2025-11-20T10:03:30Z", Shape::Ago), "just now");
        assert_eq!(say(now, "2025-11-20T10:02:00Z", Shape::Ago), "2 min ago");
        assert_eq!(say(now, "2025-11-20T08:02:00Z", Shape::Short), "2 h");
        assert_eq!(say(now, "2025-11-19T23:02:00Z", Shape::Short), "Yesterday");
        assert_eq!(say(now, "2025-11-17T23:02:00Z", Shape::Short), "Mon");
        assert_eq!(say(now, "2025-11-17T23:02:00Z", Shape::Day), "Monday");
        assert_eq!(say(now, "2025-09-12T23:02:00Z", Shape::Short), "12 Sep");
        assert_eq!(
            say(now, "2024-09-12T23:02:00Z", Shape::Day),
            "12 September 2024"
        );
        assert_eq!(
            say(now, "2025-11-21T09:00:00Z", Shape::Ahead),
            "Tomorrow, 09:00"
        );
        assert_eq!(say(now, "2025-11-20T10:03:30Z", Shape::Span), "1 min");
        assert_eq!(say(now, "2025-11-20T09:00:00Z", Shape::Span), "1 h");
        assert_eq!(say(now, "2025-11-17T09:00:00Z", Shape::Span), "3 d");
        assert_eq!(
            say(now, "2025-11-20T09:59:00Z", Shape::Waits),
            "waits 5 min"
        );
        assert_eq!(say(now, "2025-11-20T15:00:00Z", Shape::Until), "15:00");
        assert_eq!(
            say(now, "2025-11-21T09:00:00Z", Shape::Until),
            "tomorrow 09:00"
        );
        assert_eq!(say(now, "2025-11-24T09:00:00Z", Shape::Until), "Mon 09:00");
        assert_eq!(
            small(say(now, "2025-11-20T15:00:00Z", Shape::Ahead)),
            "today, 15:00"
        );
        assert_eq!(
            small(say(now, "2025-11-24T09:00:00Z", Shape::Ahead)),
            "Monday, 09:00"
        );
        assert_eq!(
            say(now, "2025-11-20T10:05:00Z", Shape::Ago),
            "just now",
            "a clock that runs behind"
        );
    }
}
