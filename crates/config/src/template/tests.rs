use super::*;
use crate::reference::KeyringError;

/// Knows the variable `HOME_URL`, the secret `gh` and a keychain that is locked for `locked`.
struct Fixed;

impl Resolve for Fixed {
    fn env(&self, name: &str) -> Option<String> {
        (name == "HOME_URL").then(|| "https://home".to_owned())
    }

    fn keyring(&self, name: &str) -> Result<Option<Secret>, KeyringError> {
        match name {
            "gh" => Ok(Some(Secret::new("s3cret"))),
            "locked" => Err(KeyringError::Unavailable("it is locked".into())),
            _ => Ok(None),
        }
    }
}

fn template(text: &str) -> Template {
    Template::parse(text).0
}

fn resolve(text: &str) -> Result<String, Unresolved> {
    template(text).resolve(&Fixed)
}

#[test]
fn references_become_what_they_stand_for() {
    for (text, expected) in [
        ("", ""),
        ("plain", "plain"),
        ("${env:HOME_URL}/mcp", "https://home/mcp"),
        ("${HOME_URL}/mcp", "https://home/mcp"),
        ("Bearer ${keyring:gh}", "Bearer s3cret"),
        ("${keyring:gh}${HOME_URL}", "s3crethttps://home"),
        ("${NONE:-5}", "5"),
        ("${NONE:-}", ""),
        ("${env:NONE:-a:-b}", "a:-b"),
        ("${HOME_URL:-x}", "https://home"),
    ] {
        assert_eq!(resolve(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_no_reference_stays() {
    for (text, expected) in [
        ("$5 and $HOME", "$5 and $HOME"),
        ("$${HOME_URL}", "${HOME_URL}"),
        ("a$${b}${HOME_URL}", "a${b}https://home"),
        ("${input:token}", "${input:token}"),
        ("${workspaceFolder}/x", "${workspaceFolder}/x"),
        ("${}", "${}"),
        ("${keyring:}", "${keyring:}"),
        ("${open", "${open"),
        ("${X:-${Y}}", "${X:-${Y}}"),
        ("{}$", "{}$"),
    ] {
        assert_eq!(resolve(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_looks_like_a_reference_and_is_none_is_told() {
    let (_, unknown) =
        Template::parse("${input:a} ${A} ${workspaceFolder} $${b} ${X:-${Y}} ${open");
    assert_eq!(unknown, ["${input:a}", "${workspaceFolder}", "${…", "${…"]);
}

#[test]
fn what_is_missing_is_named() {
    let missing = resolve("x${NONE}").expect_err("not set");
    assert_eq!(
        (missing.name.as_str(), missing.cause),
        ("NONE", Cause::MissingVariable)
    );
    let missing = resolve("${keyring:none}").expect_err("not stored");
    assert_eq!(missing.reference, "${keyring:none}");
    assert_eq!(missing.cause, Cause::MissingSecret);
    let locked = resolve("${keyring:locked}").expect_err("locked");
    assert!(matches!(
        locked.cause,
        Cause::Keychain(KeyringError::Unavailable(_))
    ));
}

#[test]
fn only_references_are_shown() {
    let secret = template("Bearer abc${keyring:gh}-${X:-hidden}");
    assert_eq!(secret.masked(), "••••${keyring:gh}••••${X:-••••}");
    assert_eq!(
        format!("{secret:?}"),
        "Template(••••${keyring:gh}••••${X:-••••})"
    );
}

#[test]
fn a_template_knows_what_it_needs() {
    assert_eq!(template("a").as_literal(), Some("a"));
    assert_eq!(template("$${a}").as_literal(), Some("${a}"));
    assert_eq!(template("${A}").as_literal(), None);
    assert!(template("${keyring:gh}").needs_keyring());
    assert!(!template("${A}").needs_keyring());
    assert_eq!(template("${A} ${keyring:b}").references().count(), 2);
}
