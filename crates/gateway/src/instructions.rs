//! What the faces that hold several servers tell a model at the start.
//!
//! Some clients show the first 512 characters only; these must stand alone.

use fleet::Catalog;

use crate::behind::{self, Behind, within};

/// Characters that every client shows.
const FIRST: usize = 512;
/// Bytes of the default face's instructions.
const MENU: usize = 4_000;
/// Bytes of the instructions of the face of all tools.
const ALL: usize = 16_000;
/// Bytes of a server's text below which nobody is quoted.
const LEAST: usize = 40;

/// Instructions of the default face.
pub(crate) fn menu(catalog: &Catalog) -> String {
    menu_of(&behind::look(catalog))
}

/// Instructions of the face of all tools: what each server says.
pub(crate) fn all(catalog: &Catalog) -> String {
    all_of(&behind::look(catalog))
}

fn menu_of(servers: &[Behind<'_>]) -> String {
    let mut text = "Toolgate leads to the tools of all servers that the user connected; your own \
        list does not show them. Call retrieve_tools with a query of verb + object + product \
        (\"create issue github\"), then the call_tool_* that its answer names. Do so whenever a \
        task touches one of the servers, and before you say that something cannot be done."
        .to_owned();
    let tools: usize = servers.iter().map(|server| server.tools).sum();
    if servers.is_empty() {
        text.push_str(" At present there are none.");
        return text;
    }
    if tools > 0 {
        let start = format!(" Behind it, {tools} tools: ");
        let left = FIRST - text.chars().count() - start.len() - 1;
        text.push_str(&start);
        text.push_str(&within(servers, left));
        text.push('.');
    }
    text.push_str("\n\nServers:");
    let lines: Vec<String> = servers.iter().map(line).collect();
    push_lines(&mut text, &lines);
    text
}

fn line(server: &Behind<'_>) -> String {
    let standing = match (server.tools, server.ready) {
        (0, true) => "no tools".to_owned(),
        (0, false) => "not available now, retrieve_tools says why".to_owned(),
        (1, _) => "1 tool".to_owned(),
        (tools, _) => format!("{tools} tools"),
    };
    let purpose = server.purpose();
    let colon = if purpose.is_empty() { "" } else { ": " };
    format!("\n- {} ({standing}){colon}{purpose}", server.slug)
}

/// Appends as many lines as the limit allows, and how many it did not.
fn push_lines(text: &mut String, lines: &[String]) {
    const REST: &str = "\n- and 9999 more; upstream_servers lists them";
    for (index, line) in lines.iter().enumerate() {
        let is_last = index + 1 == lines.len();
        let spare = if is_last { 0 } else { REST.len() };
        if text.len() + line.len() + spare > MENU {
            let more = lines.len() - index;
            text.push_str(&REST.replace("9999", &more.to_string()));
            return;
        }
        text.push_str(line);
    }
}

fn all_of(servers: &[Behind<'_>]) -> String {
    let text = "Tools of several servers, each named server__tool.".to_owned();
    let said: Vec<(&str, String)> = servers
        .iter()
        .filter_map(|server| Some((server.slug, quoted(server.says?))))
        .filter(|(_, said)| !said.is_empty())
        .collect();
    if said.is_empty() {
        return text;
    }
    let start = format!("{text} What the servers say about their own:");
    let headings: usize = said.iter().map(|(slug, _)| heading(slug).len()).sum();
    let share = share(&said, ALL.saturating_sub(start.len() + headings));
    if share < LEAST {
        return text;
    }
    said.iter().fold(start, |text, (slug, said)| {
        format!("{text}{}{}", heading(slug), cut(said, share))
    })
}

fn heading(slug: &str) -> String {
    format!("\n\n# {slug}\n")
}

/// A server's text, line by line behind a mark, so that it cannot pass for another's or for ours.
fn quoted(text: &str) -> String {
    let lines = text[..text.floor_char_boundary(ALL)]
        .lines()
        .map(|line| behind::one_line(line, ALL));
    let lines: Vec<String> = lines.collect();
    let first = lines.iter().position(|line| !line.is_empty());
    let last = lines.iter().rposition(|line| !line.is_empty());
    match first.zip(last) {
        Some((first, last)) => format!("> {}", lines[first..=last].join("\n> ")),
        None => String::new(),
    }
}

/// The most bytes that each may have for all to fit; who says little leaves more to the others.
fn share(said: &[(&str, String)], left: usize) -> usize {
    let fits = |share: usize| {
        said.iter()
            .map(|(_, said)| said.len().min(share))
            .sum::<usize>()
            <= left
    };
    let (mut low, mut high) = (0, left + 1);
    while high - low > 1 {
        let middle = low.midpoint(high);
        if fits(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

fn cut(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes.saturating_sub('…'.len_utf8()));
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests;
