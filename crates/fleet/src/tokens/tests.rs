use super::*;

const NOW: u64 = 1_000_000;

fn place(folder: &tempfile::TempDir) -> Place {
    Place {
        state: Some(folder.path().to_owned()),
        ..Place::default()
    }
}

fn named(name: &str) -> NewClientToken {
    NewClientToken {
        name: name.to_owned(),
        ..NewClientToken::default()
    }
}

fn pass(book: &TokenBook, token: &str, now: u64) -> Option<Arc<Pass>> {
    match book.admit(token.as_bytes(), now).0 {
        Admitted::Pass(pass) => Some(pass),
        _ => None,
    }
}

#[test]
fn a_token_is_good_across_restarts_until_it_is_revoked() {
    let folder = tempfile::tempdir().expect("a folder");
    let book = TokenBook::open(&place(&folder));
    let issued = book.issue(named(" VS Code "), NOW).expect("issued");
    assert_eq!(issued.client.name, "VS Code");
    let digits = issued.token.strip_prefix(TOKEN_PREFIX).expect("a prefix");
    assert_eq!(digits.len(), 64, "256 bits");
    let kept = std::fs::read_to_string(folder.path().join("tokens.json")).expect("kept");
    assert!(!kept.contains(digits), "only its hash is kept");

    let again = TokenBook::open(&place(&folder));
    let held = pass(&again, &issued.token, NOW).expect("good");
    assert_eq!(held.name.as_deref(), Some("VS Code"));
    assert_eq!(again.list()[0].last_used, Some(NOW));
    assert!(again.revoke(&issued.client.id).1.is_ok());
    assert!(held.over().is_cancelled());
    assert!(pass(&again, &issued.token, NOW).is_none());
    assert!(TokenBook::open(&place(&folder)).list().is_empty());
    let unknown = again.revoke(&issued.client.id).1;
    assert!(matches!(unknown, Err(TokenError::Unknown(_))));
}

#[test]
fn nothing_but_the_very_token_is_good() {
    let book = TokenBook::open(&Place::default());
    let one = book.issue(named("a"), NOW).expect("issued").token;
    let other = book.issue(named("b"), NOW).expect("issued").token;
    assert_ne!(one, other);
    let longer = format!("{one}0");
    let upper = one.to_uppercase();
    for wrong in ["", "tg_", &one[..one.len() - 1], &longer, &upper, &one[3..]] {
        assert!(pass(&book, wrong, NOW).is_none(), "{wrong}");
    }
    let principals = [&one, &other].map(|token| pass(&book, token, NOW).expect("good"));
    assert_ne!(principals[0].principal, principals[1].principal);
}

#[test]
fn a_token_expires_at_its_time() {
    let book = TokenBook::open(&Place::default());
    let wanted = NewClientToken {
        expires_at: Some(NOW + 10),
        ..named("a")
    };
    let token = book.issue(wanted.clone(), NOW).expect("issued").token;
    assert!(book.issue(wanted, NOW + 10).is_err(), "it would be over");
    assert_eq!(book.due(NOW), Some(NOW + 10));
    let held = pass(&book, &token, NOW + 9).expect("good");
    book.tidy(NOW + 9, TokenRule::Required);
    assert!(!held.over().is_cancelled());
    assert!(pass(&book, &token, NOW + 10).is_none());
    book.tidy(NOW + 10, TokenRule::Required);
    assert!(held.over().is_cancelled());
    assert_eq!(book.due(NOW + 10), None);
    let back_in_time = pass(&book, &token, NOW);
    assert!(
        back_in_time.is_none(),
        "a clock that is set back revives nothing"
    );
}

#[test]
fn names_are_unique_and_the_number_is_bounded() {
    let book = TokenBook::open(&Place::default());
    for name in ["", "  ", "a\u{202e}b", "a\nb", &"x".repeat(61)] {
        let refused = book.issue(named(name), NOW);
        assert!(matches!(refused, Err(TokenError::Invalid(_))), "{name:?}");
    }
    for number in 0..MOST {
        book.issue(named(&format!("n{number}")), NOW).expect("room");
    }
    assert!(matches!(
        book.issue(named("N1"), NOW),
        Err(TokenError::Exists(_))
    ));
    assert!(matches!(
        book.issue(named("new"), NOW),
        Err(TokenError::TooMany)
    ));
}

#[test]
fn a_limit_that_names_nothing_is_refused() {
    let book = TokenBook::open(&Place::default());
    for list in [vec![], vec![String::new()], vec!["x".repeat(201)]] {
        let wanted = NewClientToken {
            tools: Some(list.clone()),
            ..named("a")
        };
        assert!(book.issue(wanted, NOW).is_err(), "{list:?}");
    }
}

#[test]
fn what_cannot_be_read_lets_nobody_in_and_what_cannot_be_written_is_not_told() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("tokens.json"), "[{").expect("written");
    assert!(TokenBook::open(&place(&folder)).list().is_empty());
    let taken = folder.path().join("taken");
    std::fs::write(&taken, "a file where a folder should be").expect("written");
    let nowhere = Place {
        state: Some(taken),
        ..Place::default()
    };
    let refused = TokenBook::open(&nowhere).issue(named("a"), NOW);
    assert!(
        matches!(refused, Err(TokenError::NotWritten(_))),
        "{refused:?}"
    );
}

#[test]
fn without_the_rule_nobody_comes_in_or_stays_without_a_token() {
    let book = TokenBook::open(&Place::default());
    assert!(book.anybody(TokenRule::Required).is_none());
    let held = book.anybody(TokenRule::Off).expect("let in");
    book.tidy(NOW, TokenRule::Off);
    assert!(!held.over().is_cancelled());
    book.tidy(NOW, TokenRule::Required);
    assert!(held.over().is_cancelled());
    let later = book.anybody(TokenRule::Off).expect("let in");
    assert!(!later.over().is_cancelled());
}

#[test]
fn when_a_token_was_used_is_kept_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let book = TokenBook::open(&place(&folder));
    let token = book.issue(named("a"), NOW).expect("issued").token;
    pass(&book, &token, NOW + 5).expect("good");
    book.save();
    let again = TokenBook::open(&place(&folder));
    assert_eq!(again.list()[0].last_used, Some(NOW + 5));
}

#[test]
fn the_number_of_streams_is_bounded() {
    let pass = Pass::unnamed("x");
    let mut all: Vec<_> = std::iter::from_fn(|| pass.stream()).take(10_000).collect();
    assert!(all.len() < 1_000 && pass.stream().is_none());
    all.pop();
    assert!(pass.stream().is_some());
}
