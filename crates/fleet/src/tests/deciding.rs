//! Changes, reverts and reviews, with a configuration file and no server that runs.

use config::{Edit, EditError};
use model::{Author, AuthorKind, Change, ChangeKind, ReviewSource, Snapshot};
use serde_json::{Value, json};

use super::{Bench, disabled, missing};
use crate::{Fleet, Proposal, RevertError, ReviewError};

impl Bench {
    fn file(&self) -> Value {
        let text = std::fs::read_to_string(self.folder.path().join("config.json"));
        let mut file: Value = serde_json::from_str(&text.expect("a file")).expect("JSON");
        file["mcpServers"].take()
    }

    /// Writes an entry as an agent does.
    async fn agent(&self, edit: Edit) {
        let agent = Author::agent("Editor 1.0");
        let edited = self.fleet.config().edit_by(agent, edit).await;
        edited.expect("written");
    }

    async fn until_waiting(&self, count: usize) -> Vec<model::ReviewItem> {
        let waiting = |snapshot: &Snapshot| snapshot.review.len() == count;
        self.until(waiting).await.review.clone()
    }
}

fn add(name: &str, entry: Value) -> Edit {
    let name = name.to_owned();
    Edit::Add { name, entry }
}

fn switch(name: &str, enabled: bool) -> Edit {
    let name = name.to_owned();
    Edit::SetEnabled { name, enabled }
}

fn latest(fleet: &Fleet) -> Change {
    fleet.changes(None).into_iter().next().expect("a change")
}

#[tokio::test]
async fn changes_tell_who_and_what_and_no_secret() {
    let bench = Bench::run(&json!({ "a": disabled(missing()) }));
    let secret = json!({ "command": "x", "env": { "KEY": "hunter2" }, "disabled": true });
    bench.agent(add("b", secret)).await;
    let change = latest(&bench.fleet);
    assert_eq!(
        (change.by.kind, change.kind),
        (AuthorKind::Agent, ChangeKind::Added)
    );
    assert_eq!(change.by.name.as_deref(), Some("Editor 1.0"));
    let shown = json!(change).to_string();
    assert!(
        shown.contains("KEY") && !shown.contains("hunter2"),
        "{shown}"
    );
    bench.configure(&json!({ "a": missing() }));
    let kinds: Vec<_> = bench
        .fleet
        .changes(None)
        .into_iter()
        .map(|change| (change.by.kind, change.server, change.kind))
        .collect();
    let file = AuthorKind::File;
    let expected = [
        (file, "a".to_owned(), ChangeKind::Enabled),
        (file, "b".to_owned(), ChangeKind::Removed),
        (AuthorKind::Agent, "b".to_owned(), ChangeKind::Added),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(bench.fleet.changes(Some("a")).len(), 1);
    bench.stop().await;
}

#[tokio::test]
async fn each_kind_of_change_can_be_reverted_once() {
    let before = json!({ "a": disabled(json!({ "command": "x", "env": { "KEY": "hunter2" } })) });
    let bench = Bench::run(&before);
    let (fleet, config) = (&bench.fleet, bench.fleet.config());
    let replace = Edit::Replace {
        name: "a".to_owned(),
        entry: json!({ "command": "y", "disabled": true }),
    };
    let remove = Edit::Remove {
        name: "a".to_owned(),
    };
    for edit in [
        replace,
        remove,
        switch("a", true),
        add("b", disabled(missing())),
    ] {
        let added = matches!(edit, Edit::Add { .. });
        config.edit(edit).await.expect("written");
        let back = fleet.revert(latest(fleet).id).await.expect("reverted");
        assert_eq!(
            back.as_ref().map(|(name, ..)| name.as_str()),
            if added { None } else { Some("a") }
        );
        assert_eq!(bench.file(), before);
    }
    // A revert is a change as well.
    fleet.revert(latest(fleet).id).await.expect("reverted");
    assert!(bench.file()["b"].is_object());
    bench.stop().await;
}

#[tokio::test]
async fn a_change_that_was_followed_by_another_is_not_reverted() {
    let bench = Bench::run(&json!({ "a": disabled(missing()) }));
    let (fleet, config) = (&bench.fleet, bench.fleet.config());
    config.edit(switch("a", true)).await.expect("written");
    let first = latest(fleet).id;
    config.edit(switch("a", false)).await.expect("written");
    let refused = fleet.revert(first).await;
    assert_eq!(refused, Err(RevertError::ChangedSince("a".to_owned())));
    assert_eq!(fleet.revert(999).await, Err(RevertError::Unknown(999)));
    bench.stop().await;
}

#[tokio::test]
async fn what_an_agent_writes_waits_and_runs_as_it_was_shown() {
    let bench = Bench::run(&json!({ "mine": disabled(missing()) }));
    bench.agent(add("theirs", disabled(missing()))).await;
    let first = bench.until_waiting(1).await.remove(0);
    assert_eq!((first.name.as_str(), first.configured), ("theirs", true));
    assert_eq!(first.by.as_deref(), Some("Editor 1.0"));
    let other = Edit::Replace {
        name: "theirs".to_owned(),
        entry: json!({ "command": "no-such-other", "disabled": true }),
    };
    bench.agent(other).await;
    // What was looked at is not what is there now.
    let stale = bench.fleet.accept(&first.id, None, None).await;
    assert_eq!(stale, Err(ReviewError::Unknown(first.id)));
    let second = bench.until(|snapshot| {
        snapshot
            .review
            .iter()
            .any(|item| item.evidence.target == "no-such-other")
    });
    let second = second.await.review[0].clone();
    let name = bench.fleet.accept(&second.id, None, None).await;
    assert_eq!(name.map(|(name, _)| name), Ok("theirs".to_owned()));
    assert_eq!(
        bench.file()["theirs"],
        json!({ "command": "no-such-other" })
    );
    bench.until_waiting(0).await;
    bench.stop().await;
}

#[tokio::test]
async fn what_a_person_dismisses_or_decides_does_not_ask_again() {
    let bench = Bench::run(&json!({}));
    bench.agent(add("one", disabled(missing()))).await;
    bench.agent(add("two", disabled(missing()))).await;
    let waiting = bench.until_waiting(2).await;
    bench
        .fleet
        .dismiss(&waiting[0].id)
        .await
        .expect("dismissed");
    assert_eq!(bench.until_waiting(1).await[0].name, "two");
    assert_eq!(bench.file()["one"]["disabled"], true);
    bench
        .fleet
        .config()
        .edit(switch("two", true))
        .await
        .expect("written");
    bench
        .fleet
        .config()
        .edit(switch("two", false))
        .await
        .expect("written");
    bench.until_waiting(0).await;
    bench.stop().await;
}

#[tokio::test]
async fn a_proposal_is_added_as_the_person_wants_it() {
    let bench = Bench::run(&json!({ "taken": disabled(missing()) }));
    let entry = json!({ "command": "no-such-program", "env": { "KEY": "hunter2", "MODE": "a" } });
    let proposal = Proposal {
        source: ReviewSource::Link,
        by: None,
        name: "taken".to_owned(),
        entry,
    };
    let items = bench.fleet.propose(vec![proposal]).await.expect("waits");
    let id = &items[0].id;
    assert_eq!(bench.until_waiting(1).await, items);
    let refused = bench.fleet.accept(id, None, None).await;
    let exists = EditError::Exists("taken".to_owned());
    assert_eq!(refused, Err(ReviewError::Edit(exists)));
    let mut wanted = items[0].entry.clone();
    assert_eq!(wanted["env"]["KEY"], "••••");
    wanted["env"]["MODE"] = "b".into();
    let name = Some("new".to_owned());
    let accepted = bench.fleet.accept(id, name, Some(wanted)).await;
    assert_eq!(accepted.map(|(name, _)| name), Ok("new".to_owned()));
    let env = json!({ "KEY": "hunter2", "MODE": "b" });
    assert_eq!(
        bench.file()["new"],
        json!({ "command": "no-such-program", "env": env })
    );
    bench.until_waiting(0).await;
    bench.stop().await;
}
