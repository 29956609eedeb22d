//! The last touch on every answer: what its era asks for, and nothing that only the other knows.

use serde_json::{Value, json};
use wire::{Era, ErrorObject, META_SERVER_INFO, Raw, RawObject, code, raw};

use super::lists::set_cache_hints;

/// Results that must say how long they hold (MCP 2026-07-28, server/utilities/caching).
const CACHEABLE: [&str; 6] = [
    "server/discover",
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
];

/// The gateway's own name, as clients see it.
pub(crate) fn server_info() -> Value {
    json!({ "name": "toolgate", "title": "Toolgate", "version": env!("CARGO_PKG_VERSION") })
}

/// Adds to a result what the era asks for, and takes out what only the other era knows.
pub(super) fn finish(method: &str, result: Raw, era: Era) -> Raw {
    let Some(mut object) = RawObject::parse(&result) else {
        return result;
    };
    match era {
        Era::Modern => {
            if object.get("resultType").is_none() {
                object.set("resultType", raw("complete"));
            }
            let complete = object.get_as::<String>("resultType").as_deref() == Some("complete");
            if CACHEABLE.contains(&method) && complete {
                // Whatever the server promised, policy may change what this client sees.
                set_cache_hints(&mut object);
            }
            object.edit_meta(|meta| meta.set(META_SERVER_INFO, raw(&server_info())));
        }
        Era::Legacy => {
            let touched = ["resultType", "ttlMs", "cacheScope"]
                .iter()
                .filter(|key| object.remove(key).is_some())
                .count();
            if touched == 0 {
                return result;
            }
        }
    }
    object.to_raw()
}

/// An error in the words of the client's era.
pub(super) fn for_era(method: &str, mut error: ErrorObject, era: Era) -> ErrorObject {
    // Each era has its own code for a resource that does not exist.
    if method == "resources/read" && era == Era::Modern && error.code == code::RESOURCE_NOT_FOUND {
        error.code = code::INVALID_PARAMS;
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_finished_for_their_era() {
        let result = || raw(&json!({ "content": [], "ttlMs": 5, "resultType": "complete" }));
        let legacy = finish("tools/call", result(), Era::Legacy);
        assert_eq!(legacy.get(), r#"{"content":[]}"#);
        let modern = finish("tools/call", raw(&json!({ "content": [] })), Era::Modern);
        let modern: Value = serde_json::from_str(modern.get()).expect("JSON");
        assert_eq!(modern["resultType"], "complete");
        assert_eq!(modern["_meta"][META_SERVER_INFO]["name"], "toolgate");
        assert!(modern.get("ttlMs").is_none());
    }

    #[test]
    fn what_can_be_cached_promises_nothing() {
        let promise = json!({ "contents": [], "ttlMs": 60_000, "cacheScope": "public" });
        let read = finish("resources/read", raw(&promise), Era::Modern);
        let read: Value = serde_json::from_str(read.get()).expect("JSON");
        assert_eq!(
            (&read["ttlMs"], &read["cacheScope"]),
            (&json!(0), &json!("private"))
        );
    }

    #[test]
    fn another_result_type_is_kept() {
        let asks = raw(&json!({ "resultType": "input_required", "requestState": "x" }));
        let asks = finish("resources/read", asks, Era::Modern);
        assert!(asks.get().contains("input_required") && !asks.get().contains("ttlMs"));
    }

    #[test]
    fn a_missing_resource_has_the_code_of_the_era() {
        let error = || ErrorObject::new(code::RESOURCE_NOT_FOUND, "none");
        let of = |era| for_era("resources/read", error(), era).code;
        assert_eq!((of(Era::Legacy), of(Era::Modern)), (-32002, -32602));
    }
}
