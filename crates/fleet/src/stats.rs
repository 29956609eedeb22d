//! Calls by the hour and since midnight, and what clients were spared.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{Datelike as _, Local, NaiveTime};
use model::{HourStats, now_millis};
use serde::{Deserialize, Serialize};
use store::{Facts, Found};

use crate::Fleet;
use crate::place::Place;

const HOUR: u64 = 60 * 60 * 1000;
const HOURS: usize = 24;
/// What was counted is written to the disk at most this often.
const SAVE_PACE: u64 = 60 * 1000;

impl Fleet {
    /// A client was shown the menu instead of all tools, which spared it so many tokens.
    pub fn count_listing(&self, tokens_saved: u64) {
        self.0.stats.count_listing(tokens_saved);
        self.0.counted.notify_one();
    }

    /// The last 24 hours, the current one last.
    pub fn hours(&self) -> Vec<HourStats> {
        self.0.stats.hours(now_millis())
    }
}

/// The counts. They survive a restart, but for what was counted in the last minute before a crash.
pub(crate) struct StatsBook {
    book: Mutex<Book>,
    facts: Option<Facts<Counts>>,
}

#[derive(Default)]
struct Book {
    counts: Counts,
    /// When counts that are not on the disk are to be written.
    save_at: Option<u64>,
}

/// What is counted.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Counts {
    hours: VecDeque<Hour>,
    day: Day,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Hour {
    start: u64,
    calls: u64,
    failures: u64,
    tokens_saved: u64,
    /// How many calls took how long, in classes of [`class`].
    durations: BTreeMap<u16, u64>,
}

/// One day of the user's.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Day {
    /// Its number in the user's calendar.
    number: i32,
    calls: u64,
    failures: u64,
}

impl StatsBook {
    pub(crate) fn open(place: &Place) -> Self {
        let (facts, found) = place.facts::<Counts>("stats.json");
        let counts = match found {
            Found::Value(counts) => counts,
            Found::Nothing | Found::Damaged => Counts::default(),
        };
        let book = Book {
            counts,
            save_at: None,
        };
        Self {
            book: Mutex::new(book),
            facts,
        }
    }

    pub(crate) fn count_call(&self, millis: u64, failed: bool) {
        let mut book = self.book();
        let failures = u64::from(failed);
        let hour = book.hour(now_millis());
        hour.calls += 1;
        hour.failures += failures;
        *hour.durations.entry(class(millis)).or_default() += 1;
        let day = book.counts.day.on(today());
        book.counts.day = Day {
            calls: day.calls + 1,
            failures: day.failures + failures,
            ..day
        };
    }

    fn count_listing(&self, tokens_saved: u64) {
        self.book().hour(now_millis()).tokens_saved += tokens_saved;
    }

    /// Calls since midnight, local time, and those of them that did not end well.
    pub(crate) fn today(&self) -> (u64, u64) {
        let day = self.book().counts.day.on(today());
        (day.calls, day.failures)
    }

    fn hours(&self, now: u64) -> Vec<HourStats> {
        let book = self.book();
        let current = now - now % HOUR;
        let starts = (0..HOURS as u64)
            .rev()
            .map(|ago| current.saturating_sub(ago * HOUR));
        let known = |start| book.counts.hours.iter().find(|hour| hour.start == start);
        let blank = |start| HourStats {
            start,
            ..HourStats::default()
        };
        starts
            .map(|start| known(start).map_or_else(|| blank(start), Hour::stats))
            .collect()
    }

    /// When something is to be done next: counts to be written, or today's to begin anew.
    pub(crate) fn due(&self) -> Option<u64> {
        let book = self.book();
        let midnight = (book.counts.day.calls > 0).then(next_midnight);
        [book.save_at, midnight].into_iter().flatten().min()
    }

    /// Writes what is due; blocks for a small write.
    pub(crate) fn save(&self, now: u64) {
        let mut book = self.book();
        if book.save_at.is_none_or(|at| at > now) {
            return;
        }
        book.save_at = None;
        let counts = book.counts.clone();
        drop(book);
        if let Some(facts) = &self.facts
            && let Err(error) = facts.put(&counts)
        {
            tracing::warn!(%error, "the counts of calls cannot be written");
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// The hour that is being counted.
    fn hour(&mut self, now: u64) -> &mut Hour {
        self.save_at.get_or_insert(now + SAVE_PACE);
        let start = now - now % HOUR;
        let hours = &mut self.counts.hours;
        // A clock that went back goes on in the hour that it comes to.
        hours.retain(|hour| hour.start <= start);
        if hours.back().is_none_or(|hour| hour.start != start) {
            hours.push_back(Hour {
                start,
                ..Hour::default()
            });
        }
        if hours.len() > HOURS {
            hours.pop_front();
        }
        let last = hours.len() - 1;
        &mut hours[last]
    }
}

impl Hour {
    fn stats(&self) -> HourStats {
        HourStats {
            start: self.start,
            calls: self.calls,
            failures: self.failures,
            p50: self.percentile(50),
            p95: self.percentile(95),
            tokens_saved: self.tokens_saved,
        }
    }

    /// So many in a hundred calls took no longer, in milliseconds.
    fn percentile(&self, percent: u64) -> Option<u64> {
        let all: u64 = self.durations.values().sum();
        let wanted = (all * percent).div_ceil(100);
        let mut seen = 0;
        let mut classes = self.durations.iter();
        let found = classes.find(|(_, count)| {
            seen += **count;
            seen >= wanted
        });
        found.map(|(class, _)| longest(*class))
    }
}

impl Day {
    /// The same if it is still that day, else a new one.
    fn on(self, number: i32) -> Self {
        if self.number == number {
            return self;
        }
        Self {
            number,
            ..Self::default()
        }
    }
}

/// Durations fall into classes: below 16 ms each of its own, then eight to each doubling. So what
/// is told of them is at most an eighth too long.
fn class(millis: u64) -> u16 {
    let millis = millis.min(1 << 31);
    if millis < 16 {
        return u16::try_from(millis).unwrap_or(0);
    }
    let doubling = millis.ilog2();
    let eighth = (millis >> (doubling - 3)) & 7;
    u16::try_from(16 + u64::from(doubling - 4) * 8 + eighth).unwrap_or(u16::MAX)
}

/// The longest duration of a class.
fn longest(class: u16) -> u64 {
    let class = u64::from(class);
    if class < 16 {
        return class;
    }
    let (doubling, eighth) = ((class - 16) / 8 + 4, (class - 16) % 8);
    ((8 + eighth + 1) << (doubling - 3)) - 1
}

fn today() -> i32 {
    Local::now().num_days_from_ce()
}

/// When the user's day ends. Where clocks are put forward at midnight, within the hour after it.
fn next_midnight() -> u64 {
    let now = Local::now();
    let left = NaiveTime::MIN - now.time();
    let left = left + chrono::TimeDelta::days(1);
    let left = left.to_std().unwrap_or(Duration::from_hours(1));
    now_millis() + u64::try_from(left.as_millis()).unwrap_or(HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_at_most_an_eighth_wide() {
        for millis in (0..5_000).chain([60_000, 86_400_000, 1 << 31]) {
            let told = longest(class(millis));
            assert!(told >= millis, "{millis} told as {told}");
            assert!(told - millis <= millis / 8, "{millis} told as {told}");
        }
    }

    #[test]
    fn percentiles_tell_the_usual_and_the_slow() {
        let book = StatsBook::open(&Place::default());
        assert_eq!(book.hours(now_millis()).last().expect("hours").p50, None);
        for _ in 0..94 {
            book.count_call(3, false);
        }
        for _ in 0..6 {
            book.count_call(1_000, true);
        }
        let hour = *book.hours(now_millis()).last().expect("hours");
        assert_eq!((hour.calls, hour.failures), (100, 6));
        assert_eq!((hour.p50, hour.p95), (Some(3), Some(1_023)));
        assert_eq!(book.today(), (100, 6));
    }

    #[test]
    fn there_are_always_24_hours_and_older_ones_go() {
        let book = StatsBook::open(&Place::default());
        let now = 1_000 * HOUR + 5;
        for hour in 0..30 {
            book.book().hour(now + hour * HOUR).calls = hour + 1;
        }
        let shown = book.hours(now + 30 * HOUR);
        assert_eq!(shown.len(), 24);
        let calls: Vec<u64> = shown.iter().map(|hour| hour.calls).collect();
        assert_eq!(calls, (8..=30).chain([0]).collect::<Vec<_>>());
    }

    #[test]
    fn yesterday_does_not_count() {
        let book = StatsBook::open(&Place::default());
        book.count_call(1, true);
        book.book().counts.day.number -= 1;
        assert_eq!(book.today(), (0, 0));
        book.count_call(1, false);
        assert_eq!(book.today(), (1, 0));
    }

    #[test]
    fn counts_survive_once_they_were_due() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place {
            state: Some(folder.path().to_owned()),
            ..Place::default()
        };
        let book = StatsBook::open(&place);
        assert_eq!(book.due(), None);
        book.count_call(7, true);
        let due = book.due().expect("something to write");
        book.save(due - 1);
        assert_eq!(StatsBook::open(&place).today(), (0, 0));
        book.save(due);
        assert_eq!(StatsBook::open(&place).today(), (1, 1));
    }
}
