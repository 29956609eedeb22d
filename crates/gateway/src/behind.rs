//! What is behind the gateway, in few words: for models, which look for nothing that they have no
//! reason to expect.
//!
//! Servers are not trusted here. Their words come one by one out of their tools' names; their
//! sentences are one line, cut, without what does not show.

mod topics;

use fleet::Catalog;
use model::{ServerState, is_invisible};

pub(crate) use topics::MOST_TOPICS;

/// Characters of what a server says about itself.
const PURPOSE: usize = 140;
/// Bytes of what it says in which its purpose is looked for.
const LOOKED_AT: usize = 4_000;

/// A server as far as a model needs to know of it beforehand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Behind<'a> {
    /// Its name in the names of its tools.
    pub(crate) slug: &'a str,
    /// How many tools it has.
    pub(crate) tools: usize,
    /// Whether it can be called now.
    pub(crate) ready: bool,
    /// What it wants a model to know, as it sent it.
    pub(crate) says: Option<&'a str>,
    /// What its tools are about, most telling first; at most [`MOST_TOPICS`].
    pub(crate) topics: Vec<String>,
}

impl Behind<'_> {
    /// What it is for, in its own words or those of its tools' names; may be empty.
    pub(crate) fn purpose(&self) -> String {
        let said = self.says.map(first_sentence).unwrap_or_default();
        if said.is_empty() {
            self.topics.join(", ")
        } else {
            said
        }
    }
}

/// All servers that are switched on, in the order of the configuration.
pub(crate) fn look(catalog: &Catalog) -> Vec<Behind<'_>> {
    let on = |server: &&fleet::CatalogServer| server.state != ServerState::Disabled;
    let servers: Vec<_> = catalog.servers().iter().filter(on).collect();
    let names: Vec<(&str, Vec<&str>)> = servers
        .iter()
        .map(|server| {
            let tools = server.tools.iter();
            let names = tools.map(|tool| tool.definition.name.as_str());
            (server.slug.as_str(), names.collect())
        })
        .collect();
    let topics = topics::of(&names);
    servers
        .into_iter()
        .zip(topics)
        .map(|(server, topics)| Behind {
            slug: &server.slug,
            tools: server.tools.len(),
            ready: server.state.is_ready(),
            says: server.instructions.as_deref(),
            topics,
        })
        .collect()
}

/// The servers that have tools, each with as many of its topics as `budget` bytes allow for all;
/// what does not fit even by name is counted.
pub(crate) fn within(servers: &[Behind<'_>], budget: usize) -> String {
    let servers: Vec<&Behind<'_>> = servers.iter().filter(|server| server.tools > 0).collect();
    for count in (0..=MOST_TOPICS).rev() {
        let text = servers
            .iter()
            .map(|server| with_topics(server, count))
            .collect::<Vec<_>>()
            .join(if count == 0 { ", " } else { "; " });
        if text.len() <= budget {
            return text;
        }
    }
    by_name(&servers, budget)
}

fn with_topics(server: &Behind<'_>, count: usize) -> String {
    let topics = &server.topics[..server.topics.len().min(count)];
    if topics.is_empty() {
        server.slug.to_owned()
    } else {
        format!("{} ({})", server.slug, topics.join(", "))
    }
}

fn by_name(servers: &[&Behind<'_>], budget: usize) -> String {
    const REST: usize = " and 9999 more".len();
    let mut text = String::new();
    for (index, server) in servers.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        if text.len() + comma.len() + server.slug.len() + REST > budget {
            return match index {
                0 => format!("{} servers", servers.len()),
                _ => format!("{text} and {} more", servers.len() - index),
            };
        }
        text.push_str(comma);
        text.push_str(server.slug);
    }
    text
}

/// The first sentence of the first paragraph that is no heading, on one line.
fn first_sentence(text: &str) -> String {
    let mut paragraph = String::new();
    let text = &text[..text.floor_char_boundary(LOOKED_AT)];
    for line in text.lines().map(str::trim) {
        if line.starts_with('#') || line.is_empty() {
            if paragraph.is_empty() {
                continue;
            }
            break;
        }
        paragraph.push_str(line);
        paragraph.push(' ');
    }
    let line = one_line(&paragraph, PURPOSE);
    let ends = [". ", "! ", "? ", "。"];
    let end = ends.iter().filter_map(|end| line.find(end)).min();
    end.map_or(line.trim_end_matches('.'), |end| &line[..end])
        .to_owned()
}

/// Text on one line, without what does not show, cut between words to `limit` characters.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    let shown = |c: &char| !is_invisible(*c) && (!c.is_control() || c.is_whitespace());
    let shown: String = text.chars().filter(shown).collect();
    let line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(limit) {
        None => line,
        Some((end, _)) => {
            let cut = line[..end].rfind(' ').filter(|space| *space > end / 2);
            format!("{}…", &line[..cut.unwrap_or(end)])
        }
    }
}

#[cfg(test)]
mod tests;
