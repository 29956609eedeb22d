//! How many wrong tokens are shown. Nobody guesses 256 bits, but whoever tries is slowed down and
//! seen.

use std::time::{Duration, Instant};

/// Wrong tokens a second that are told that they are wrong.
const A_SECOND: u32 = 20;
/// What goes on is told again after this time.
const NEWS_EVERY: Duration = Duration::from_mins(1);

/// The wrong tokens of late.
#[derive(Default)]
pub(super) struct Guesses {
    /// When this second began, and how many there were in it.
    second: Option<(Instant, u32)>,
    told: Option<Instant>,
}

/// What one more is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guess {
    /// One of few, of which somebody should hear.
    Counted {
        /// Whether that has not been told lately.
        is_news: bool,
    },
    /// One of too many.
    TooMany,
}

impl Guesses {
    /// Counts one more.
    pub(super) fn count(&mut self, now: Instant) -> Guess {
        let is_past = |then: Instant, after| now.duration_since(then) >= after;
        let (began, count) = match self.second {
            Some((began, count)) if !is_past(began, Duration::from_secs(1)) => (began, count),
            _ => (now, 0),
        };
        self.second = Some((began, count.saturating_add(1)));
        if count >= A_SECOND {
            return Guess::TooMany;
        }
        let is_news = self.told.is_none_or(|told| is_past(told, NEWS_EVERY));
        if is_news {
            self.told = Some(now);
        }
        Guess::Counted { is_news }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_each_second_are_counted_and_the_rest_are_too_many() {
        let mut guesses = Guesses::default();
        let start = Instant::now();
        let too_many = |guesses: &mut Guesses, at: Instant| {
            let counted = (0..1_000).map(|_| guesses.count(at));
            counted.filter(|guess| *guess == Guess::TooMany).count()
        };
        assert_eq!(too_many(&mut guesses, start), 980);
        let later = start + Duration::from_secs(1);
        assert_eq!(too_many(&mut guesses, later), 980);
    }

    #[test]
    fn it_is_news_once_a_minute() {
        let mut guesses = Guesses::default();
        let start = Instant::now();
        let mut is_news = |seconds| {
            let at = start + Duration::from_secs(seconds);
            guesses.count(at) == Guess::Counted { is_news: true }
        };
        assert!(is_news(0));
        assert!(!is_news(59));
        assert!(is_news(60));
        assert!(!is_news(61));
    }
}
