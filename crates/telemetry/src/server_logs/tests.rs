//! Server logs as their callers see them.

use std::fs;
use std::time::Duration;

use super::*;
use crate::tail;

fn logs(dir: &Path) -> ServerLogs {
    ServerLogs::new(dir, Rotation::default()).unwrap()
}

/// The lines of a log without their times.
fn texts(dir: &Path, slug: &str) -> Vec<String> {
    let lines = tail(dir, slug, 10_000).unwrap();
    lines
        .iter()
        .map(|line| line.split_once(' ').unwrap().1.to_owned())
        .collect()
}

#[tokio::test]
async fn secrets_are_hidden_in_lines_of_both_sources() {
    let dir = tempfile::tempdir().unwrap();
    let logs = logs(dir.path());
    let log = logs.open("files").unwrap();
    log.hide(&[Secret::new("hunter2secret")]);
    log.clone().stderr_line(b"refused: hunter2secret\n");
    log.event(Level::WARN, "it said hunter2secret");
    logs.flush().await.unwrap();
    let expected = ["stderr: refused: ••••", "gateway WARN: it said ••••"];
    assert_eq!(texts(dir.path(), "files"), expected);
    assert_eq!(
        logs.path("files").unwrap(),
        dir.path().join("server-files.log")
    );
}

#[tokio::test]
async fn lines_of_both_sources_are_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let logs = logs(dir.path());
    let log = logs.open("files").unwrap();
    log.event(Level::INFO, "started");
    log.stderr_line(b"listening\r\n");
    log.clone().stderr_line(b"\x1b[31mred\nforged\x1b[0m");
    log.event(Level::ERROR, "gone\n");
    logs.flush().await.unwrap();
    assert_eq!(
        texts(dir.path(), "files"),
        [
            "gateway INFO: started",
            "stderr: listening",
            "stderr: \\x1b[31mred\\nforged\\x1b[0m",
            "gateway ERROR: gone\\n",
        ]
    );
}

#[tokio::test]
async fn each_server_has_its_own_file() {
    let dir = tempfile::tempdir().unwrap();
    let logs = logs(dir.path());
    for slug in ["a", "b"] {
        logs.open(slug).unwrap().event(Level::INFO, slug);
    }
    logs.flush().await.unwrap();
    assert_eq!(texts(dir.path(), "a"), ["gateway INFO: a"]);
    assert_eq!(texts(dir.path(), "b"), ["gateway INFO: b"]);
    assert!(logs.open("../b").is_err());
    assert!(logs.follow("../b", 1).await.is_err());
}

#[tokio::test]
async fn a_flood_is_cut_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    let logs = logs(dir.path());
    let log = logs.open("a").unwrap();
    let line = vec![b'x'; 64 * 1024];
    for _ in 0..20_000 {
        log.stderr_line(&line);
    }
    // The writer has caught up, so that the count itself cannot be lost.
    logs.flush().await.unwrap();
    log.event(Level::INFO, "stopped");
    logs.flush().await.unwrap();

    // Read whole, because `tail` is bounded.
    let text = fs::read_to_string(dir.path().join("server-a.log")).unwrap();
    let texts: Vec<&str> = text
        .lines()
        .map(|line| line.split_once(' ').unwrap().1)
        .collect();
    let kept = texts
        .iter()
        .filter(|text| text.starts_with("stderr: "))
        .count();
    assert!((1..3_000).contains(&kept), "{kept} lines");
    let dropped: usize = texts
        .iter()
        .filter_map(|text| {
            text.strip_prefix("gateway WARN: ")?
                .strip_suffix(" lines were dropped")
        })
        .map(|count| count.parse::<usize>().unwrap())
        .sum();
    assert_eq!(kept + dropped, 20_000);
    assert_eq!(texts.last().unwrap(), &"gateway INFO: stopped");
}

#[tokio::test]
async fn a_follower_sees_past_and_future_once() {
    let dir = tempfile::tempdir().unwrap();
    let logs = logs(dir.path());
    let log = logs.open("a").unwrap();
    for n in 0..5 {
        log.event(Level::INFO, &format!("line {n}"));
    }
    let lines = logs.follow("a", 2).await.unwrap();
    for n in 5..8 {
        log.event(Level::INFO, &format!("line {n}"));
    }
    let seen: Vec<String> = lines.take(5).collect().await;
    let numbers: Vec<&str> = seen
        .iter()
        .filter_map(|line| line.rsplit(' ').next())
        .collect();
    assert_eq!(numbers, ["3", "4", "5", "6", "7"]);
}

#[tokio::test]
async fn following_survives_rotation_and_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let rotation = Rotation {
        max_file_bytes: 50,
        max_files: 2,
        max_age: Duration::from_hours(1),
    };
    let logs = ServerLogs::new(dir.path(), rotation).unwrap();
    let mut lines = logs.follow("a", 10).await.unwrap();
    for n in 0..20 {
        logs.open("a")
            .unwrap()
            .event(Level::INFO, &format!("line {n}"));
        let line = lines.next().await.unwrap();
        assert!(line.ends_with(&format!(" line {n}")), "{line}");
    }
    logs.flush().await.unwrap();
    assert!(fs::exists(dir.path().join("server-a.1.log")).unwrap());
    assert!(!fs::exists(dir.path().join("server-a.2.log")).unwrap());
}

#[tokio::test]
async fn a_slow_follower_is_told_what_it_missed() {
    let dir = tempfile::tempdir().unwrap();
    let logs = logs(dir.path());
    let log = logs.open("a").unwrap();
    let mut lines = logs.follow("a", 0).await.unwrap();
    for n in 0..1_000 {
        log.event(Level::INFO, &format!("line {n}"));
    }
    logs.flush().await.unwrap();
    assert_eq!(
        lines.next().await.unwrap(),
        "(744 lines were too fast to be shown; they are in the log)"
    );
    assert!(lines.next().await.unwrap().ends_with(" line 744"));
}

#[tokio::test]
async fn the_writer_ends_with_its_last_user_and_writes_everything() {
    let dir = tempfile::tempdir().unwrap();
    let logs = logs(dir.path());
    let log = logs.open("a").unwrap();
    let lines = logs.follow("a", 0).await.unwrap();
    drop(logs);
    log.event(Level::INFO, "last words");
    drop(log);
    let seen: Vec<String> = lines.collect().await;
    assert_eq!(seen.len(), 1, "the stream ends");
    assert_eq!(texts(dir.path(), "a"), ["gateway INFO: last words"]);
}

#[tokio::test]
async fn logging_goes_on_when_the_directory_is_lost() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("logs");
    let logs = logs(&dir);
    let log = logs.open("a").unwrap();
    fs::remove_dir(&dir).unwrap();
    fs::write(&dir, "in the way").unwrap();
    log.event(Level::INFO, "lost");
    logs.flush().await.unwrap();
    fs::remove_file(&dir).unwrap();
    log.event(Level::INFO, "kept");
    logs.flush().await.unwrap();
    assert_eq!(texts(&dir, "a"), ["gateway INFO: kept"]);
}
