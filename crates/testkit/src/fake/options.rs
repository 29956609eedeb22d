//! What a scripted server can be told to do.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// The options of the scripted server; without any it serves stdio and behaves well.
#[derive(Clone, Debug, Parser)]
#[command(name = "fake-server", about = "A scripted MCP server for tests.")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one independent switch of the script"
)]
pub struct Options {
    /// Serve Streamable HTTP at this port (0: any); the URL is the first line on stdout.
    #[arg(long, value_name = "PORT")]
    pub http: Option<u16>,
    /// Serve the HTTP+SSE pair of revision 2024-11-05 at this port (0: any).
    #[arg(long, value_name = "PORT", conflicts_with = "http")]
    pub legacy_sse: Option<u16>,
    /// Answer HTTP requests with event streams instead of JSON.
    #[arg(long)]
    pub sse: bool,
    /// How many generated tools to offer.
    #[arg(long, default_value_t = 0)]
    pub tools: usize,
    /// Chooses the generated tools.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Offer the generated tools only, without `echo` and its fellows.
    #[arg(long)]
    pub bare: bool,
    /// The protocol eras to speak.
    #[arg(long, value_enum, default_value = "both")]
    pub era: Era,
    /// Exit when `server/discover` comes before `initialize`, as some old servers do.
    #[arg(long)]
    pub exit_on_probe: bool,
    /// Write lines that are no JSON, half of it, or no text at all around each answer.
    #[arg(long)]
    pub garbage: bool,
    /// Write one line of this many bytes before the first answer.
    #[arg(long, value_name = "BYTES")]
    pub huge_line: Option<usize>,
    /// Never answer this.
    #[arg(long, value_enum)]
    pub hang: Option<Hang>,
    /// Exit with this code before reading anything.
    #[arg(long, value_name = "CODE")]
    pub exit_at_once: Option<u8>,
    /// Write to stderr as fast as possible for ever.
    #[arg(long)]
    pub stderr_flood: bool,
    /// Write this text to stderr at the start.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub stderr: Option<String>,
    /// Do not end on SIGTERM.
    #[arg(long)]
    pub ignore_sigterm: bool,
    /// Do not end when stdin ends.
    #[arg(long)]
    pub ignore_eof: bool,
    /// Wait this long before doing anything.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    pub delay_start: u64,
    /// Offer one malformed definition among the good tools.
    #[arg(long)]
    pub bad_tool: bool,
    /// List the tools in pages of this size.
    #[arg(long, value_name = "SIZE")]
    pub paged: Option<usize>,
    /// Offer a next page for ever.
    #[arg(long)]
    pub page_forever: bool,
    /// Answer 401 to HTTP requests without this header.
    #[arg(long, value_name = "NAME=VALUE")]
    pub require_header: Option<String>,
    /// Answer every HTTP request with this status.
    #[arg(long, value_name = "CODE")]
    pub status: Option<u16>,
    /// Forget a legacy HTTP session after this many of its calls (404 from then on).
    #[arg(long, value_name = "CALLS")]
    pub session_expires_after: Option<u64>,
    /// Refuse a forgotten session with 404, or with 400 as some servers do.
    #[arg(long, value_name = "CODE", default_value_t = 404)]
    pub forget_session_with: u16,
    /// After this many calls, say something else in every definition and prompt.
    #[arg(long, value_name = "CALLS")]
    pub flip_after: Option<u64>,
    /// Remember in this file, across starts, to have turned.
    #[arg(long, value_name = "FILE")]
    pub flip_mark: Option<PathBuf>,
    /// Turn without telling that the lists changed.
    #[arg(long)]
    pub flip_silently: bool,
    /// Offer every feature of the protocol: resources, prompts, tasks, questions to the client.
    #[arg(long)]
    pub full: bool,
    /// Add fields that no specification knows to everything sent; the seed chooses them.
    #[arg(long, value_name = "SEED")]
    pub extras: Option<u64>,
    /// Append a line of JSON to this file for every message and every end of one.
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
    /// The `$schema` that the tools' input schemas declare; none without this.
    #[arg(long, value_enum)]
    pub schema: Option<SchemaDialect>,
    /// Offer a tool that tries what a sandbox prevents.
    #[arg(long)]
    pub break_out: bool,
    /// Append a line with the process id to this file at each start.
    #[arg(long, value_name = "FILE")]
    pub count_file: Option<PathBuf>,
}

/// Which eras of the protocol the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Era {
    /// Revision 2026-07-28 only.
    Modern,
    /// Revisions up to 2025-11-25 only.
    Legacy,
    /// All of them.
    Both,
}

/// What the server never answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Hang {
    /// `server/discover` and `initialize`.
    Initialize,
    /// `tools/list`.
    List,
    /// `tools/call`.
    Call,
    /// Anything: stdin is not even read.
    Stdin,
}

/// A dialect of JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaDialect {
    /// What the protocol assumes when nothing is declared.
    #[value(name = "2020-12")]
    Draft202012,
    /// What many servers still declare.
    #[value(name = "draft-07")]
    Draft07,
}

impl SchemaDialect {
    /// The URI for `$schema`.
    pub fn uri(self) -> &'static str {
        match self {
            Self::Draft202012 => "https://json-schema.org/draft/2020-12/schema",
            Self::Draft07 => "http://json-schema.org/draft-07/schema#",
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::parse_from(["fake-server"])
    }
}

impl Options {
    /// Whether `server/discover` is known.
    pub fn is_modern(&self) -> bool {
        self.era != Era::Legacy
    }

    /// Whether `initialize` is known.
    pub fn is_legacy(&self) -> bool {
        self.era != Era::Modern
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_options_it_is_a_dual_era_stdio_server() {
        let options = Options::default();
        assert!(options.http.is_none() && options.is_modern() && options.is_legacy());
    }

    #[test]
    fn the_dialects_go_by_their_usual_names() {
        let options = Options::parse_from(["fake-server", "--schema", "2020-12"]);
        assert_eq!(options.schema, Some(SchemaDialect::Draft202012));
        let options = Options::parse_from(["fake-server", "--schema", "draft-07"]);
        assert_eq!(options.schema, Some(SchemaDialect::Draft07));
    }

    #[test]
    fn one_process_serves_one_transport() {
        let both = Options::try_parse_from(["fake-server", "--http", "0", "--legacy-sse", "0"]);
        assert!(both.is_err());
    }
}
