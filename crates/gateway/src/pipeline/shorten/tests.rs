//! Shortening on results of every kind.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

const LIMIT: usize = 2_000;

struct Kept {
    _dir: tempfile::TempDir,
    pages: PageStore,
}

fn pages() -> Kept {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let pages = PageStore::open(dir.path(), 1 << 24, Duration::from_mins(1)).expect("opens");
    Kept { _dir: dir, pages }
}

fn result(value: &Value) -> Raw {
    raw(value)
}

fn run(kept: &Kept, value: &Value) -> Option<Value> {
    let shortened = cut(&kept.pages, &result(value), LIMIT)?;
    Some(serde_json::from_str(shortened.get()).expect("valid JSON"))
}

fn notice(shortened: &Value) -> Value {
    let text = shortened["content"][0]["text"].as_str().expect("a text");
    assert!(
        text.chars().count() <= LIMIT,
        "{} characters",
        text.chars().count()
    );
    serde_json::from_str(text).expect("the text is JSON")
}

fn read_all(kept: &Kept, key: &str) -> String {
    let (mut text, mut offset) = (String::new(), 0);
    loop {
        let page = kept.pages.read(key, offset, 777).expect("a page");
        text.push_str(&page.text);
        match page.next_offset {
            Some(next) => offset = next,
            None => return text,
        }
    }
}

#[tokio::test]
async fn short_results_are_not_touched() {
    let kept = pages();
    let small = result(&json!({ "content": [{ "type": "text", "text": "x" }], "vendor": 1.0 }));
    assert_eq!(
        shorten(&kept.pages, small.clone(), LIMIT).await.get(),
        small.get()
    );
}

#[test]
fn a_long_text_can_be_read_whole() {
    let kept = pages();
    let text = "Zeile \"eins\"\n日本語 ".repeat(1_000);
    let short = run(
        &kept,
        &json!({ "content": [{ "type": "text", "text": text }] }),
    )
    .expect("cut");
    let notice = notice(&short);
    assert_eq!(notice["total_chars"], text.chars().count());
    let start = notice["preview"]
        .as_str()
        .expect("a text")
        .trim_end_matches('…');
    assert!(text.starts_with(start) && start.chars().count() > LIMIT / 2);
    assert_eq!(
        read_all(&kept, notice["cache_key"].as_str().expect("a key")),
        text
    );
}

#[test]
fn json_stays_json_of_the_same_shape() {
    let kept = pages();
    let records: Vec<Value> = (0..500)
        .map(|n| json!({ "id": n, "name": format!("record {n}") }))
        .collect();
    let text = json!({ "total": 500, "records": records }).to_string();
    let short = run(
        &kept,
        &json!({ "content": [{ "type": "text", "text": text }] }),
    )
    .expect("cut");
    let preview = &notice(&short)["preview"];
    assert_eq!(preview["total"], 500);
    let shown = preview["records"].as_array().expect("a list");
    assert!(shown.len() > 10 && shown.len() < 500);
    assert_eq!(shown[3], json!({ "id": 3, "name": "record 3" }));
}

#[test]
fn images_do_not_count_and_stay() {
    let kept = pages();
    let image = json!({ "type": "image", "mimeType": "image/png", "data": "A".repeat(100_000) });
    let small = json!({ "content": [image, { "type": "text", "text": "a picture" }] });
    assert!(run(&kept, &small).is_none());
    let long = json!({ "content": [{ "type": "text", "text": "x".repeat(9_999) }, image] });
    let short = run(&kept, &long).expect("cut");
    assert_eq!(short["content"][1], image);
}

#[test]
fn structure_is_kept_in_part_for_clients_that_insist_on_it() {
    let kept = pages();
    let structure = json!({ "items": (0..2_000).collect::<Vec<_>>(), "ok": true });
    let both = json!({
        "content": [{ "type": "text", "text": structure.to_string() }],
        "structuredContent": structure, "isError": false, "vendor": { "kept": 1.0 },
    });
    let short = run(&kept, &both).expect("cut");
    assert_eq!(short["structuredContent"]["ok"], true);
    assert!(chars(&short["structuredContent"]) <= LIMIT / 2);
    assert_eq!(short["vendor"], json!({ "kept": 1.0 }));
    let key = notice(&short)["cache_key"]
        .as_str()
        .expect("a key")
        .to_owned();
    assert_eq!(read_all(&kept, &key), structure.to_string());
}

#[test]
fn several_texts_are_kept_as_the_result_they_came_in() {
    let kept = pages();
    let block = json!({ "type": "text", "text": "y".repeat(1_500) });
    let whole = json!({ "content": [block, block] });
    let key = notice(&run(&kept, &whole).expect("cut"))["cache_key"].clone();
    let read: Value =
        serde_json::from_str(&read_all(&kept, key.as_str().expect("a key"))).expect("JSON");
    assert_eq!(read, whole);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[\\PC\"\\\\\n]{0,300}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,8}", inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_size_is_what_serialising_gives(value in any_json()) {
        prop_assert_eq!(chars(&value), value.to_string().chars().count());
    }

    #[test]
    fn shrinking_respects_the_budget_of_containers(value in any_json(), budget in 40usize..400) {
        let shrunk = shrink(&value, budget);
        if value.is_array() || value.is_object() {
            prop_assert!(chars(&shrunk) <= budget.max(40) + 30, "{} > {budget}", chars(&shrunk));
        }
    }

    #[test]
    fn any_long_answer_stays_within_the_limit(value in any_json()) {
        let kept = pages();
        let text = json!([value, "z".repeat(LIMIT)]).to_string();
        let whole = json!({ "content": [{ "type": "text", "text": text }] });
        let short = run(&kept, &whole).expect("cut");
        notice(&short);
    }
}
