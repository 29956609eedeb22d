//! The limits that every source file and function keeps.

use crate::tidy::source::{Function, Kind, Source};

/// Lines of a file, tests included, above which it must be split.
pub(crate) const FILE_LINES: usize = 500;

/// Lines of a function above which it must be split.
pub(crate) const FUNCTION_LINES: usize = 60;

/// Parameters of a function, `self` included, above which it takes a struct.
pub(crate) const PARAMETERS: usize = 5;

/// Every broken limit as a sentence, in the order of the files.
pub(crate) fn broken(sources: &[Source]) -> Vec<String> {
    sources.iter().flat_map(broken_in).collect()
}

fn broken_in(source: &Source) -> Vec<String> {
    let mut broken = Vec::new();
    let path = source.path.display();
    if source.lines > FILE_LINES {
        let lines = source.lines;
        broken.push(format!("{path} has {lines} lines, more than {FILE_LINES}"));
    }
    if source.kind != Kind::Test {
        for function in &source.functions {
            broken.extend(
                function_limits(function)
                    .map(|what| format!("{path}:{}: `{}` {what}", function.line, function.name)),
            );
        }
    }
    broken
}

fn function_limits(function: &Function) -> impl Iterator<Item = String> {
    let Function {
        lines, parameters, ..
    } = *function;
    let long =
        (lines > FUNCTION_LINES).then(|| format!("has {lines} lines, more than {FUNCTION_LINES}"));
    let wide = (parameters > PARAMETERS)
        .then(|| format!("takes {parameters} parameters, more than {PARAMETERS}"));
    long.into_iter().chain(wide)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn source(kind: Kind, text: &str) -> Source {
        Source::parse(Path::new("crates/a/src/lib.rs"), kind, text).expect("valid Rust")
    }

    fn long_function(lines: usize) -> String {
        format!("fn long() {{{}}}", "\n".repeat(lines - 1))
    }

    #[test]
    fn what_keeps_the_limits_is_not_mentioned() {
        let text = long_function(60) + "\nfn wide(a: u8, b: u8, c: u8, d: u8, e: u8) {}\n";
        assert_eq!(
            broken(&[source(Kind::Product, &text)]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_long_file_is_mentioned_even_when_it_is_a_test() {
        let text = "\n".repeat(501);
        let expected = ["crates/a/src/lib.rs has 501 lines, more than 500"];
        assert_eq!(broken(&[source(Kind::Test, &text)]), expected);
    }

    #[test]
    fn a_long_and_wide_function_is_mentioned_twice() {
        let text = long_function(61).replace("()", "(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8)");
        let expected = [
            "crates/a/src/lib.rs:1: `long` has 61 lines, more than 60",
            "crates/a/src/lib.rs:1: `long` takes 6 parameters, more than 5",
        ];
        assert_eq!(broken(&[source(Kind::Support, &text)]), expected);
    }

    #[test]
    fn functions_of_tests_may_be_long() {
        let sources = [source(Kind::Test, &long_function(61))];
        assert_eq!(broken(&sources), Vec::<String>::new());
    }
}
