//! Bars, and how they are printed.

use serde_json::{Value, json};

/// One row of the table.
#[derive(Debug, PartialEq)]
pub(super) struct Bar {
    pub(super) name: &'static str,
    pub(super) measured: String,
    /// What is required, if anything is.
    pub(super) target: String,
    /// Whether that is met; a row without a target is.
    pub(super) met: bool,
}

impl Bar {
    /// A share that has to be at least so many per mille.
    pub(super) fn at_least(name: &'static str, share: Share, per_mille: usize) -> Self {
        Self {
            name,
            measured: share.text(),
            target: format!("≥ {}", percent(per_mille)),
            met: share.part * 1000 >= share.all * per_mille,
        }
    }

    /// A share that may be at most so many per mille.
    pub(super) fn at_most(name: &'static str, share: Share, per_mille: usize) -> Self {
        Self {
            name,
            measured: share.text(),
            target: format!("≤ {}", percent(per_mille)),
            met: share.part * 1000 <= share.all * per_mille,
        }
    }

    /// A share of which nothing is required.
    pub(super) fn told(name: &'static str, share: Share) -> Self {
        Self {
            name,
            measured: share.text(),
            target: String::new(),
            met: true,
        }
    }
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

    /// `3/40 = 7.5 %`.
    pub(super) fn text(self) -> String {
        let per_mille = (self.part * 2000 + self.all) / (self.all * 2).max(1);
        format!("{}/{} = {}", self.part, self.all, percent(per_mille))
    }
}

fn percent(per_mille: usize) -> String {
    format!("{}.{} %", per_mille / 10, per_mille % 10)
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
    let met = match (target.as_str(), bar.met) {
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
        assert!(Bar::at_least("", share, 75).met && Bar::at_most("", share, 75).met);
        assert!(!Bar::at_least("", share, 76).met && !Bar::at_most("", share, 74).met);
        assert_eq!(Bar::at_least("", share, 76).target, "≥ 7.6 %");
        assert_eq!(Share { part: 2, all: 3 }.text(), "2/3 = 66.7 %");
        assert_eq!(Share::default().text(), "0/0 = 0.0 %");
        let even = Share::of([1, 2, 3, 4].iter(), |number| **number % 2 == 0);
        assert_eq!(even, Share { part: 2, all: 4 });
    }

    #[test]
    fn a_missed_bar_stands_out() {
        let bar = |target: &str, met| Bar {
            name: "Recall",
            measured: "1/2".to_owned(),
            target: String::from(target),
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
