//! `toolgate registry`: servers that registries list.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use api_client::Client;
use clap::Subcommand;
use model::{AddServer, RegistryChoice, RegistryServer};
use registry::{Missing, filled, is_needed, short_name};

use super::evidence::{self, fact};
use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, HEADING, one_line, visible};

const SEARCH_HELP: &str = "\
The registries are those of the setting `registry`; unless set, the official one.

Examples:
  toolgate registry search weather
  toolgate registry search io.github.acme --json";

const ADD_HELP: &str = "\
What is added is not started before you have let it: look at it with `toolgate review`, then start
it with `toolgate review start NAME`. Secrets are best given as ${keyring:NAME} or ${env:NAME}.

Examples:
  toolgate registry add io.github.acme/weather
  toolgate registry add io.github.acme/files --name notes --set folder=/home/me/notes
  toolgate registry add io.github.acme/crm --set 'API_KEY=${keyring:crm}'";

/// What to do with registries.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show servers whose name fits, with what they run and need
    #[command(after_long_help = SEARCH_HELP)]
    Search {
        /// What to look for in names
        query: String,
        /// Go on where the page before ended
        #[arg(long, value_name = "CURSOR")]
        cursor: Option<String>,
    },
    /// Add a server; it is held until you let it start
    #[command(after_long_help = ADD_HELP)]
    Add(Args),
}

/// What to add.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Its whole name in the registry, for example io.github.owner/name
    id: String,
    /// Its name here; the last part of the other unless given
    #[arg(long)]
    name: Option<String>,
    /// A value that it needs; may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// Which way to run or reach it, where there are several
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    choice: usize,
}

pub(crate) async fn run(context: &Context, command: Command) -> Result<Code, Failure> {
    match command {
        Command::Search { query, cursor } => search(context, &query, cursor.as_deref()).await,
        Command::Add(args) => add(context, args).await,
    }
}

async fn search(context: &Context, query: &str, cursor: Option<&str>) -> Result<Code, Failure> {
    let client = context.client().await?;
    let page = client.search_registries(Some(query), cursor).await?;
    for problem in &page.problems {
        output::note(&format!("warning: {}", visible(problem)));
    }
    if context.json {
        output::json(&page)?;
        return Ok(Code::Ok);
    }
    let shown: Vec<String> = page.servers.iter().map(described).collect();
    output::text(&shown.join("\n"))?;
    match page.next_cursor {
        Some(next) => output::note(&format!(
            "There are more: add --cursor '{}'.",
            visible(&next)
        )),
        None if shown.is_empty() => output::note("No registry lists a server like that."),
        None => {}
    }
    Ok(Code::Ok)
}

async fn add(context: &Context, args: Args) -> Result<Code, Failure> {
    let client = context.client().await?;
    let server = client.registry_server(&args.id).await?;
    let added = wanted(&server, args)?;
    let status = client.add_server(&added).await?;
    if context.json {
        output::json(&status)?;
        return Ok(Code::Ok);
    }
    output::text(&described(&server))?;
    say_what_waits(&client, &added.name).await
}

/// The whole command of what was added, and how to go on.
async fn say_what_waits(client: &Client, name: &str) -> Result<Code, Failure> {
    let review = client.server_review(name).await?;
    let heading = format!("Added {name}, which is held: nothing of it was started.");
    output::text(&format!(
        "\n{}",
        evidence::render(&heading, &review.evidence)
    ))?;
    let name = visible(name);
    output::note(&format!(
        "Let it start with: toolgate review start '{name}'"
    ));
    Ok(Code::Ok)
}

fn wanted(server: &RegistryServer, args: Args) -> Result<AddServer, Failure> {
    let place = args.choice.checked_sub(1);
    let choice = place.and_then(|place| server.choices.get(place));
    let choice = choice.ok_or_else(|| {
        let count = server.choices.len();
        let message = format!("There are {count} ways to run or reach this server.");
        let fix = "Look at them with `toolgate registry search`, and say --choice NUMBER.";
        Failure::new(Code::NotFound, message, fix)
    })?;
    let values: BTreeMap<String, String> = args.set.into_iter().collect();
    let entry = filled(choice, &values).map_err(|missing| lacking(&missing, choice))?;
    let name = args
        .name
        .unwrap_or_else(|| short_name(&server.name).to_owned());
    Ok(AddServer {
        name,
        entry,
        consent: false,
    })
}

fn lacking(missing: &Missing, choice: &RegistryChoice) -> Failure {
    let mut message = format!("The server was not added: {missing}.");
    if let Missing::Values(names) = missing {
        let inputs = choice.inputs.iter();
        for input in inputs.filter(|input| names.contains(&input.name)) {
            // Writing to a string cannot fail.
            let _ = write!(
                message,
                "\n  {}: {}",
                input.name,
                one_line(&input.description, 200)
            );
        }
    }
    let fix = "Give each with --set NAME=VALUE; a secret best as ${keyring:NAME} or ${env:NAME}.";
    let lines: Vec<String> = message.lines().map(visible).collect();
    Failure::new(Code::Usage, lines.join("\n"), fix)
}

/// A server with everything by which it can be judged.
fn described(server: &RegistryServer) -> String {
    let mut text = format!("{HEADING}{}{HEADING:#}\n", visible(&server.name));
    fact(&mut text, "about", &one_line(&server.description, 200));
    fact(&mut text, "version", &server.version);
    fact(&mut text, "publisher", &server.publisher);
    fact(
        &mut text,
        "source",
        server.repository.as_deref().unwrap_or("not said"),
    );
    fact(&mut text, "registry", &server.registry);
    for (index, choice) in server.choices.iter().enumerate() {
        fact(&mut text, &format!("choice {}", index + 1), &way(choice));
        let needed = choice.inputs.iter().filter(|input| is_needed(input));
        let needed: Vec<String> = needed.map(need).collect();
        fact(&mut text, "needs", &needed.join(", "));
    }
    if server.choices.is_empty() {
        fact(&mut text, "choices", "none that is known here");
    }
    text
}

fn way(choice: &RegistryChoice) -> String {
    let Some(package) = &choice.package else {
        return format!("{} ({})", choice.label, choice.transport);
    };
    let version = package.version.as_deref().unwrap_or("newest");
    let label = choice.label.split(' ').next().unwrap_or_default();
    format!(
        "{label}, {} package {} {version} ({})",
        package.kind, package.name, choice.transport
    )
}

fn need(input: &model::RegistryInput) -> String {
    if input.secret {
        format!("{} (secret)", input.name)
    } else {
        input.name.clone()
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("use NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use model::{RegistryInput, RegistryPackage};
    use serde_json::json;

    use super::*;
    use crate::output::plain;

    fn server() -> RegistryServer {
        let input = RegistryInput {
            name: "API_KEY".into(),
            description: "From\u{1b}[2J your account".into(),
            required: true,
            secret: true,
            default: None,
            pointer: "/env/API_KEY".into(),
        };
        let package = RegistryPackage {
            kind: "npm".into(),
            name: "@acme/w".into(),
            version: Some("1.2.3".into()),
        };
        let choice = RegistryChoice {
            label: "npx @acme/w".into(),
            transport: "stdio".into(),
            package: Some(package),
            entry: json!({"command": "npx", "args": ["-y", "@acme/w@1.2.3"], "env": {"API_KEY": ""}}),
            inputs: vec![input],
        };
        RegistryServer {
            name: "io.github.acme/weather".into(),
            publisher: "io.github.acme".into(),
            registry: "https://registry.example".into(),
            title: None,
            description: "Tells\nthe weather\u{202e}".into(),
            version: "1.2.3".into(),
            repository: None,
            choices: vec![choice],
        }
    }

    fn args(set: &[(&str, &str)], choice: usize) -> Args {
        let set = set.iter();
        let set = set.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Args {
            id: "io.github.acme/weather".into(),
            name: None,
            set: set.collect(),
            choice,
        }
    }

    #[test]
    fn a_server_is_described_by_what_it_is_judged_by() {
        let text = plain(&described(&server()));
        for part in [
            "io.github.acme",
            "not said",
            "npm package @acme/w 1.2.3 (stdio)",
            "API_KEY (secret)",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(!text.contains('\u{202e}'), "{text:?}");
    }

    #[test]
    fn what_is_added_waits_and_has_its_values() {
        let added = wanted(&server(), args(&[("API_KEY", "${keyring:w}")], 1)).expect("whole");
        assert_eq!((added.name.as_str(), added.consent), ("weather", false));
        assert_eq!(added.entry["env"]["API_KEY"], "${keyring:w}");
    }

    #[test]
    fn what_is_lacking_is_named_with_its_meaning() {
        let lacking = wanted(&server(), args(&[], 1)).expect_err("a value is missing");
        assert_eq!(lacking.code, Code::Usage);
        assert!(
            lacking.message.contains("API_KEY: From"),
            "{}",
            lacking.message
        );
        assert!(!lacking.message.contains('\u{1b}'), "{}", lacking.message);
        for choice in [0, 2] {
            let none = wanted(&server(), args(&[], choice)).expect_err("no such way");
            assert_eq!(none.code, Code::NotFound);
        }
        assert!(pair("x").is_err());
    }
}
