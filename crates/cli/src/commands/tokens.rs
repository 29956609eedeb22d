//! `toolgate tokens`: which clients may call by TCP, and what.

use clap::Subcommand;
use model::{ClientToken, IssuedToken, NewClientToken, TokenRule, now_millis};
use serde_json::json;

use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, Table, age, visible};

const ADD_HELP: &str = "\
The token is shown once, ready to be pasted into the client's list of servers. Programs that use
the socket, as `toolgate bridge` does, need none.

Examples:
  toolgate tokens add \"VS Code\"
  toolgate tokens add ci --server github --expires 30d
  toolgate tokens add reader --tool 'github__get_*' --tool github__list_issues";

/// What to do with tokens; without a word, they are listed.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the clients that have a token
    List,
    /// Make a token for a client, and show what to paste
    #[command(after_long_help = ADD_HELP)]
    Add {
        /// The client that it is for
        name: String,
        /// Show the client only this server; may be given several times
        #[arg(long = "server", value_name = "SERVER")]
        servers: Vec<String>,
        /// Show the client only tools like this, `*` standing for anything; may be given several
        /// times
        #[arg(long = "tool", value_name = "PATTERN")]
        tools: Vec<String>,
        /// Let it end by itself after this time, for example 12h, 30d or 52w
        #[arg(long, value_name = "TIME", value_parser = span)]
        expires: Option<u64>,
    },
    /// End a token, and everything that was opened with it
    #[command(
        after_long_help = "Examples:\n  toolgate tokens revoke \"VS Code\"\n  toolgate tokens revoke 1f0c9a3e"
    )]
    Revoke {
        /// Its id or name, as `toolgate tokens` shows it
        id: String,
    },
}

pub(crate) async fn run(context: &Context, command: Command) -> Result<Code, Failure> {
    match command {
        Command::List => list(context).await,
        Command::Add {
            name,
            servers,
            tools,
            expires,
        } => {
            let some = |list: Vec<String>| (!list.is_empty()).then_some(list);
            let wanted = NewClientToken {
                name,
                expires_at: expires.map(|after| now_millis() + after),
                servers: some(servers),
                tools: some(tools),
            };
            add(context, &wanted).await
        }
        Command::Revoke { id } => revoke(context, &id).await,
    }
}

async fn list(context: &Context) -> Result<Code, Failure> {
    let client = context.client().await?;
    let (tokens, rule) = (client.tokens().await?, client.status().await?.token_rule);
    if context.json {
        output::json(&tokens)?;
    } else if tokens.is_empty() {
        output::note("No client has a token. Make one with `toolgate tokens add NAME`.");
    } else {
        output::text(&render(&tokens, now_millis()))?;
    }
    if rule == TokenRule::Off && !context.json {
        output::note(
            "Tokens are not required (`tokens` in the configuration): every program and every \
             user of this machine may call without one.",
        );
    }
    Ok(Code::Ok)
}

async fn add(context: &Context, wanted: &NewClientToken) -> Result<Code, Failure> {
    let client = context.client().await?;
    let issued = client.issue_token(wanted).await?;
    if context.json {
        output::json(&issued)?;
        return Ok(Code::Ok);
    }
    let name = visible(&issued.client.name);
    output::note(&format!(
        "{name} may call with this token, which is not shown again. Paste it into the client's \
         list of MCP servers:"
    ));
    let endpoint = client.status().await?.endpoint;
    output::json(&snippet(&endpoint, &issued))?;
    output::note(&format!(
        "Where a client asks for a header alone: Authorization: Bearer {}",
        issued.token
    ));
    Ok(Code::Ok)
}

async fn revoke(context: &Context, wanted: &str) -> Result<Code, Failure> {
    let client = context.client().await?;
    let tokens = client.tokens().await?;
    let is_it = |token: &&ClientToken| token.id == wanted || token.name == wanted;
    let id = tokens.iter().find(is_it).map_or(wanted, |token| &token.id);
    client.revoke_token(id).await?;
    if context.json {
        output::json(&json!({ "id": id }))?;
    } else {
        output::note(&format!("Revoked {}.", visible(wanted)));
    }
    Ok(Code::Ok)
}

/// An entry as most clients take it.
fn snippet(endpoint: &str, issued: &IssuedToken) -> serde_json::Value {
    json!({ "toolgate": {
        "type": "http",
        "url": endpoint,
        "headers": { "Authorization": format!("Bearer {}", issued.token) },
    } })
}

fn render(tokens: &[ClientToken], now: u64) -> String {
    let mut table = Table::new(&["id", "client", "made", "last used", "ends", "sees"]);
    for token in tokens {
        table.row([
            token.id.clone(),
            token.name.clone(),
            format!("{} ago", age(token.created_at, now)),
            token
                .last_used
                .map_or("never".to_owned(), |at| format!("{} ago", age(at, now))),
            ends(token, now),
            sees(token),
        ]);
    }
    table.render()
}

fn ends(token: &ClientToken, now: u64) -> String {
    match token.expires_at {
        None => "-".to_owned(),
        Some(at) if at <= now => "expired".to_owned(),
        Some(at) => format!("in {}", age(now, at)),
    }
}

fn sees(token: &ClientToken) -> String {
    let part = |word: &str, list: &Option<Vec<String>>| {
        let list = list.as_ref()?;
        Some(format!("{word} {}", list.join(", ")))
    };
    let parts = [part("servers", &token.servers), part("tools", &token.tools)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        "everything".to_owned()
    } else {
        parts.join("; ")
    }
}

/// A time in words, in milliseconds.
fn span(text: &str) -> Result<u64, String> {
    const MOST: u64 = 10 * 366 * 24 * 60;
    let at = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let minutes = match unit {
        "m" => 1,
        "h" => 60,
        "d" => 24 * 60,
        "w" => 7 * 24 * 60,
        _ => 0,
    };
    let number: Option<u64> = number.parse().ok();
    let minutes = number.and_then(|number| number.checked_mul(minutes));
    match minutes {
        Some(minutes) if (1..=MOST).contains(&minutes) => Ok(minutes * 60 * 1000),
        _ => Err("write a number and m, h, d or w, for example 30d; at most 10 years".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::plain;

    fn token(name: &str) -> ClientToken {
        ClientToken {
            id: format!("id-{name}"),
            name: name.to_owned(),
            created_at: 0,
            expires_at: None,
            last_used: None,
            servers: None,
            tools: None,
        }
    }

    #[test]
    fn tokens_are_shown_with_what_they_are_good_for() {
        let limited = ClientToken {
            expires_at: Some(3_720_000),
            last_used: Some(60_000),
            servers: Some(vec!["github".into()]),
            tools: Some(vec!["*__get_*".into(), "x\u{202e}".into()]),
            ..token("ci")
        };
        let over = ClientToken {
            expires_at: Some(1),
            ..token("old")
        };
        assert_eq!(
            plain(&render(&[token("VS Code"), limited, over], 120_000)),
            "ID          CLIENT   MADE       LAST USED  ENDS     SEES\n\
             id-VS Code  VS Code  2 min ago  never      -        everything\n\
             id-ci       ci       2 min ago  1 min ago  in 1 h   servers github; tools *__get_*, x\\u{202e}\n\
             id-old      old      2 min ago  never      expired  everything\n"
        );
    }

    #[test]
    fn what_is_pasted_holds_address_and_header() {
        let issued = IssuedToken {
            token: "tg_1".into(),
            client: token("a"),
        };
        assert_eq!(
            snippet("http://127.0.0.1:8665/mcp", &issued),
            json!({ "toolgate": {
                "type": "http",
                "url": "http://127.0.0.1:8665/mcp",
                "headers": { "Authorization": "Bearer tg_1" },
            } })
        );
    }

    #[test]
    fn times_are_a_number_and_a_unit() {
        let minute = 60_000;
        for (text, millis) in [
            ("1m", minute),
            ("12h", 720 * minute),
            ("30d", 43_200 * minute),
            ("52w", 524_160 * minute),
        ] {
            assert_eq!(span(text), Ok(millis), "{text}");
        }
        for wrong in [
            "",
            "30",
            "d",
            "-1d",
            "0d",
            "1.5h",
            "1y",
            "99999999999999999999d",
            "9999w",
        ] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }
}
