use std::fs;

use model::{ChangeKind, ServerName};
use serde_json::json;

use super::*;

struct Fixture {
    dir: tempfile::TempDir,
    store: Arc<ConfigStore>,
}

impl Fixture {
    fn new(text: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("config.json");
        fs::write(&path, text).expect("writes");
        let store = ConfigStore::open(path).expect("opens");
        Self { dir, store }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("config.json")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).expect("reads")
    }

    fn write(&self, text: &str) -> Arc<Loaded> {
        fs::write(self.path(), text).expect("writes");
        self.store.reload()
    }
}

fn names(loaded: &Loaded) -> Vec<&str> {
    loaded
        .settings
        .servers
        .keys()
        .map(ServerName::as_str)
        .collect()
}

fn command(loaded: &Loaded, name: &str) -> String {
    loaded.settings.servers[&ServerName::new(name).expect("a name")].target()
}

const TWO: &str = r#"{"mcpServers": {"a": {"command": "one"}, "b": {"command": "two"}}}"#;

fn add(name: &str, entry: Value) -> Edit {
    Edit::Add {
        name: name.into(),
        entry,
    }
}

#[test]
fn a_missing_file_means_the_defaults() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = ConfigStore::open(dir.path().join("none.json")).expect("opens");
    assert_eq!(*store.current().settings, Settings::default());
    assert!(store.current().status.diagnostics.is_empty());
    assert!(!dir.path().join("none.json").exists());
}

#[test]
fn a_broken_file_cannot_be_opened() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("config.json");
    fs::write(&path, "{").expect("writes");
    let error = ConfigStore::open(&path).expect_err("broken");
    assert!(
        error
            .to_string()
            .contains("config.json:1:1: Unterminated object."),
        "{error}"
    );
    let error = ConfigStore::open(dir.path()).expect_err("a folder");
    assert!(error.to_string().contains("cannot be read"), "{error}");
}

#[test]
fn a_broken_file_leaves_everything_live() {
    let fixture = Fixture::new(TWO);
    let before = fixture.store.current();
    for text in ["{", "{\"listen\": \"0.0.0.0:1\"}"] {
        let loaded = fixture.write(text);
        assert!(Arc::ptr_eq(&loaded.settings, &before.settings));
        assert_eq!(loaded.status.loaded_at, before.status.loaded_at);
        assert!(loaded.status.has_errors());
    }
    let loaded = fixture.write("{}");
    assert!(names(&loaded).is_empty() && !loaded.status.has_errors());
}

#[test]
fn a_broken_entry_keeps_its_last_good_one() {
    let fixture = Fixture::new(TWO);
    let loaded = fixture.write(
        r#"{"mcpServers": {"c": {"command": 5}, "b": {"command": 5}, "a": {"command": "new"}}}"#,
    );
    assert_eq!(names(&loaded), ["b", "a"]);
    assert_eq!(
        (command(&loaded, "a"), command(&loaded, "b")),
        ("new".into(), "two".into())
    );
    assert_eq!(loaded.status.diagnostics.len(), 2);
    let loaded = fixture.write(r#"{"mcpServers": {"a": {"command": "new"}}}"#);
    assert_eq!(names(&loaded), ["a"], "a server that is gone is gone");
}

#[test]
fn subscribers_see_each_reload() {
    let fixture = Fixture::new(TWO);
    let mut updates = fixture.store.subscribe();
    assert!(!updates.has_changed().expect("open"));
    fixture.write("{}");
    assert!(updates.has_changed().expect("open"));
    assert!(names(&updates.borrow_and_update()).is_empty());
    fixture.store.reload_if_changed();
    assert!(
        !updates.has_changed().expect("open"),
        "the same bytes are no news"
    );
}

#[tokio::test]
async fn edits_are_written_and_live() {
    let fixture = Fixture::new(TWO);
    let edit = add("c", json!({"url": "https://h/mcp"}));
    let loaded = fixture.store.edit(edit).await.expect("adds");
    assert_eq!(names(&loaded), ["a", "b", "c"]);
    assert!(
        fixture
            .text()
            .contains(r#""c": { "url": "https://h/mcp" }"#)
    );
    let off = Edit::SetEnabled {
        name: "a".into(),
        enabled: false,
    };
    let loaded = fixture.store.edit(off).await.expect("switches");
    assert!(!loaded.settings.servers[0].enabled);
    let replace = Edit::Replace {
        name: "b".into(),
        entry: json!({"command": "three"}),
    };
    let loaded = fixture.store.edit(replace).await.expect("replaces");
    assert_eq!(command(&loaded, "b"), "three");
    for name in ["a", "b", "c"] {
        fixture
            .store
            .edit(Edit::Remove { name: name.into() })
            .await
            .expect("removes");
    }
    assert_eq!(fixture.text(), r#"{"mcpServers": {}}"#);
    assert_eq!(
        fixture.store.current(),
        fixture.store.subscribe().borrow().clone()
    );
}

#[tokio::test]
async fn a_refused_edit_changes_nothing() {
    let fixture = Fixture::new(TWO);
    let before = fixture.store.current();
    for (edit, reason) in [
        (
            add("a", json!({"command": "x"})),
            "a server named \"a\" exists already",
        ),
        (
            add("c", json!({"command": ["x"]})),
            "command: This is a list, but has to be a text.",
        ),
        (
            add("c", json!({"args": []})),
            "The server has neither a command nor a URL.",
        ),
        (
            add(" c", json!({"command": "x"})),
            "must not start or end with white space",
        ),
        (
            Edit::Remove { name: "z".into() },
            "no server is named \"z\"",
        ),
    ] {
        let error = fixture.store.edit(edit).await.expect_err(reason);
        assert!(error.to_string().contains(reason), "{error}");
    }
    assert_eq!(fixture.text(), TWO);
    assert_eq!(fixture.store.current(), before);
}

#[tokio::test]
async fn the_file_as_it_is_now_is_edited() {
    let fixture = Fixture::new(TWO);
    let by_hand = TWO.replace("}}}", "}}, \"readOnly\": true}");
    fs::write(fixture.path(), &by_hand).expect("writes");
    let remove = Edit::Remove { name: "b".into() };
    let loaded = fixture.store.edit(remove).await.expect("removes");
    assert!(loaded.settings.read_only);
    fs::write(fixture.path(), "{ broken").expect("writes");
    let refused = fixture.store.edit(add("c", json!({"command": "x"}))).await;
    assert!(
        matches!(refused, Err(EditError::InvalidFile(_))),
        "{refused:?}"
    );
    assert_eq!(fixture.text(), "{ broken");
}

#[tokio::test]
async fn an_invalid_neighbour_does_not_stand_in_the_way() {
    let fixture = Fixture::new(r#"{"mcpServers": {"bad": {"args": 1}}}"#);
    fixture
        .store
        .edit(add("c", json!({"command": "x"})))
        .await
        .expect("adds");
    let off = Edit::SetEnabled {
        name: "bad".into(),
        enabled: false,
    };
    fixture.store.edit(off).await.expect("switches");
    let remove = Edit::Remove { name: "bad".into() };
    let loaded = fixture.store.edit(remove).await.expect("removes");
    assert!(loaded.status.diagnostics.is_empty());
    assert_eq!(names(&loaded), ["c"]);
}

#[tokio::test]
async fn edits_at_the_same_time_all_happen() {
    let fixture = Fixture::new("");
    let mut edits = tokio::task::JoinSet::new();
    for index in 0..20 {
        let store = Arc::clone(&fixture.store);
        edits.spawn(async move {
            store
                .edit(add(&format!("s{index}"), json!({"command": "x"})))
                .await
                .map(drop)
        });
    }
    assert!(edits.join_all().await.iter().all(Result::is_ok));
    assert_eq!(fixture.store.current().settings.servers.len(), 20);
    assert_eq!(fixture.store.reload().settings.servers.len(), 20);
}

#[tokio::test]
async fn every_change_is_told_with_its_author() {
    let fixture = Fixture::new(TWO);
    let (told, heard) = std::sync::mpsc::sync_channel(64);
    let tell = move |change: EntryChange| {
        let EntryChange {
            by, server, kind, ..
        } = change;
        told.try_send((by, server, kind)).expect("room");
    };
    fixture.store.on_change(tell);
    // Nobody has read this yet when the agent's edit comes.
    fs::write(fixture.path(), TWO.replace("two", "other")).expect("writes");
    let agent = Author::agent("Editor 1.0");
    let edit = add("c", json!({"command": "x"}));
    fixture
        .store
        .edit_by(agent.clone(), edit)
        .await
        .expect("adds");
    fixture
        .store
        .edit(Edit::Remove { name: "a".into() })
        .await
        .expect("removes");
    fixture.write("{broken");
    fixture.write(r#"{"mcpServers": {"c": {"command": "x", "disabled": true}}}"#);
    let told: Vec<_> = heard.try_iter().collect();
    let expected = [
        (Author::file(), "b", ChangeKind::Replaced),
        (agent, "c", ChangeKind::Added),
        (Author::person(), "a", ChangeKind::Removed),
        (Author::file(), "b", ChangeKind::Removed),
        (Author::file(), "c", ChangeKind::Disabled),
    ];
    let expected = expected.map(|(by, server, kind)| (by, server.to_owned(), kind));
    assert_eq!(told, expected);
}

#[tokio::test]
async fn an_amended_entry_keeps_what_is_masked() {
    let entry = r#"{"command": "x", "env": {"TOKEN": "abc", "MODE": "a"}}"#;
    let fixture = Fixture::new(&format!(r#"{{"mcpServers": {{"a": {entry}}}}}"#));
    let amend = |entry: Value| Edit::Amend {
        name: "a".into(),
        entry,
    };
    let wanted = json!({"command": "y", "env": {"TOKEN": "••••", "MODE": "b"}});
    fixture.store.edit(amend(wanted)).await.expect("amends");
    let parsed: Value = serde_json::from_str(&fixture.text()).expect("JSON");
    let expected = json!({"command": "y", "env": {"TOKEN": "abc", "MODE": "b"}});
    assert_eq!(parsed["mcpServers"]["a"], expected);
    let before = fixture.text();
    let wanted = json!({"command": "y", "env": {"OTHER": "••••"}});
    let refused = fixture
        .store
        .edit(amend(wanted))
        .await
        .expect_err("nothing behind it");
    assert!(refused.to_string().contains("env.OTHER"), "{refused}");
    assert_eq!(fixture.text(), before);
}
