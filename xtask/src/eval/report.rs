//! Bars, and how they are printed.

use serde_json::{Value, json};

/// One row of the table.
#[derive(Debug, PartialEq)]
pub(super) struct Bar {
    pub(super) name: &'static str,
    pub(super) measured: String,
    /// What is required, if anything is.
    pub(super) target: &'static str,
    /// Whether that is met; a row without a target is.
    pub(super) met: bool,
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) part: usize,
    pub(super) all: usize,
}

impl Share {
    /// Of these, those for which it holds.
    pub(super) fn of<T>(cases: impl Iterator<Item = T>, holds: impl Fn(&T) -> bool) -> Self {
        cases.fold(Self::default(), |share, case| Self {
            part: share.part + usize::from(holds(&case)),
            all: share.all + 1,
        })
    }

    /// Whether the share is at least so many per mille.
    pub(super) fn at_least(self, per_mille: usize) -> bool {
        self.part * 1000 >= self.all * per_mille
    }

    /// Whether the share is at most so many per mille.
    pub(super) fn at_most(self, per_mille: usize) -> bool {
        self.part * 1000 <= self.all * per_mille
    }

    /// `3/40 = 7.5 %`.
    pub(super) fn text(self) -> String {
        let per_mille = (self.part * 2000 + self.all) / (self.all * 2).max(1);
        let (whole, tenth) = (per_mille / 10, per_mille % 10);
        format!("{}/{} = {whole}.{tenth} %", self.part, self.all)
    }
}

/// The bars as a Markdown table.
pub(super) fn table(bars: &[Bar]) -> String {
    let mut text = String::from("| Bar | Measured | Target | Met |\n|---|---|---|---|\n");
    for bar in bars {
        text += &row(bar);
    }
    text
}

fn row(bar: &Bar) -> String {
    let Bar {
        name,
        measured,
        target,
        ..
    } = bar;
    let met = match (*target, bar.met) {
        ("", _) => "",
        (_, true) => "yes",
        (_, false) => "NO",
    };
    format!("| {name} | {measured} | {target} | {met} |\n")
}

/// The bars as JSON.
pub(super) fn json(bars: &[Bar]) -> Value {
    let bars = bars.iter().map(|bar| {
        json!({"bar": bar.name, "measured": bar.measured, "target": bar.target, "met": bar.met})
    });
    bars.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_and_compared_exactly() {
        let share = Share { part: 3, all: 40 };
        assert_eq!(share.text(), "3/40 = 7.5 %");
        assert!(share.at_least(75) && share.at_most(75));
        assert!(!share.at_least(76) && !share.at_most(74));
        assert_eq!(Share { part: 2, all: 3 }.text(), "2/3 = 66.7 %");
        assert_eq!(Share::default().text(), "0/0 = 0.0 %");
        let even = Share::of([1, 2, 3, 4].iter(), |number| **number % 2 == 0);
        assert_eq!(even, Share { part: 2, all: 4 });
    }

    #[test]
    fn a_missed_bar_stands_out() {
        let bar = |target, met| Bar {
            name: "Recall",
            measured: "1/2".to_owned(),
            target,
            met,
        };
        let expected = "\
| Bar | Measured | Target | Met |
|---|---|---|---|
| Recall | 1/2 | all | NO |
| Recall | 1/2 | all | yes |
| Recall | 1/2 |  |  |
";
        assert_eq!(
            table(&[bar("all", false), bar("all", true), bar("", true)]),
            expected
        );
    }
}
