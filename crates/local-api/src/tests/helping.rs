//! What helps to find out why something does not work: the doctor, and the support bundle.

use std::io::{Cursor, Read as _};

use axum::body::Bytes;
use http_body_util::BodyExt as _;
use serde_json::json;
use zip::ZipArchive;

use super::{Bench, code, disabled, fake, get};

#[tokio::test]
async fn the_doctor_groups_what_it_finds() {
    let entry = json!({ "command": "no-such-program-anywhere" });
    let bench = Bench::new(&json!({ "broken": entry })).await;
    let (status, report) = bench.get("/api/v1/doctor").await;
    assert_eq!(status, 200, "{report}");
    let findings = report["findings"].as_array().expect("findings");
    let of = |id: &str| findings.iter().find(|finding| finding["id"] == id);
    assert_eq!(of("gateway").expect("the gateway")["status"], "ok");
    let broken = of("command-not-found").expect("the server");
    assert_eq!(
        (&broken["status"], &broken["group"]),
        (&json!("error"), &json!("servers"))
    );
    assert!(
        broken["message"]
            .as_str()
            .is_some_and(|said| said.starts_with("broken: "))
    );
    assert!(of("clock").is_some() && of("keychain").is_some());
    bench.stop().await;
}

#[tokio::test]
async fn the_bundle_holds_what_it_says_and_no_secret() {
    let planted = [
        "planted-literal-value",
        "planted-header-value",
        "ghp_0123456789abcdefghij",
    ];
    let mut leaky = fake(&[]);
    leaky["env"] = json!({ "API_KEY": planted[0] });
    let remote = json!({ "url": "https://h.example", "headers": { "Authorization": format!("Bearer {}", planted[1]) } });
    let bench = Bench::new(&json!({ "leaky": leaky, "remote": disabled(remote) })).await;
    let log = bench.folder.path().join("logs").join("gateway.log");
    let old = planted.join(" and ") + " and token-of-the-gateway\n";
    std::fs::write(log, format!("T  INFO old: {old}")).expect("written");
    let (_, listed) = bench.get("/api/v1/support-bundle/contents").await;
    let response = bench.open(get("/api/v1/support-bundle")).await;
    assert_eq!(response.status(), 200);
    let bytes: Bytes = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    let mut archive = ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let mut names = Vec::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).expect("a file");
        let mut text = String::new();
        file.read_to_string(&mut text).expect("text");
        let name = file.name().expect("a name").into_owned();
        for secret in planted {
            assert!(!text.contains(secret), "{name} holds {secret}");
        }
        names.push(name);
    }
    let listed = listed.as_array().expect("a list").iter();
    let listed: Vec<_> = listed
        .map(|entry| entry["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(names, listed);
    assert!(
        names
            .iter()
            .all(|name| name.starts_with("toolgate-support/"))
    );
    for part in [
        "config.json",
        "doctor.txt",
        "logs/gateway.log",
        "logs/server-leaky.log",
    ] {
        assert!(
            names.contains(&format!("toolgate-support/{part}")),
            "{part} in {names:?}"
        );
    }
    bench.stop().await;
}

#[tokio::test]
async fn only_remote_servers_without_a_header_are_signed_in_to() {
    let own = json!({ "url": "http://127.0.0.1:1/", "headers": { "authorization": "x" } });
    let servers = json!({ "local": disabled(fake(&[])), "own": disabled(own) });
    let bench = Bench::new(&servers).await;
    for name in ["local", "own"] {
        let path = format!("/api/v1/servers/{name}/sign-in");
        let (status, body) = bench.post(&path, &json!({})).await;
        assert_eq!(
            (status.as_u16(), code(&body)),
            (409, "no-sign-in"),
            "{name}"
        );
    }
    let (status, body) = bench.post("/api/v1/servers/none/sign-in", &json!({})).await;
    assert_eq!((status.as_u16(), code(&body)), (404, "no-such-server"));
    bench.stop().await;
}

#[tokio::test]
async fn a_registry_that_is_not_there_is_told_with_a_way_out() {
    let bench = Bench::new(&json!({})).await;
    let path = bench.folder.path().join("config.json");
    std::fs::write(&path, r#"{"registry": "http://127.0.0.1:1"}"#).expect("written");
    bench.api.gateway.fleet().config().reload();
    let (status, body) = bench.get("/api/v1/registry?query=x").await;
    assert_eq!((status.as_u16(), code(&body)), (502, "registry"), "{body}");
    let error = &body["error"];
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|said| said.contains("127.0.0.1"))
    );
    assert!(
        error["fix"]
            .as_str()
            .is_some_and(|fix| fix.contains("without a registry"))
    );
    bench.stop().await;
}
