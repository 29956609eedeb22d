use std::fs;

use super::*;

type Entry = (u64, String);

fn open(path: &Path, max_bytes: u64) -> (Journal<Entry>, Vec<Entry>) {
    Journal::open(path, max_bytes, 1_000).unwrap()
}

fn entry(number: u64) -> Entry {
    (number, "x".repeat(20))
}

fn numbers(entries: &[Entry]) -> Vec<u64> {
    entries.iter().map(|(number, _)| *number).collect()
}

fn all(journal: &Journal<Entry>) -> Vec<u64> {
    let mut found = Vec::new();
    journal.visit(|(number, _)| found.push(number)).unwrap();
    found
}

#[test]
fn entries_survive_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state").join("journal.jsonl");
    let (journal, recalled) = open(&path, 1 << 20);
    assert!(recalled.is_empty());
    for number in 1..=100 {
        journal.append(&entry(number));
    }
    drop(journal);
    let (journal, recalled) = open(&path, 1 << 20);
    assert_eq!(numbers(&recalled), (1..=100).collect::<Vec<_>>());
    assert_eq!(all(&journal).len(), 100);
    assert_eq!(journal.dropped(), 0);
}

#[test]
fn only_the_last_are_recalled() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    let (journal, _) = open(&path, 1 << 20);
    (1..=10).for_each(|number| journal.append(&entry(number)));
    drop(journal);
    let (_journal, recalled) = Journal::<Entry>::open(&path, 1 << 20, 3).unwrap();
    assert_eq!(numbers(&recalled), [8, 9, 10]);
}

#[test]
fn two_files_bound_what_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    for number in 1..=100 {
        // Each opening writes one entry at once, so that no batch hides where a file ends.
        let (journal, _) = open(&path, 200);
        journal.append(&entry(number));
    }
    let (journal, recalled) = open(&path, 200);
    let kept = numbers(&recalled);
    assert_eq!(kept.last(), Some(&100));
    assert!((5..=16).contains(&kept.len()), "{kept:?}");
    assert!(
        kept.windows(2).all(|pair| pair[0] + 1 == pair[1]),
        "{kept:?}"
    );
    assert_eq!(all(&journal), kept);
    let sizes = ["journal.jsonl", "journal.jsonl.1"]
        .map(|name| fs::metadata(dir.path().join(name)).unwrap().len());
    assert!(sizes.iter().all(|size| *size <= 200), "{sizes:?}");
}

#[test]
fn a_torn_line_costs_only_itself() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    fs::write(
        &path,
        "[1,\"a\"]\n{\"of\":\"another\"}\n\u{0}\u{0}\n[2,\"b\"]\n[3,\"to",
    )
    .unwrap();
    let (journal, recalled) = open(&path, 1 << 20);
    assert_eq!(numbers(&recalled), [1, 2]);
    journal.append(&entry(4));
    drop(journal);
    let (_journal, recalled) = open(&path, 1 << 20);
    assert_eq!(numbers(&recalled), [1, 2, 4]);
}

#[test]
fn what_is_too_long_is_dropped_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(&dir.path().join("journal.jsonl"), 1 << 30);
    journal.append(&(1, "x".repeat(MAX_LINE)));
    assert_eq!(journal.dropped(), 1);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state").join("journal.jsonl");
    let (_journal, _) = open(&path, 1 << 20);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&dir.path().join("state")), 0o700);
}
