//! Whether this tool may be called in this way.

use fleet::Tool;
use model::Effect;

use crate::refusal::Refusal;

/// Checks a tool's effect against read-only mode and against what the caller said it means to do.
///
/// The intent is what a client's own permission prompt was shown, so it must not be weaker than
/// what the tool may do.
pub(super) fn authorize(
    read_only: bool,
    tool: &Tool,
    intent: Option<Effect>,
) -> Result<(), Refusal> {
    let effect = tool.definition.effect;
    if read_only && effect != Effect::Read {
        return Err(Refusal::new(
            "read-only",
            format!(
                "`{}` may change something, and the gateway is in read-only mode.",
                tool.id
            ),
            "Use tools that only read; a person can end read-only mode in the configuration \
             (`readOnly`).",
        ));
    }
    match intent {
        Some(intent) if effect > intent => Err(Refusal::new(
            "wrong-intent",
            format!(
                "`{}` {}, so it is not called with {}.",
                tool.id,
                says(effect),
                intent.call_with()
            ),
            format!("Call it with {}.", effect.call_with()),
        )
        .with("call_with", effect.call_with())),
        _ => Ok(()),
    }
}

fn says(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "only reads",
        Effect::Write => "does not say that it only reads",
        Effect::Destructive => "says that it may destroy something",
    }
}

#[cfg(test)]
mod tests {
    use model::ServerName;
    use upstream::ToolDefinition;
    use wire::RawObject;

    use super::*;

    fn tool(effect: Effect) -> Tool {
        Tool {
            id: "s__t".to_owned(),
            server: ServerName::new("s").expect("a name"),
            slug: "s".to_owned(),
            definition: ToolDefinition {
                name: "t".to_owned(),
                title: None,
                description: String::new(),
                effect,
                definition: RawObject::default().to_raw(),
            },
        }
    }

    #[test]
    fn an_intent_covers_what_is_weaker() {
        use Effect::{Destructive, Read, Write};
        for (effect, intent, allowed) in [
            (Read, Read, true),
            (Read, Destructive, true),
            (Write, Read, false),
            (Write, Write, true),
            (Destructive, Write, false),
            (Destructive, Destructive, true),
        ] {
            let verdict = authorize(false, &tool(effect), Some(intent));
            assert_eq!(verdict.is_ok(), allowed, "{effect:?} by {intent:?}");
        }
        assert!(authorize(false, &tool(Destructive), None).is_ok());
    }

    #[test]
    fn a_refusal_names_the_right_tool() {
        let refusal =
            authorize(false, &tool(Effect::Destructive), Some(Effect::Read)).expect_err("refused");
        assert_eq!(refusal.details["call_with"], "call_tool_destructive");
    }

    #[test]
    fn read_only_lets_only_readers_through() {
        assert!(authorize(true, &tool(Effect::Read), None).is_ok());
        assert!(authorize(true, &tool(Effect::Write), Some(Effect::Write)).is_err());
    }
}
