//! Tests of the rules, with phrases of our own.

use super::*;

fn broken(text: &str) -> Vec<(&'static str, bool)> {
    let found = matches(&View::of(text))
        .into_iter()
        .filter(|found| found.rule.finds());
    found
        .map(|found| (found.rule.code, found.discounted))
        .collect()
}

#[test]
fn every_pattern_is_valid() {
    assert!(compile().is_some());
}
