//! Whether this tool may be called in this way.

use std::sync::Arc;

use fleet::{Scope, Tool};
use model::{Effect, Pause};

use super::resolve;
use crate::Inner;
use crate::refusal::Refusal;
use crate::requester::Requester;

/// What holds for the caller now.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    /// What is shown to the caller.
    scope: Arc<Scope>,
    /// Only tools that claim to read may be called.
    read_only: bool,
    /// No tool may be called.
    pause: Option<Pause>,
}

impl Rules {
    /// A person who has paused the clients may still try a tool.
    pub(super) fn of(inner: &Inner, who: &Requester) -> Self {
        Self {
            scope: Arc::clone(&who.pass.scope),
            read_only: inner.read_only(),
            pause: inner.fleet.paused().filter(|_| !who.is_person),
        }
    }
}

/// Checks whether the caller may know the tool, whether calls are let through, and a tool's effect
/// against read-only mode and against what the caller said it means to do.
///
/// The intent is what a client's own permission prompt was shown, so it must not be weaker than
/// what the tool may do.
pub(super) fn authorize(rules: &Rules, tool: &Tool, intent: Option<Effect>) -> Result<(), Refusal> {
    if !rules.scope.shows(tool) {
        // As if there were none: the caller is not told what is kept from it.
        return Err(resolve::no_such_tool(&tool.id, Vec::new()));
    }
    if let Some(pause) = &rules.pause {
        return Err(paused(pause));
    }
    let effect = tool.definition.effect;
    if rules.read_only && effect != Effect::Read {
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

fn paused(pause: &Pause) -> Refusal {
    let refusal = Refusal::new(
        "paused",
        "A person has paused all tool calls; nothing was sent.",
        "Do not try again until the user says so. The user resumes in the tray, in the window, or \
         with: toolgate resume",
    );
    match pause.until {
        Some(until) => refusal.with("ends_at", until),
        None => refusal,
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
            let verdict = authorize(&Rules::default(), &tool(effect), Some(intent));
            assert_eq!(verdict.is_ok(), allowed, "{effect:?} by {intent:?}");
        }
        assert!(authorize(&Rules::default(), &tool(Destructive), None).is_ok());
    }

    #[test]
    fn a_refusal_names_the_right_tool() {
        let refusal = authorize(
            &Rules::default(),
            &tool(Effect::Destructive),
            Some(Effect::Read),
        )
        .expect_err("refused");
        assert_eq!(refusal.details["call_with"], "call_tool_destructive");
    }

    #[test]
    fn a_tool_beyond_the_scope_looks_like_none() {
        let rules = |tools: &str| Rules {
            scope: Arc::new(Scope::new(None, Some(vec![tools.to_owned()]))),
            ..Rules::default()
        };
        assert!(authorize(&rules("s__*"), &tool(Effect::Read), None).is_ok());
        let refusal = authorize(&rules("s__other"), &tool(Effect::Read), None);
        assert_eq!(refusal.expect_err("refused").code, "unknown-tool");
    }

    #[test]
    fn read_only_lets_only_readers_through() {
        let rules = Rules {
            read_only: true,
            ..Rules::default()
        };
        assert!(authorize(&rules, &tool(Effect::Read), None).is_ok());
        assert!(authorize(&rules, &tool(Effect::Write), Some(Effect::Write)).is_err());
    }

    #[test]
    fn a_pause_lets_nothing_through_and_says_until_when() {
        let rules = Rules {
            pause: Some(Pause {
                since: 1,
                until: Some(2),
            }),
            ..Rules::default()
        };
        let refusal = authorize(&rules, &tool(Effect::Read), None).expect_err("refused");
        assert_eq!(
            (refusal.code, &refusal.details["ends_at"]),
            ("paused", &2.into())
        );
    }
}
