//! `toolgate tools cost`: what a model pays for being shown the tools.

use model::ToolCost;

use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, count};

pub(super) async fn run(context: &Context) -> Result<Code, Failure> {
    let cost = context.client().await?.stats().await?.cost;
    if context.json {
        output::json(&cost)?;
    } else {
        output::text(&render(cost))?;
    }
    Ok(Code::Ok)
}

fn render(cost: ToolCost) -> String {
    let ToolCost {
        menu_tokens,
        all_tokens,
        tools,
    } = cost;
    format!(
        "The menu at /mcp costs a model about {}; a list of {} would cost it about {}.\n",
        count(menu_tokens, "token"),
        count(tools, "tool"),
        count(all_tokens, "token"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_costs_are_named() {
        let text = render(ToolCost {
            menu_tokens: 1_000,
            all_tokens: 90_000,
            tools: 500,
        });
        assert_eq!(
            text,
            "The menu at /mcp costs a model about 1000 tokens; a list of 500 tools would cost it \
             about 90000 tokens.\n"
        );
    }
}
