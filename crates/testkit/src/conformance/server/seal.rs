//! The `requestState` of tools that remember earlier rounds: sealed, and good for one request.

use rmcp::ErrorData;
use rmcp::model::{RequestStateCodec, SealOptions};
use serde_json::json;

use super::play::Answers;

/// Seals states of one request.
#[derive(Clone)]
pub(super) struct Seal {
    codec: RequestStateCodec,
    /// What the state belongs to; the state of another request does not open.
    purpose: String,
}

impl Seal {
    /// A seal with this key for no request yet.
    pub(super) fn new(key: Vec<u8>) -> Self {
        Self {
            codec: RequestStateCodec::new_unchecked(key),
            purpose: String::new(),
        }
    }

    /// The seal for a tool or prompt with these arguments.
    pub(super) fn of(&self, name: &str, arguments: &serde_json::Value) -> Self {
        Self {
            codec: self.codec.clone(),
            purpose: json!([name, arguments]).to_string(),
        }
    }

    /// The state that holds these answers.
    pub(super) fn close(&self, answers: &Answers) -> Result<String, ErrorData> {
        let options = SealOptions::new().associated_data(self.purpose.as_bytes());
        let sealed = self.codec.seal_json_with(answers, &options);
        sealed.map_err(|error| ErrorData::internal_error(error.to_string(), None))
    }

    /// The answers in a state that the client returned; it must be untouched.
    pub(super) fn open(&self, state: &str) -> Result<Answers, ErrorData> {
        let opened = self.codec.open_json_with(state, self.purpose.as_bytes());
        opened.map_err(|_| {
            ErrorData::invalid_params(
                "The requestState is not one that this request was given",
                None,
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers() -> Answers {
        [("name".to_owned(), json!({"action": "accept"}))]
            .into_iter()
            .collect()
    }

    #[test]
    fn a_state_opens_for_its_own_request_only() {
        let seal = Seal::new(vec![7; 32]);
        let mine = seal.of("tool", &json!({"a": 1}));
        let state = mine.close(&answers()).expect("sealed");
        assert_eq!(mine.open(&state).expect("its own"), answers());
        assert!(seal.of("tool", &json!({"a": 2})).open(&state).is_err());
        assert!(seal.of("other", &json!({"a": 1})).open(&state).is_err());
    }

    #[test]
    fn a_changed_state_does_not_open() {
        let seal = Seal::new(vec![7; 32]).of("tool", &json!({}));
        let state = seal.close(&answers()).expect("sealed");
        let changed = format!("{state}x");
        let error = seal.open(&changed).expect_err("it was changed");
        assert_eq!(error.code.0, -32602);
        let other = Seal::new(vec![8; 32]).of("tool", &json!({}));
        assert!(other.open(&state).is_err());
    }
}
