//! The report as text.

use std::fmt::Display;

use crate::tidy::limits;
use crate::tidy::sizes::Sizes;
use crate::tidy::source::{Function, Kind, Source};

/// Lines of a file, tests left out, above which it is worth a second look.
const LONG_FILE: usize = 300;

/// How many of the worst are shown.
const WORST: usize = 10;

/// Sizes, the share of tests, and the worst of each.
pub(crate) fn report(sources: &[Source]) -> String {
    let product: Vec<_> = sources
        .iter()
        .filter(|source| source.kind == Kind::Product)
        .collect();
    let functions: Vec<_> = product
        .iter()
        .flat_map(|source| functions(source))
        .collect();
    let mut text = String::from("Product code, tests left out\n");
    text += &sizes_row(
        "file lines",
        product.iter().map(|source| source.code_lines()),
    );
    text += &sizes_row("function lines", functions.iter().map(|(_, f)| f.lines));
    text += &sizes_row("parameters", functions.iter().map(|(_, f)| f.parameters));
    text += &counts(&product, &functions);
    text += &ratio(sources);
    text += &worst_files(&product);
    text += &worst_functions("Longest functions", functions.iter(), |f| f.lines);
    text += &worst_functions("Most parameters", functions.iter(), |f| f.parameters);
    text
}

/// A function and the file it is in.
type Place<'a> = (&'a Source, &'a Function);

fn functions(source: &Source) -> impl Iterator<Item = Place<'_>> {
    source
        .functions
        .iter()
        .map(move |function| (source, function))
}

fn sizes_row(name: &str, sizes: impl Iterator<Item = usize>) -> String {
    let Sizes {
        count,
        median,
        p90,
        max,
    } = Sizes::of(sizes);
    format!("  {name:<16} n {count:>5}   median {median:>4}   p90 {p90:>4}   max {max:>4}\n")
}

fn counts(product: &[&Source], functions: &[Place<'_>]) -> String {
    let above = |limit| {
        product
            .iter()
            .filter(|source| source.code_lines() > limit)
            .count()
    };
    let long = functions
        .iter()
        .filter(|(_, f)| f.lines > limits::FUNCTION_LINES)
        .count();
    let wide = functions
        .iter()
        .filter(|(_, f)| f.parameters > limits::PARAMETERS)
        .count();
    format!(
        "  files over {LONG_FILE} lines: {}, over {}: {}; functions over {} lines: {long}; \
         over {} parameters: {wide}\n",
        above(LONG_FILE),
        limits::FILE_LINES,
        above(limits::FILE_LINES),
        limits::FUNCTION_LINES,
        limits::PARAMETERS,
    )
}

fn ratio(sources: &[Source]) -> String {
    let code: usize = sources.iter().map(Source::code_lines).sum();
    let tests: usize = sources.iter().map(Source::test_lines).sum();
    // Whole hundredths, cut off, so that the ratio never looks better than it is.
    let hundredths = (tests * 100).checked_div(code).unwrap_or_default();
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    format!("  {code} lines of code, {tests} of tests: {whole}.{rest:02} to 1\n")
}

fn worst_files(product: &[&Source]) -> String {
    let mut files = product.to_vec();
    files.sort_by_key(|source| std::cmp::Reverse(source.code_lines()));
    let mut text = String::from("\nLongest files\n");
    for source in files.iter().take(WORST) {
        text += &worst_row(source.code_lines(), &source.path.display());
    }
    text
}

fn worst_functions<'a>(
    title: &str,
    functions: impl Iterator<Item = &'a Place<'a>>,
    size: impl Fn(&Function) -> usize,
) -> String {
    let mut functions: Vec<_> = functions.collect();
    functions.sort_by_key(|(_, function)| std::cmp::Reverse(size(function)));
    let mut text = format!("\n{title}\n");
    for (source, function) in functions.into_iter().take(WORST) {
        let Function { name, line, .. } = function;
        let place = format!("{}:{line} {name}", source.path.display());
        text += &worst_row(size(function), &place);
    }
    text
}

fn worst_row(size: usize, place: &impl Display) -> String {
    format!("  {size:>5} {place}\n")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn sources() -> Vec<Source> {
        let files = [
            (
                "crates/a/src/big.rs",
                Kind::Product,
                "fn big(a: u8, b: u8) {\n\n\n}\n\n",
            ),
            (
                "crates/a/src/small.rs",
                Kind::Product,
                "fn small() {}\n#[cfg(test)]\nmod tests {\n}\n",
            ),
            (
                "tests/main.rs",
                Kind::Test,
                "fn long_test() {\n\n\n\n\n\n\n\n}\n",
            ),
        ];
        files
            .into_iter()
            .map(|(path, kind, text)| Source::parse(Path::new(path), kind, text).expect("valid"))
            .collect()
    }

    #[test]
    fn the_whole_report() {
        let expected = "\
Product code, tests left out
  file lines       n     2   median    1   p90    5   max    5
  function lines   n     2   median    1   p90    4   max    4
  parameters       n     2   median    0   p90    2   max    2
  files over 300 lines: 0, over 500: 0; functions over 60 lines: 0; over 5 parameters: 0
  6 lines of code, 12 of tests: 2.00 to 1

Longest files
      5 crates/a/src/big.rs
      1 crates/a/src/small.rs

Longest functions
      4 crates/a/src/big.rs:1 big
      1 crates/a/src/small.rs:1 small

Most parameters
      2 crates/a/src/big.rs:1 big
      0 crates/a/src/small.rs:1 small
";
        assert_eq!(report(&sources()), expected);
    }

    #[test]
    fn nothing_is_no_division_by_zero() {
        assert!(report(&[]).contains("0 lines of code, 0 of tests: 0.00 to 1"));
    }
}
