use super::*;

fn id(name: &str) -> DefinitionId {
    DefinitionId {
        kind: DefinitionKind::Tool,
        name: name.to_owned(),
    }
}

fn seen(name: &str, text: &str, verdict: Verdict) -> Seen {
    let pin = Pin {
        hash: format!("hash of {text}"),
        text: text.to_owned(),
    };
    Seen {
        id: id(name),
        pin,
        verdict,
    }
}

fn standing(record: &Record, name: &str) -> Standing {
    record.definitions[&id(name)].standing()
}

fn approve(record: &mut Record, name: &str, text: &str) -> Vec<DefinitionId> {
    let (id, hash) = (id(name), format!("hash of {text}"));
    record.rule(&[SeenDefinition { id, hash }], true, 9)
}

#[test]
fn only_what_was_seen_can_be_approved() {
    let mut record = Record::of("s");
    let manual = TrustMode::Manual;
    assert_eq!(
        record.look(seen("a", "one", Verdict::Clean), manual, 1),
        Came::Held
    );
    assert_eq!(
        record.look(seen("a", "two", Verdict::Clean), manual, 2),
        Came::Changed
    );
    assert_eq!(approve(&mut record, "a", "one"), [id("a")]);
    assert!(!record.lets_in(&id("a"), "hash of one"));
    assert!(approve(&mut record, "a", "two").is_empty());
    assert!(record.lets_in(&id("a"), "hash of two"));
    assert!(!record.lets_in(&id("a"), "hash of one"));
}

#[test]
fn a_change_is_held_and_the_old_text_kept() {
    let mut record = Record::of("s");
    record.look(seen("a", "one", Verdict::Clean), TrustMode::Manual, 1);
    approve(&mut record, "a", "one");
    for mode in [TrustMode::Manual, TrustMode::Scan] {
        record.look(seen("a", "two", Verdict::Clean), mode, 2);
        assert_eq!(standing(&record, "a"), Standing::Changed);
        assert!(!record.lets_in(&id("a"), "hash of two"));
    }
    let before = record.definitions[&id("a")].approved_before();
    assert_eq!(before.map(|pin| pin.text.as_str()), Some("one"));
    // It changes back, and is what was approved.
    record.look(seen("a", "one", Verdict::Clean), TrustMode::Manual, 3);
    assert_eq!(standing(&record, "a"), Standing::Approved);
}

#[test]
fn modes_let_in_what_they_say() {
    use TrustMode::{Auto, Manual, Scan};
    use Verdict::{Block, Clean, Review};
    for (mode, verdict, let_in) in [
        (Manual, Clean, false),
        (Scan, Clean, true),
        (Scan, Review, false),
        (Scan, Block, false),
        (Auto, Block, true),
    ] {
        let mut record = Record::of("s");
        let came = record.look(seen("a", "one", verdict), mode, 1);
        assert_eq!(came == Came::LetIn, let_in, "{mode:?} {verdict:?}");
    }
}

#[test]
fn what_changes_while_it_waits_is_not_clean() {
    let mut record = Record::of("s");
    record.look(seen("a", "one", Verdict::Review), TrustMode::Scan, 1);
    let came = record.look(seen("a", "two", Verdict::Clean), TrustMode::Scan, 2);
    assert_eq!(came, Came::Changed);
    assert_eq!(standing(&record, "a"), Standing::Pending);
}

#[test]
fn what_a_person_blocked_stays_blocked() {
    let mut record = Record::of("s");
    record.look(seen("a", "one", Verdict::Clean), TrustMode::Manual, 1);
    let (id, hash) = (id("a"), "hash of one".to_owned());
    record.rule(&[SeenDefinition { id, hash }], false, 2);
    for text in ["one", "two"] {
        record.look(seen("a", text, Verdict::Clean), TrustMode::Auto, 3);
        assert!(!record.has_approved());
    }
}

#[test]
fn a_decision_can_be_taken_back() {
    let mut record = Record::of("s");
    record.look(seen("a", "one", Verdict::Clean), TrustMode::Manual, 1);
    let before = record.clone();
    approve(&mut record, "a", "one");
    record.look(seen("b", "new", Verdict::Clean), TrustMode::Manual, 5);
    record.restore(&before, 6);
    assert_eq!(record.decisions, 1);
    assert_eq!(standing(&record, "a"), Standing::Pending);
    assert_eq!(standing(&record, "b"), Standing::Pending);
    assert!(!record.lets_in(&id("a"), "hash of one"));
}

#[test]
fn taking_back_lets_nothing_in_by_itself() {
    let mut record = Record::of("s");
    record.look(seen("a", "one", Verdict::Review), TrustMode::Scan, 1);
    record.look(seen("a", "two", Verdict::Clean), TrustMode::Scan, 2);
    let before = record.clone();
    approve(&mut record, "a", "two");
    record.restore(&before, 3);
    record.look(seen("a", "two", Verdict::Clean), TrustMode::Scan, 4);
    assert_eq!(standing(&record, "a"), Standing::Pending);
}

#[test]
fn a_text_that_was_approved_and_taken_back_does_not_vary() {
    let text = |text: &str| Seen {
        id: DefinitionId {
            kind: DefinitionKind::PromptText,
            name: "p".to_owned(),
        },
        ..seen("p", text, Verdict::Clean)
    };
    let manual = TrustMode::Manual;
    let mut record = Record::of("s");
    assert_eq!(record.look(text("one"), manual, 1), Came::LetIn);
    assert_eq!(record.look(text("two"), manual, 2), Came::Changed);
    let before = record.clone();
    let Seen { id, pin, .. } = text("two");
    record.rule(&[SeenDefinition { id, hash: pin.hash }], true, 3);
    assert_eq!(record.look(text("three"), manual, 4), Came::LetIn);
    record.restore(&before, 5);
    assert_eq!(record.look(text("four"), manual, 6), Came::Changed);
}

#[test]
fn what_was_decided_is_not_crowded_out() {
    let mut record = Record::of("s");
    record.look(seen("a", "one", Verdict::Clean), TrustMode::Manual, 1);
    approve(&mut record, "a", "one");
    record.unlist(|_| true);
    for number in 0..MOST + 5 {
        let name = format!("n{number}");
        record.look(seen(&name, "x", Verdict::Clean), TrustMode::Manual, 2);
    }
    assert_eq!(record.definitions.len(), MOST);
    assert!(record.lets_in(&id("a"), "hash of one"));
}

#[test]
fn a_record_survives_its_file() {
    let mut record = Record::of("s");
    record.look(seen("a", "one", Verdict::Review), TrustMode::Manual, 1);
    approve(&mut record, "a", "one");
    record.look(seen("a", "two", Verdict::Clean), TrustMode::Manual, 2);
    let text = serde_json::to_string(&record).expect("JSON");
    assert_eq!(serde_json::from_str::<Record>(&text).expect("read"), record);
}
