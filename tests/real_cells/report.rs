//! Two reports of a client and where they differ.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What an era adds to results, and each connection has of its own.
const OF_THE_ERA: [&str; 4] = [
    "resultType",
    "ttlMs",
    "cacheScope",
    "io.modelcontextprotocol/serverInfo",
];

/// Tools that a server has only for clients that run tasks; the gateway is one for all clients.
const FOR_TASKS: [&str; 2] = [
    "trigger-sampling-request-async",
    "trigger-elicitation-request-async",
];

/// News that tell of a server's start, which the gateway's clients do not witness, and of roots,
/// which are the gateway's to keep.
const OF_THE_START: [&str; 2] = ["notifications/tools/list_changed", "Roots updated"];

/// Where the second report differs from the first, as JSON pointers with both values.
pub(crate) fn differences(direct: &Value, through: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk("", &comparable(direct), &comparable(through), &mut found);
    found
}

/// Puts listed tools into the order of their names.
pub(crate) fn sort_tools(report: &mut Value) {
    for step in report["steps"].as_array_mut().into_iter().flatten() {
        if let Some(tools) = step["result"]["tools"].as_array_mut() {
            tools.sort_by_key(|tool| tool["name"].to_string());
        }
    }
}

/// What two runs of the same steps have in common.
fn comparable(report: &Value) -> Value {
    let mut report = stable(report);
    if let Some(fields) = report.as_object_mut() {
        // The gateway speaks its own revision under its own name.
        fields.remove("version");
        fields.remove("server");
    }
    if let Some(steps) = report["steps"].as_array_mut() {
        gather_questions(steps);
        steps.iter_mut().for_each(tidy_step);
    }
    if let Some(news) = report["news"].as_object_mut() {
        news.values_mut()
            .filter_map(Value::as_array_mut)
            .for_each(|each| {
                each.retain(|one| !is_of_the_start(&one.to_string()));
                // How often the same is told depends on when one begins to listen.
                each.dedup();
            });
        news.retain(|method, each| {
            !is_of_the_start(method) && each.as_array().is_none_or(|all| !all.is_empty())
        });
    }
    report
}

fn is_of_the_start(text: &str) -> bool {
    OF_THE_START.iter().any(|start| text.contains(start))
}

/// A task asks its first question when it likes, while it is being created or later; it counts as
/// asked while the client waits for the task's result.
fn gather_questions(steps: &mut [Value]) {
    let mut early = Vec::new();
    for step in steps {
        let creates = !step["result"]["task"].is_null();
        let waits = step["do"] == "tasks/result";
        if let Some(asked) = step["asked"].as_array_mut() {
            if creates {
                early.append(asked);
            } else if waits {
                asked.append(&mut early);
            }
        }
    }
}

fn tidy_step(step: &mut Value) {
    if let Some(progress) = step["progress"].as_array_mut() {
        // Clients lose progress that arrives in one piece with the result.
        progress.retain(|each| each["progress"] != each["total"]);
    }
    if let Some(asked) = step["asked"].as_array_mut() {
        // Questions for one answer have no order in the modern era.
        asked.sort_by_key(Value::to_string);
    }
    if let Some(tools) = step["result"]["tools"].as_array_mut() {
        tools.retain(|tool| !FOR_TASKS.iter().any(|name| tool["name"] == *name));
    }
}

/// The value without what differs from run to run.
fn stable(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(stable_text(text)),
        Value::Array(values) => values.iter().map(stable).collect(),
        Value::Object(fields) => {
            let kept = fields
                .iter()
                .filter(|(key, _)| !OF_THE_ERA.contains(&key.as_str()));
            let stable = kept.map(|(key, value)| (key.clone(), stable(value)));
            let empty =
                |key: &str, value: &Value| key == "_meta" && value == &Value::Object(Map::new());
            Value::Object(stable.filter(|(key, value)| !empty(key, value)).collect())
        }
        _ => value.clone(),
    }
}

/// The text with every random id, time of day and time stamp replaced.
fn stable_text(text: &str) -> String {
    let is_of_a_word = |c: char| c.is_ascii_alphanumeric() || "-:.".contains(c);
    let mut stable = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_of_a_word) {
        let end = rest[start..]
            .find(|c| !is_of_a_word(c))
            .map_or(rest.len(), |length| start + length);
        stable += &rest[..start];
        let word = &rest[start..end];
        stable += if changes(word.trim_end_matches(['.', ':', '-'])) {
            "<varies>"
        } else {
            word
        };
        rest = &rest[end..];
    }
    stable + rest
}

fn changes(word: &str) -> bool {
    let hex = word.chars().filter(char::is_ascii_hexdigit).count();
    let count = |c| word.matches(c).count();
    let is_uuid = word.len() == 36 && hex == 32 && count('-') == 4;
    let is_id = word.len() == 32 && hex == 32;
    let is_clock =
        word.len() >= 7 && count(':') == 2 && word.starts_with(|c: char| c.is_ascii_digit());
    is_uuid || is_id || is_clock
}

fn walk(at: &str, direct: &Value, through: &Value, found: &mut Vec<String>) {
    match (direct, through) {
        (Value::Object(direct), Value::Object(through)) => {
            let fields = pairs(direct, through);
            for (key, (direct, through)) in fields {
                walk(&format!("{at}/{key}"), direct, through, found);
            }
        }
        (Value::Array(direct), Value::Array(through)) if direct.len() == through.len() => {
            for (index, (direct, through)) in direct.iter().zip(through).enumerate() {
                walk(&format!("{at}/{index}"), direct, through, found);
            }
        }
        _ if direct == through => {}
        _ => found.push(format!("{at}: {} -> {}", short(direct), short(through))),
    }
}

/// The fields of both objects by name; one that is missing is null.
fn pairs<'a>(
    direct: &'a Map<String, Value>,
    through: &'a Map<String, Value>,
) -> BTreeMap<&'a str, (&'a Value, &'a Value)> {
    let keys = direct.keys().chain(through.keys());
    let of = |fields: &'a Map<String, Value>, key: &str| fields.get(key).unwrap_or(&Value::Null);
    keys.map(|key| (key.as_str(), (of(direct, key), of(through, key))))
        .collect()
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report(result: &Value) -> Value {
        json!({"version": "2025-11-25", "news": {}, "steps": [{"do": "x", "result": result}]})
    }

    #[test]
    fn a_difference_is_named_by_its_place_and_both_values() {
        let found = differences(
            &report(&json!({"a": [1, 2]})),
            &report(&json!({"a": [1, 3]})),
        );
        assert_eq!(found, ["/steps/0/result/a/1: 2 -> 3"]);
        let found = differences(&report(&json!({"a": 1})), &report(&json!({"b": 1})));
        assert_eq!(
            found,
            [
                "/steps/0/result/a: 1 -> null",
                "/steps/0/result/b: null -> 1"
            ]
        );
    }

    #[test]
    fn what_the_era_adds_and_the_revision_are_no_difference() {
        let mut modern = report(&json!({
            "resultType": "complete", "ttlMs": 0,
            "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "x"}}, "text": "y"
        }));
        modern["version"] = "2026-07-28".into();
        assert!(differences(&report(&json!({"text": "y"})), &modern).is_empty());
        let with_meta = report(&json!({"text": "y", "_meta": {"own": 1}}));
        assert_eq!(differences(&modern, &with_meta).len(), 1);
    }

    #[test]
    fn random_words_are_replaced_and_others_kept() {
        let text =
            "at 2026-11-21T15:13:28.227Z, 3:04:05 PM, by fcb9ac51-17dc-4dda-9ea5-84a6017f0e26.";
        assert_eq!(stable_text(text), "at <varies>, <varies> PM, by <varies>");
        let kept = "https://example.com/a-b, 2026-01-31: 12:30 (ok) – naïve";
        assert_eq!(stable_text(kept), kept);
    }

    #[test]
    fn news_of_the_start_do_not_count_but_others_do() {
        let mut with_news = report(&json!({}));
        with_news["news"] = json!({"notifications/tools/list_changed": [{}]});
        assert!(differences(&report(&json!({})), &with_news).is_empty());
        with_news["news"] = json!({"notifications/message": [{"data": 1}]});
        assert_eq!(differences(&report(&json!({})), &with_news).len(), 1);
    }

    #[test]
    fn tools_count_in_any_order_once_they_are_sorted() {
        let mut lists = [["a", "b"], ["b", "a"]]
            .map(|[one, two]| report(&json!({"tools": [{"name": one}, {"name": two}]})));
        assert!(!differences(&lists[0], &lists[1]).is_empty());
        lists.iter_mut().for_each(sort_tools);
        assert!(differences(&lists[0], &lists[1]).is_empty());
    }

    #[test]
    fn a_task_may_ask_before_it_is_waited_for() {
        let steps = |early: Value, late: Value| {
            json!({"steps": [
                {"do": "tools/call", "asked": early, "result": {"task": {"taskId": "t"}}},
                {"do": "tasks/result", "asked": late}
            ]})
        };
        let early = steps(json!([1]), json!([2]));
        assert!(differences(&early, &steps(json!([]), json!([1, 2]))).is_empty());
        assert!(!differences(&early, &steps(json!([]), json!([2]))).is_empty());
    }

    #[test]
    fn progress_counts_up_to_the_last() {
        let mut direct = report(&json!({}));
        let mut through = direct.clone();
        direct["steps"][0]["progress"] =
            json!([{"progress": 1, "total": 2}, {"progress": 2, "total": 2}]);
        through["steps"][0]["progress"] = json!([{"progress": 1, "total": 2}]);
        assert!(differences(&direct, &through).is_empty());
        through["steps"][0]["progress"] = json!([]);
        assert_eq!(differences(&direct, &through).len(), 1);
    }
}
