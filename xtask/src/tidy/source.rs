//! One source file, measured.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Meta, Signature};

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Part of the product or of its tasks.
    Product,
    /// Code that only tests use: held to the same limits, counted as test.
    Support,
    /// Tests.
    Test,
}

/// A source file.
#[derive(Debug)]
pub(crate) struct Source {
    /// Relative to the root of the repository.
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    /// All lines, comments and blank lines included.
    pub(crate) lines: usize,
    /// Lines of test modules inside the file.
    pub(crate) inline_tests: usize,
    /// Functions and methods outside of inline test modules, in the order of the file.
    pub(crate) functions: Vec<Function>,
    /// Test modules that the file declares but that lie in files of their own.
    pub(crate) test_modules: Vec<String>,
}

/// A function or method with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Line of the word `fn`, from 1.
    pub(crate) line: usize,
    /// Lines from the word `fn` to the closing brace.
    pub(crate) lines: usize,
    /// Parameters, `self` included; 0 where a trait dictates them.
    pub(crate) parameters: usize,
}

impl Source {
    /// Measures the text of a file.
    pub(crate) fn parse(path: &Path, kind: Kind, text: &str) -> Result<Self> {
        let file = syn::parse_file(text)
            .with_context(|| format!("{} is not valid Rust", path.display()))?;
        let mut measure = Measure::default();
        measure.visit_file(&file);
        Ok(Self {
            path: path.to_owned(),
            kind,
            lines: text.lines().count(),
            inline_tests: measure.inline_tests,
            functions: measure.functions,
            test_modules: measure.test_modules,
        })
    }

    /// Lines that are not tests.
    pub(crate) fn code_lines(&self) -> usize {
        match self.kind {
            Kind::Product => self.lines - self.inline_tests,
            Kind::Support | Kind::Test => 0,
        }
    }

    /// Lines that are tests or serve them.
    pub(crate) fn test_lines(&self) -> usize {
        self.lines - self.code_lines()
    }
}

/// Walks a file and notes what it meets.
#[derive(Default)]
struct Measure {
    inline_tests: usize,
    functions: Vec<Function>,
    test_modules: Vec<String>,
    in_trait_implementation: bool,
}

impl Measure {
    fn function(&mut self, signature: &Signature, body: &Block) {
        let line = signature.fn_token.span.start().line;
        let parameters = if self.in_trait_implementation {
            0
        } else {
            signature.inputs.len()
        };
        self.functions.push(Function {
            name: signature.ident.to_string(),
            line,
            lines: lines(line, body.brace_token.span.close()),
            parameters,
        });
    }

    fn test_module(&mut self, module: &syn::ItemMod) {
        match &module.content {
            Some((brace, _)) => {
                let start = module
                    .attrs
                    .first()
                    .map(|attribute| attribute.pound_token.span);
                let start = start.unwrap_or(module.mod_token.span).start().line;
                self.inline_tests += lines(start, brace.span.close());
            }
            None => self.test_modules.push(module.ident.to_string()),
        }
    }
}

impl<'ast> Visit<'ast> for Measure {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.attrs.iter().any(is_test_only) {
            self.test_module(module);
        } else {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_impl(&mut self, implementation: &'ast syn::ItemImpl) {
        let outer = self.in_trait_implementation;
        self.in_trait_implementation = implementation.trait_.is_some();
        visit::visit_item_impl(self, implementation);
        self.in_trait_implementation = outer;
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.function(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.function(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(body) = &function.default {
            self.function(&function.sig, body);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

/// Lines from `first` to the end of `last`, both included.
fn lines(first: usize, last: Span) -> usize {
    last.end().line + 1 - first
}

/// Whether an attribute leaves the item out of everything but tests: `cfg` with the word `test`
/// that is not inside `not(…)`.
fn is_test_only(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else {
        return false;
    };
    attribute.path().is_ident("cfg") && asks_for_test(list.tokens.clone())
}

fn asks_for_test(tokens: TokenStream) -> bool {
    let mut negated = false;
    for token in tokens {
        match token {
            TokenTree::Ident(word) if word == "test" => return true,
            TokenTree::Ident(word) => negated = word == "not",
            TokenTree::Group(group) if !negated && asks_for_test(group.stream()) => return true,
            _ => negated = false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(text: &str) -> Source {
        Source::parse(Path::new("a.rs"), Kind::Product, text).expect("valid Rust")
    }

    const EXAMPLE: &str = "\
//! A file.

/// Documentation does not count.
#[must_use]
fn three(
    first: u8) -> u8 {
    first }

trait Shape { fn area(&self, scale: u8) -> u8 { scale } fn bare(&self); }

impl Shape for u8 { fn area(&self, scale: u8) -> u8 { *self * scale } fn bare(&self) {} }

#[cfg(test)]
#[expect(unused)]
mod tests {
    fn not_counted() {}
}
";

    #[test]
    fn functions_are_measured_from_fn_to_the_closing_brace() {
        let source = measure(EXAMPLE);
        let first = &source.functions[0];
        assert_eq!(
            (first.name.as_str(), first.line, first.lines),
            ("three", 5, 3)
        );
    }

    #[test]
    fn only_functions_with_bodies_outside_of_tests_count() {
        let source = measure(EXAMPLE);
        let names: Vec<_> = source
            .functions
            .iter()
            .map(|function| &function.name)
            .collect();
        assert_eq!(names, ["three", "area", "area", "bare"]);
    }

    #[test]
    fn parameters_count_where_the_author_chose_them() {
        let source = measure(EXAMPLE);
        let counts: Vec<_> = source.functions.iter().map(|f| f.parameters).collect();
        assert_eq!(counts, [1, 2, 0, 0]);
    }

    #[test]
    fn inline_tests_are_taken_out_of_the_code() {
        let source = measure(EXAMPLE);
        assert_eq!((source.lines, source.inline_tests), (17, 5));
        assert_eq!((source.code_lines(), source.test_lines()), (12, 5));
    }

    #[test]
    fn test_modules_in_files_of_their_own_are_named() {
        let source = measure("#[cfg(test)]\nmod scenes;\nmod code;\n");
        assert_eq!(source.test_modules, ["scenes"]);
    }

    #[test]
    fn only_a_wish_for_test_makes_a_test_module() {
        let text = "#[cfg(all(unix, test))] mod a;\n#[cfg(not(test))] mod b;\n\
                    #[cfg(unix)] mod c;\n#[cfg(any(not(unix), test))] mod d;\n";
        assert_eq!(measure(text).test_modules, ["a", "d"]);
    }

    #[test]
    fn support_and_tests_are_no_product() {
        for kind in [Kind::Support, Kind::Test] {
            let source = Source::parse(Path::new("a.rs"), kind, "fn a() {}\n").expect("valid");
            assert_eq!((source.code_lines(), source.test_lines()), (0, 1));
        }
    }

    #[test]
    fn a_file_that_does_not_parse_is_named() {
        let error = Source::parse(Path::new("a.rs"), Kind::Product, "fn (").expect_err("broken");
        assert_eq!(error.to_string(), "a.rs is not valid Rust");
    }
}
