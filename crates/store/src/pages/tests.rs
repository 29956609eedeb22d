//! The page store as its callers see it.

use super::*;

const HOUR: Duration = Duration::from_hours(1);

fn open(dir: &Path, max_total_bytes: u64) -> PageStore {
    PageStore::open(dir, max_total_bytes, HOUR).unwrap()
}

/// Makes a kept text look as old as `age`.
fn age(store: &PageStore, key: &PageKey, age: Duration) {
    let file = File::options().write(true).open(store.path(key)).unwrap();
    file.set_modified(SystemTime::now() - age).unwrap();
}

fn is_unknown(store: &PageStore, key: &PageKey) -> bool {
    matches!(store.read(key.as_str(), 0, 10), Err(PageError::Unknown))
}

#[test]
fn pages_put_together_are_the_text() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), 1 << 20);
    let text: String = "päge 漢字 🦀\n".chars().cycle().take(40_000).collect();
    let key = store.put(&text).unwrap();

    let (mut whole, mut offset) = (String::new(), Some(0));
    while let Some(at) = offset {
        let page = store.read(key.as_str(), at, 7_001).unwrap();
        assert_eq!((page.offset, page.total_chars), (at, 40_000));
        whole.push_str(&page.text);
        offset = page.next_offset;
    }
    assert!(whole == text);
}

#[test]
fn the_last_page_has_no_next() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), 1 << 20);
    let key = store.put("abcdef").unwrap();
    let page = |offset, limit| store.read(key.as_str(), offset, limit).unwrap();

    assert_eq!(page(0, 4).next_offset, Some(4));
    assert_eq!(page(0, 6).next_offset, None);
    assert_eq!(page(4, usize::MAX).text, "ef");
    let past = Page {
        text: String::new(),
        offset: 9,
        next_offset: None,
        total_chars: 6,
    };
    assert_eq!(page(9, 4), past);
}

#[test]
fn an_empty_text_is_one_empty_page() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), 1 << 20);
    let key = store.put("").unwrap();
    let page = store.read(key.as_str(), 0, 10).unwrap();
    assert_eq!(
        (page.text.as_str(), page.next_offset, page.total_chars),
        ("", None, 0)
    );
}

#[test]
fn texts_outlive_the_process() {
    let dir = tempfile::tempdir().unwrap();
    let key = open(dir.path(), 1 << 20).put("kept").unwrap();
    assert_eq!(
        open(dir.path(), 1 << 20)
            .read(key.as_str(), 0, 10)
            .unwrap()
            .text,
        "kept"
    );
}

#[test]
fn unknown_and_malformed_keys_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), 1 << 20);
    assert!(is_unknown(&store, &PageKey::random().unwrap()));
    let error = store.read("../../secret", 0, 10).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`../../secret` is not a cache key; a key has 32 hexadecimal digits"
    );
}

#[test]
fn the_oldest_make_room() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), 300);
    let text = "x".repeat(100);
    let [old, young] = [60, 30].map(|seconds| {
        let key = store.put(&text).unwrap();
        age(&store, &key, Duration::from_secs(seconds));
        key
    });
    let newest = store.put(&text).unwrap();
    assert!(is_unknown(&store, &old));
    assert!(!is_unknown(&store, &young) && !is_unknown(&store, &newest));
}

#[test]
fn a_smaller_bound_takes_effect_on_open() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), 1 << 20);
    let key = store.put(&"x".repeat(1_000)).unwrap();
    assert!(is_unknown(&open(dir.path(), 500), &key));
}

#[test]
fn a_text_larger_than_the_store_displaces_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), 200);
    let key = store.put("small").unwrap();
    let error = store.put(&"x".repeat(200)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    assert!(!is_unknown(&store, &key));
}

#[test]
fn expired_texts_are_unknown_and_then_gone() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), 1 << 20);
    let key = store.put("secret of yesterday").unwrap();
    age(&store, &key, 2 * HOUR);
    assert!(is_unknown(&store, &key));
    assert!(store.path(&key).exists(), "reading does not remove");
    store.put("something new").unwrap();
    assert!(!store.path(&key).exists());
}

#[test]
fn files_of_others_are_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let other = dir.path().join("notes.txt");
    fs::write(&other, "x".repeat(1_000)).unwrap();
    let store = open(dir.path(), 100);
    store.put("a").unwrap();
    assert!(other.exists());
}

#[test]
fn a_truncated_file_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), 1 << 20);
    let key = store.put("abcdef").unwrap();
    File::options()
        .write(true)
        .open(store.path(&key))
        .unwrap()
        .set_len(10)
        .unwrap();
    assert!(matches!(
        store.read(key.as_str(), 0, 10),
        Err(PageError::Damaged)
    ));
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("cache");
    let store = open(&dir, 1 << 20);
    let key = store.put("private").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&dir), mode(&store.path(&key))), (0o700, 0o600));
}
