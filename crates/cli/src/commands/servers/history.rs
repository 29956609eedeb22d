//! `toolgate servers history` and `toolgate servers revert`: who changed what, and back again.

use model::{Author, AuthorKind, Change, ChangeKind, now_millis};
use serde_json::{Map, Value};

use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, Table, age, visible};

pub(super) async fn show(context: &Context, name: &str) -> Result<Code, Failure> {
    let client = context.client().await?;
    let changes = client.changes(name).await?;
    if changes.is_empty() {
        // Nothing is known of a server that there is not either.
        client.server(name).await?;
    }
    if context.json {
        output::json(&changes)?;
    } else if changes.is_empty() {
        output::note(&format!("No change to {} is remembered.", visible(name)));
    } else {
        output::text(&table(&changes, now_millis()))?;
    }
    Ok(Code::Ok)
}

pub(super) async fn revert(context: &Context, change: u64) -> Result<Code, Failure> {
    let server = context.client().await?.revert(change).await?;
    if context.json {
        output::json(&server)?;
        return Ok(Code::Ok);
    }
    let now = match server {
        Some(server) => format!("{} is {}", visible(&server.name), server.state.label()),
        None => "the server that it added is gone".to_owned(),
    };
    output::note(&format!("Reverted change {change}; {now}."));
    Ok(Code::Ok)
}

fn table(changes: &[Change], now: u64) -> String {
    let mut table = Table::new(&["id", "ago", "by", "what"]);
    for change in changes {
        table.row([
            change.id.to_string(),
            age(change.at, now),
            author(&change.by),
            what(change),
        ]);
    }
    table.render()
}

fn author(by: &Author) -> String {
    let kind = match by.kind {
        AuthorKind::Person => "a person",
        AuthorKind::Agent => "an agent",
        AuthorKind::File => "an edit of the file",
    };
    match &by.name {
        Some(name) => format!("{kind} ({name})"),
        None => kind.to_owned(),
    }
}

/// What was done; of another entry, the keys that are not as they were.
fn what(change: &Change) -> String {
    let kind = match change.kind {
        ChangeKind::Added => "added",
        ChangeKind::Removed => "removed",
        ChangeKind::Enabled => "enabled",
        ChangeKind::Disabled => "disabled",
        ChangeKind::Replaced => "changed",
    };
    let keys = match (&change.before, &change.after) {
        (Some(Value::Object(before)), Some(Value::Object(after)))
            if change.kind == ChangeKind::Replaced =>
        {
            differing(before, after)
        }
        _ => Vec::new(),
    };
    if keys.is_empty() {
        return kind.to_owned();
    }
    format!("{kind}: {}", keys.join(", "))
}

/// The keys whose values differ, in order; a secret that is another looks the same.
fn differing<'a>(before: &'a Map<String, Value>, after: &'a Map<String, Value>) -> Vec<&'a str> {
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    let other = after
        .iter()
        .filter(|(key, value)| before.get(*key) != Some(*value))
        .map(|(key, _)| key);
    let mut keys: Vec<&str> = gone.chain(other).map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::output::plain;

    fn change(id: u64, by: Author, kind: ChangeKind) -> Change {
        Change {
            id,
            at: 1_000,
            by,
            server: "time".into(),
            kind,
            before: Some(json!({"command": "a", "cwd": "/", "env": {"K": "••••"}})),
            after: Some(json!({"command": "a", "args": ["x"], "env": {"K": "••••"}})),
        }
    }

    #[test]
    fn each_change_says_who_and_what() {
        let changes = [
            change(12, Author::person(), ChangeKind::Replaced),
            change(3, Author::agent("claude\n"), ChangeKind::Added),
            change(2, Author::file(), ChangeKind::Disabled),
        ];
        assert_eq!(
            plain(&table(&changes, 61_000)),
            "ID  AGO    BY                   WHAT\n\
             12  1 min  a person             changed: args, cwd\n\
             3   1 min  an agent (claude\\n)  added\n\
             2   1 min  an edit of the file  disabled\n"
        );
    }

    #[test]
    fn a_change_of_secrets_alone_names_no_keys() {
        let mut same = change(1, Author::person(), ChangeKind::Replaced);
        same.after.clone_from(&same.before);
        assert_eq!(what(&same), "changed");
    }
}
