//! `toolgate servers import`: servers from the file of another client, or whatever else describes
//! them.

use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};

use api_client::Client;
use config::import::{ImportError, MAX_TEXT, is_archive};
use model::{AddServer, Candidate, ServerStatus};
use serde::Serialize;

use super::add;
use crate::commands::evidence;
use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, count, visible};

const AFTER_HELP: &str = "\
The text may be the configuration of any client (JSON, JSON with comments, TOML), an install link,
an address, or a command line. Servers whose names are taken already are skipped.

Examples:
  toolgate servers import ~/.cursor/mcp.json
  toolgate servers import ~/.codex/config.toml --yes
  pbpaste | toolgate servers import - --yes";

/// What to import.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The file that describes the servers, or `-` for standard input
    file: PathBuf,
    /// Add them without asking
    #[arg(short, long)]
    yes: bool,
    /// Let them start at once; otherwise what was added without asking waits for a review
    #[arg(long)]
    start: bool,
    /// Do not wait until the servers are ready
    #[arg(long)]
    no_wait: bool,
}

/// What became of one server of the text.
#[derive(Debug, Serialize)]
struct Imported {
    name: String,
    outcome: Outcome,
    /// Its state, where it was added.
    server: Option<ServerStatus>,
    /// Why it is not in use.
    message: Option<String>,
    #[serde(skip)]
    fix: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    /// It is in the configuration now, whether it works or not.
    Added,
    /// Its name is taken already.
    Skipped,
    /// It could not be added.
    Failed,
}

pub(super) async fn run(context: &Context, args: &Args) -> Result<Code, Failure> {
    let client = context.client().await?;
    let candidates = client.parse_servers(&read(&args.file)?).await?;
    output::note(&preview(&candidates));
    let new = candidates.iter().filter(|candidate| is_new(candidate));
    let new = new.count();
    // Whoever was shown the commands and asked has let them start.
    let asked = new > 0 && !args.yes;
    if asked {
        ask(&args.file, new)?;
    }
    let consent = asked || args.start;
    let mut imported = Vec::new();
    for candidate in candidates {
        imported.push(import(&client, candidate, consent).await);
    }
    if !args.no_wait {
        for one in &mut imported {
            settle(&client, one).await?;
        }
    }
    report(context, &imported)
}

fn is_new(candidate: &Candidate) -> bool {
    !candidate.exists && candidate.problem.is_none()
}

/// The text of a file, within what the gateway takes.
fn read(file: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = if is_stdin(file) {
        bounded(io::stdin().lock(), &mut bytes)
    } else {
        std::fs::File::open(file).and_then(|open| bounded(open, &mut bytes))
    };
    let name = visible(&file.display().to_string());
    read.map_err(|error| {
        let fix = "Give the path of a text file, or `-` for standard input.";
        Failure::other(format!("{name} cannot be read: {error}."), fix)
    })?;
    if is_archive(&bytes) {
        let message = format!("{name} is no text of servers. {}", ImportError::Archive);
        return Err(Failure::other(message, ""));
    }
    if bytes.len() > MAX_TEXT {
        let message = format!("{name} is longer than {} KiB.", MAX_TEXT / 1024);
        let fix = "Import only the part that describes the servers.";
        return Err(Failure::other(message, fix));
    }
    String::from_utf8(bytes).map_err(|_| {
        let fix = "Give the path of a text file, or save it as UTF-8.";
        Failure::other(format!("{name} is no text in UTF-8."), fix)
    })
}

/// Reads to the end, or one byte more than is taken.
fn bounded(source: impl Read, bytes: &mut Vec<u8>) -> io::Result<usize> {
    let limit = u64::try_from(MAX_TEXT).unwrap_or(u64::MAX);
    source.take(limit.saturating_add(1)).read_to_end(bytes)
}

fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// What each server would run or reach, a block each.
fn preview(candidates: &[Candidate]) -> String {
    let block = |candidate: &Candidate| {
        let name = &candidate.name;
        let heading = match &candidate.problem {
            _ if candidate.exists => format!("{name} (is skipped: the name is taken already)"),
            Some(problem) => format!("{name} (cannot be added: {problem})"),
            None => name.clone(),
        };
        evidence::render(&heading, &candidate.evidence)
    };
    let blocks: Vec<String> = candidates.iter().map(block).collect();
    blocks.join("\n")
}

fn ask(file: &Path, new: usize) -> Result<(), Failure> {
    if is_stdin(file) || !io::stdin().is_terminal() {
        return Err(Failure::new(
            Code::Usage,
            "Nothing was added, because nobody can be asked here.",
            "Look at what would run, then say --yes.",
        ));
    }
    let question = format!("Add {}? They run with your rights.", count(new, "server"));
    if output::confirm(&question)? {
        return Ok(());
    }
    Err(Failure::other("Nothing was added.", ""))
}

async fn import(client: &Client, candidate: Candidate, consent: bool) -> Imported {
    let Candidate {
        name,
        entry,
        exists,
        problem,
        ..
    } = candidate;
    if exists {
        let message = "A server of this name is configured already.".to_owned();
        return Imported::without(name, Outcome::Skipped, message, "");
    }
    if let Some(problem) = problem {
        let fix = "Correct it where it comes from, or use `toolgate servers add`.";
        return Imported::without(name, Outcome::Failed, problem, fix);
    }
    let server = AddServer {
        name,
        entry,
        consent,
    };
    match client.add_server(&server).await.map_err(Failure::from) {
        Ok(status) => Imported {
            name: server.name,
            outcome: Outcome::Added,
            server: Some(status),
            message: None,
            fix: String::new(),
        },
        Err(failure) => {
            Imported::without(server.name, Outcome::Failed, failure.message, &failure.fix)
        }
    }
}

impl Imported {
    fn without(name: String, outcome: Outcome, message: String, fix: &str) -> Self {
        Self {
            name,
            outcome,
            server: None,
            message: Some(message),
            fix: fix.to_owned(),
        }
    }
}

/// Waits until a server that was added is ready or has failed.
async fn settle(client: &Client, one: &mut Imported) -> Result<(), Failure> {
    if let Some(added) = &one.server {
        one.server = Some(add::settle(client, added).await?);
    }
    Ok(())
}

/// Says what became of each; one that does not work makes the whole a failure.
fn report(context: &Context, imported: &[Imported]) -> Result<Code, Failure> {
    if context.json {
        output::json(imported)?;
    }
    let mut code = Code::Ok;
    for one in imported {
        match said(one) {
            Ok(text) => output::note(&text),
            Err(failure) => {
                output::failure(&failure.message, &failure.fix);
                code = Code::Failure;
            }
        }
    }
    Ok(code)
}

fn said(one: &Imported) -> Result<String, Failure> {
    if let Some(status) = &one.server {
        return add::said("Added", status);
    }
    let (name, why) = (&one.name, one.message.as_deref().unwrap_or_default());
    match one.outcome {
        Outcome::Added | Outcome::Skipped => Ok(visible(&format!("Skipped {name}: {why}"))),
        Outcome::Failed => Err(Failure::other(
            visible(&format!("{name} was not added: {why}")),
            visible(&one.fix),
        )),
    }
}

#[cfg(test)]
mod tests {
    use model::Evidence;
    use serde_json::json;

    use super::*;
    use crate::output::plain;
    use crate::testing;

    fn candidate(name: &str) -> Candidate {
        Candidate {
            name: name.into(),
            entry: json!({"command": "npx"}),
            shown: json!({"command": "npx"}),
            evidence: Evidence {
                transport: "stdio".into(),
                target: "npx".into(),
                warnings: vec!["It loads code from the network.".into()],
                ..Evidence::default()
            },
            exists: false,
            problem: None,
        }
    }

    fn skipped() -> Candidate {
        Candidate {
            exists: true,
            ..candidate("b")
        }
    }

    #[test]
    fn the_preview_shows_what_would_run_and_what_would_not() {
        let broken = Candidate {
            problem: Some("it has no command\u{7}".into()),
            ..candidate("c")
        };
        let text = plain(&preview(&[candidate("a"), skipped(), broken]));
        for part in [
            "a\n  runs       npx\n  warning: It loads code from the network.\n\nb",
            "b (is skipped: the name is taken already)\n",
            "c (cannot be added: it has no command\\u{7})\n",
        ] {
            assert!(text.contains(part), "{part:?} is missing in:\n{text}");
        }
    }

    #[test]
    fn files_are_read_within_bounds_and_as_text() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("f");
        let write = |bytes: &[u8]| std::fs::write(&file, bytes).expect("writes");
        let failure = read(&file).expect_err("there is none");
        assert!(failure.message.contains("cannot be read"), "{failure:?}");
        write(b"npx x");
        assert_eq!(read(&file).expect("text"), "npx x");
        write(b"\xff\xfe");
        assert!(read(&file).expect_err("bytes").message.contains("UTF-8"));
        write(&vec![b' '; MAX_TEXT + 1]);
        let failure = read(&file).expect_err("too long");
        assert!(failure.message.contains("256 KiB"), "{failure:?}");
    }

    #[test]
    fn without_a_terminal_nothing_is_added_unasked() {
        let failure = ask(Path::new("-"), 1).expect_err("nobody to ask");
        assert_eq!(failure.code, Code::Usage);
        assert!(failure.fix.contains("--yes"));
    }

    #[test]
    fn what_works_and_what_was_skipped_is_no_failure() {
        let context = Context {
            paths: testing::paths(),
            json: false,
        };
        let added = |server: ServerStatus| Imported {
            name: server.name.clone(),
            outcome: Outcome::Added,
            server: Some(server),
            message: None,
            fix: String::new(),
        };
        let skipped = || {
            let name = skipped().name;
            Imported::without(name, Outcome::Skipped, "Taken.".into(), "")
        };
        let works = [added(testing::ready("a", 3)), skipped()];
        assert_eq!(
            said(&works[0]).ok().as_deref(),
            Some("Added a: ready, 3 tools.")
        );
        assert_eq!(report(&context, &works).ok(), Some(Code::Ok));
        let fails = [skipped(), added(testing::failed("c"))];
        assert_eq!(report(&context, &fails).ok(), Some(Code::Failure));
    }

    #[test]
    fn programs_read_what_became_of_each() {
        let one = Imported::without("b".into(), Outcome::Skipped, "Taken.".into(), "F.");
        let json = serde_json::to_value(&one).expect("serialises");
        let wanted =
            json!({"name": "b", "outcome": "skipped", "server": null, "message": "Taken."});
        assert_eq!(json, wanted);
    }
}
