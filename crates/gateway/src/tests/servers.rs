//! What an agent may do with the servers, and what takes a person.

use model::ServerState;
use serde_json::{Value, json};

use super::{Bench, fake, refusal};
use crate::Overrides;

impl Bench {
    async fn servers(&self, operation: &str, name: &str) -> Value {
        let arguments = json!({ "operation": operation, "name": name });
        self.menu("upstream_servers", arguments).await
    }

    async fn write(&self, operation: &str, name: &str, entry: Value) -> Value {
        let arguments = json!({ "operation": operation, "name": name, "entry": entry });
        self.menu("upstream_servers", arguments).await
    }

    /// The servers in the configuration file.
    fn file(&self) -> Value {
        let text = std::fs::read_to_string(self.folder.path().join("config.json"));
        let mut file: Value = serde_json::from_str(&text.expect("a file")).expect("JSON");
        file["mcpServers"].take()
    }

    async fn until_state(&self, name: &str, state: &ServerState) {
        let is = |server: &model::ServerStatus| server.name == name && server.state == *state;
        self.until(|snapshot| snapshot.servers.iter().any(is)).await;
    }
}

#[tokio::test]
async fn the_list_shows_states_and_ways_out() {
    let missing = json!({ "command": "no-such-program" });
    let bench = Bench::new(json!({ "my server": fake(&[]), "down": missing })).await;
    let answer = bench
        .menu("upstream_servers", json!({ "operation": "list" }))
        .await;
    let up = &answer["servers"][0];
    assert_eq!(
        (&up["prefix"], &up["state"]),
        (&json!("my_server"), &json!("ready"))
    );
    assert_eq!(up["tools"], json!(bench.gateway.fleet().catalog().len()));
    let down = &answer["servers"][1];
    assert!(
        down["problem"]
            .as_str()
            .expect("why")
            .contains("no-such-program")
    );
    assert!(
        down["fix"]
            .as_str()
            .expect("a way out")
            .contains("Install it")
    );
    assert_eq!(
        (&answer["totals"]["ready"], &answer["totals"]["servers"]),
        (&json!(1), &json!(2))
    );
    bench.stop().await;
}

#[tokio::test]
async fn what_an_agent_adds_stays_off_until_a_person_acts() {
    let bench = Bench::new(json!({})).await;
    let mut entry = fake(&[]);
    entry["enabled"] = json!(true);
    entry["disabled"] = json!(false);
    let added = bench.write("add", "new", entry).await;
    assert_eq!(
        (&added["ok"], &added["state"]),
        (&json!(true), &json!("disabled"))
    );
    assert!(
        added["next"]
            .as_str()
            .expect("what next")
            .contains("toolgate servers enable new")
    );
    assert_eq!(bench.file()["new"]["disabled"], true);
    assert_eq!(bench.file()["new"].get("enabled"), None);
    bench.until_state("new", &ServerState::Disabled).await;
    let enabled = bench.servers("enable", "new").await;
    let said = "needs-person: Enabling `new` starts a program, so a person must do it. \
                Ask the user to run: toolgate servers enable new";
    assert_eq!(refusal(&enabled), said);
    bench.until_state("new", &ServerState::Disabled).await;
    bench.stop().await;
}

#[tokio::test]
async fn an_agent_may_switch_on_again_what_it_switched_off() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    let off = bench.servers("disable", "a").await;
    assert_eq!(off, json!({ "ok": true, "state": "disabled" }));
    bench.until_state("a", &ServerState::Disabled).await;
    let on = bench.servers("enable", "a").await;
    assert_eq!(on, json!({ "ok": true, "state": "starting" }));
    bench.until_state("a", &ServerState::Ready).await;
    let again = bench.servers("enable", "a").await;
    assert_eq!(again["error"]["code"], "needs-person", "only once");
    bench.stop().await;
}

#[tokio::test]
async fn switching_off_and_changing_is_no_way_around() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    bench.servers("disable", "a").await;
    let changed = bench
        .write("update", "a", json!({ "command": "evil" }))
        .await;
    assert_eq!(changed["state"], "disabled");
    assert_eq!(
        bench.file()["a"],
        json!({ "command": "evil", "disabled": true })
    );
    let on = bench.servers("enable", "a").await;
    assert_eq!(on["error"]["code"], "needs-person");
    bench.stop().await;
}

#[tokio::test]
async fn switching_off_what_was_off_gives_no_right_to_switch_on() {
    let mut entry = fake(&[]);
    entry["disabled"] = json!(true);
    let bench = Bench::new(json!({ "a": entry })).await;
    bench.servers("disable", "a").await;
    let on = bench.servers("enable", "a").await;
    assert_eq!(on["error"]["code"], "needs-person");
    bench.stop().await;
}

#[tokio::test]
async fn a_removed_server_is_gone_from_the_file() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    let removed = bench.servers("remove", "a").await;
    assert_eq!(
        removed["message"],
        "`a` was removed from the configuration."
    );
    assert_eq!(bench.file(), json!({}));
    bench.until(|snapshot| snapshot.servers.is_empty()).await;
    let again = bench.servers("remove", "a").await;
    assert_eq!(again["error"]["code"], "config-not-changed");
    bench.stop().await;
}

#[tokio::test]
async fn what_cannot_be_written_is_told() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    let before = bench.file();
    for (operation, name, entry) in [
        ("add", "a", json!({ "command": "x" })),
        ("add", "b", json!({ "neither": true })),
        ("update", "b", json!({ "command": "x" })),
        ("disable", "b", json!(null)),
    ] {
        let answer = bench.write(operation, name, entry).await;
        assert_eq!(
            answer["error"]["code"], "config-not-changed",
            "{operation} {name}: {answer}"
        );
    }
    assert_eq!(bench.file(), before);
    bench.stop().await;
}

#[tokio::test]
async fn flags_and_settings_forbid() {
    let servers = json!({ "a": fake(&["--bare"]) });
    let off = |key: &str| json!({ key: false, "mcpServers": &servers });
    let plain = json!({ "mcpServers": &servers });
    let none = Overrides::default();
    let no_add = Overrides {
        no_server_add: true,
        ..none
    };
    let no_remove = Overrides {
        no_server_remove: true,
        ..none
    };
    for (file, overrides, operation) in [
        (off("allowServerAdd"), none, "add"),
        (off("allowServerAdd"), none, "update"),
        (plain.clone(), no_add, "add"),
        (off("allowServerRemove"), none, "remove"),
        (plain, no_remove, "remove"),
    ] {
        let bench = Bench::with(&file, overrides).await;
        let before = bench.file();
        let answer = bench.write(operation, "a", json!({ "command": "x" })).await;
        let said = refusal(&answer);
        assert!(
            said.starts_with("forbidden: This gateway does not allow "),
            "{operation}: {said}"
        );
        assert!(said.contains("A person can do it"), "{said}");
        assert_eq!(bench.file(), before);
        bench.stop().await;
    }
}

#[tokio::test]
async fn read_only_forbids_every_change() {
    let file = json!({ "readOnly": true, "mcpServers": { "a": fake(&["--bare"]) } });
    let bench = Bench::with(&file, Overrides::default()).await;
    let before = bench.file();
    for operation in ["add", "update", "remove", "disable"] {
        let answer = bench.write(operation, "a", json!({ "command": "x" })).await;
        assert_eq!(answer["error"]["code"], "forbidden", "{operation}");
    }
    assert_eq!(bench.file(), before);
    let list = bench
        .menu("upstream_servers", json!({ "operation": "list" }))
        .await;
    assert_eq!(list["totals"]["servers"], 1);
    bench.stop().await;
}

#[tokio::test]
async fn a_restart_and_the_log_are_free() {
    let bench = Bench::new(json!({ "my server": fake(&["--stderr", "hello there"]) })).await;
    let restarted = bench.servers("restart", "my server").await;
    assert_eq!(restarted, json!({ "ok": true, "state": "starting" }));
    bench
        .until(|snapshot| snapshot.servers[0].starts == 2)
        .await;
    bench.until_state("my server", &ServerState::Ready).await;
    for name in ["my server", "my_server"] {
        let log = bench.servers("tail_log", name).await;
        assert!(log["lines"].to_string().contains("hello there"), "{log}");
    }
    let one = json!({ "operation": "tail_log", "name": "my server", "lines": 1 });
    let one = bench.menu("upstream_servers", one).await;
    assert_eq!(one["lines"].as_array().expect("lines").len(), 1);
    for operation in ["restart", "tail_log"] {
        let answer = bench.servers(operation, "b").await;
        let said = "unknown-server: there is no server named `b`. Use one of those listed.";
        assert_eq!(refusal(&answer), said);
        assert_eq!(answer["error"]["servers"], json!(["my server"]));
    }
    bench.stop().await;
}

#[tokio::test]
async fn an_operation_that_is_not_whole_is_shown_how() {
    let bench = Bench::new(json!({})).await;
    for arguments in [
        json!({}),
        json!({ "operation": "restart" }),
        json!({ "operation": "fly", "name": "a" }),
        json!({ "operation": "add", "name": "a" }),
        json!({ "operation": "add", "name": "a", "entry": "npx x" }),
    ] {
        let answer = bench.menu("upstream_servers", arguments.clone()).await;
        assert_eq!(answer["error"]["code"], "invalid-arguments", "{arguments}");
        assert!(
            answer["error"]["example"]["operation"].is_string(),
            "{arguments}"
        );
    }
    bench.stop().await;
}
