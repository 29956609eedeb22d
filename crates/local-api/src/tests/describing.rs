//! Answers are what the API's description says of them.

use serde_json::{Value, json};

use super::{Bench, fake};
use crate::openapi::tests::document;

/// A validator for what this path answers to a GET with success; `None` if that is no JSON.
fn validator(document: &Value, path: &str) -> Option<jsonschema::Validator> {
    let answers = &document["paths"][path]["get"]["responses"]["200"]["content"];
    let schema = answers["application/json"]["schema"].clone();
    if schema.is_null() {
        return None;
    }
    let whole = json!({ "allOf": [schema], "components": document["components"] });
    Some(jsonschema::validator_for(&whole).expect("a schema"))
}

#[tokio::test]
async fn every_answer_is_as_described() {
    let bench = Bench::new(&json!({ "everything": fake(&[]) })).await;
    bench.until_ready("everything").await;
    let document = document();
    let tools = bench.get("/api/v1/tools").await.1;
    let tool = tools[0]["id"].as_str().expect("a tool").to_owned();
    let paths = document["paths"].as_object().expect("paths");
    let mut checked = 0;
    // Registries are on other machines; their answers are tested where they are made.
    for path in paths.keys().filter(|path| !path.starts_with("/registry")) {
        let Some(validator) = validator(&document, path) else {
            continue;
        };
        let id = if path.starts_with("/activity") {
            "1"
        } else {
            &tool
        };
        let asked = path.replace("{name}", "everything").replace("{id}", id);
        let (status, answer) = bench.get(&format!("/api/v1{asked}")).await;
        if path.contains('{') && status == 404 {
            // It wants the id of something else.
            continue;
        }
        assert_eq!(status, 200, "{asked}: {answer}");
        let wrong: Vec<_> = validator
            .iter_errors(&answer)
            .map(|e| e.to_string())
            .collect();
        assert!(wrong.is_empty(), "{asked}: {wrong:?} in {answer}");
        checked += 1;
    }
    assert!(checked >= 7, "{checked}");
    bench.stop().await;
}
