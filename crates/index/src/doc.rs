//! What goes into the index and what comes out.

use serde_json::Value;

/// One tool to be found, as its server describes it.
#[derive(Clone, Copy, Debug)]
pub struct ToolDoc<'a> {
    /// The name under which it is called through the gateway; unique over all servers.
    pub id: &'a str,
    /// The server's name as configured; searched, so that "github issue" finds GitHub's.
    pub server: &'a str,
    /// The server's title for people.
    pub server_title: Option<&'a str>,
    /// The name that its server gave it.
    pub name: &'a str,
    /// The tool's title for people.
    pub title: Option<&'a str>,
    /// What it does, in the server's words; may be empty.
    pub description: &'a str,
    /// JSON Schema of the arguments.
    pub input_schema: Option<&'a Value>,
}

/// All tools of one server.
#[derive(Clone, Copy, Debug)]
pub struct ServerTools<'a> {
    /// The server's name as configured; searches may be limited to it.
    pub server: &'a str,
    /// Its tools, in any order.
    pub tools: &'a [ToolDoc<'a>],
}

/// A tool that fits a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The tool's [`ToolDoc::id`].
    pub id: String,
    /// Higher is better; comparable only between hits of one search.
    ///
    /// A tool asked for by its exact name scores 1,000 more than by its words, by its exact id
    /// 2,000 more.
    pub score: f32,
    /// The words of the query that the tool matched, as written there, in their order.
    pub matched: Vec<String>,
}
