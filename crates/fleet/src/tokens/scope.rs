//! What of all that there is a client may see.

use std::sync::Arc;

use crate::catalog::{Catalog, CatalogServer, Tool};

/// What a client may see and call. The two limits narrow each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Names of servers in the configuration; `None` for all.
    servers: Option<Vec<String>>,
    /// Patterns of tools' ids; `None` for all.
    tools: Option<Vec<String>>,
}

impl Scope {
    /// Only these servers and tools; `None` for all.
    pub fn new(servers: Option<Vec<String>>, tools: Option<Vec<String>>) -> Self {
        Self { servers, tools }
    }

    /// Whether there is anything that it does not show.
    pub fn is_limited(&self) -> bool {
        *self != Self::default()
    }

    /// Whether it names tools. Nobody has said anything of prompts and resources then, so they
    /// are out of reach.
    pub fn names_tools(&self) -> bool {
        self.tools.is_some()
    }

    /// Whether it shows this tool.
    pub fn shows(&self, tool: &Tool) -> bool {
        self.shows_server(tool.server.as_str()) && self.any_pattern(|p| matches(p, &tool.id))
    }

    fn shows_server(&self, name: &str) -> bool {
        let servers = self.servers.as_ref();
        servers.is_none_or(|servers| servers.iter().any(|known| known == name))
    }

    fn any_pattern(&self, test: impl Fn(&str) -> bool) -> bool {
        let tools = self.tools.as_ref();
        tools.is_none_or(|patterns| patterns.iter().any(|pattern| test(pattern)))
    }

    /// A server with what it shows of it; `None` if that is nothing.
    fn narrow(&self, server: &CatalogServer) -> Option<CatalogServer> {
        let may_have = |pattern: &str| may_be_of(pattern, &server.slug);
        if !self.shows_server(server.name.as_str()) || !self.any_pattern(may_have) {
            return None;
        }
        let shown = server.tools.iter().filter(|tool| self.shows(tool));
        let tools: Vec<Arc<Tool>> = shown.cloned().collect();
        // One that is down has no tools now, and a client is told why.
        let is_empty = tools.is_empty() && !server.tools.is_empty();
        (!is_empty).then(|| CatalogServer {
            tools,
            ..server.clone()
        })
    }
}

impl Catalog {
    /// The server of this slug, or of this very name.
    pub fn server(&self, slug_or_name: &str) -> Option<&CatalogServer> {
        let is_it = |server: &&CatalogServer| {
            server.slug == slug_or_name || server.name.as_str() == slug_or_name
        };
        self.servers().iter().find(is_it)
    }

    /// What a scope shows of it.
    #[must_use]
    pub fn within(self: Arc<Self>, scope: &Scope) -> Arc<Self> {
        if !scope.is_limited() {
            return self;
        }
        let servers = self.servers().iter();
        let servers = servers.filter_map(|server| scope.narrow(server));
        Arc::new(Self::new(servers.collect()))
    }
}

/// Whether a pattern could match a tool of the server with this slug.
fn may_be_of(pattern: &str, slug: &str) -> bool {
    let head = format!("{slug}__");
    let literal = pattern.split('*').next().unwrap_or_default();
    literal.starts_with(&head) || head.starts_with(literal)
}

/// Whether a text is what a pattern says, in which `*` stands for anything. Takes at most as many
/// steps as the product of their lengths, whatever they hold.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut read) = (0, 0);
    // Where to go on from the last star: behind it, and one byte further in the text.
    let mut again = None;
    while read < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                at += 1;
                again = Some((at, read));
            }
            Some(byte) if *byte == text[read] => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((star, from)) = again else {
                    return false;
                };
                at = star;
                read = from + 1;
                again = Some((star, read));
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use model::{Effect, ServerName, ServerState};
    use upstream::ToolDefinition;
    use wire::RawObject;

    use super::*;

    fn server(name: &str, tools: &[&str]) -> CatalogServer {
        let name = ServerName::new(name).expect("a name");
        let tool = |tool: &&str| {
            Arc::new(Tool {
                id: format!("{name}__{tool}"),
                server: name.clone(),
                slug: name.to_string(),
                definition: ToolDefinition {
                    name: (*tool).to_owned(),
                    title: None,
                    description: String::new(),
                    effect: Effect::Read,
                    definition: RawObject::default().to_raw(),
                },
            })
        };
        CatalogServer {
            slug: name.to_string(),
            state: ServerState::Ready,
            instructions: None,
            capabilities: Arc::default(),
            beside_tools: Arc::default(),
            tools: tools.iter().map(tool).collect(),
            name,
        }
    }

    /// Names of servers and ids of tools that are shown.
    fn shown(servers: Option<&[&str]>, tools: Option<&[&str]>) -> (Vec<String>, Vec<String>) {
        let all = vec![
            server("git", &["log", "push"]),
            server("github", &["get_issue", "get_user", "merge"]),
            server("down", &[]),
        ];
        let list = |names: Option<&[&str]>| {
            names.map(|names| names.iter().map(|name| (*name).to_owned()).collect())
        };
        let scope = Scope::new(list(servers), list(tools));
        let seen = Arc::new(Catalog::new(all)).within(&scope);
        let names = seen.servers().iter().map(|server| server.name.to_string());
        let ids = seen.tools().map(|tool| tool.id.clone());
        (names.collect(), ids.collect())
    }

    #[test]
    fn a_scope_without_limits_shows_all_and_an_empty_one_nothing() {
        let (servers, tools) = shown(None, None);
        assert_eq!((servers.len(), tools.len()), (3, 5));
        assert_eq!(shown(Some(&[]), None), (vec![], vec![]));
        assert_eq!(shown(None, Some(&[])), (vec![], vec![]));
    }

    #[test]
    fn servers_and_tools_narrow_each_other() {
        let only_git = shown(Some(&["git"]), None);
        assert_eq!(only_git.0, ["git"]);
        assert_eq!(only_git.1, ["git__log", "git__push"]);
        let readers = shown(None, Some(&["github__get_*", "git__log"]));
        assert_eq!(readers.0, ["git", "github"]);
        assert_eq!(
            readers.1,
            ["git__log", "github__get_issue", "github__get_user"]
        );
        let both = shown(Some(&["github"]), Some(&["*__log", "*_user"]));
        assert_eq!(both.1, ["github__get_user"]);
    }

    #[test]
    fn a_server_that_is_down_stays_where_its_tools_could_be_shown() {
        assert_eq!(shown(None, Some(&["down__*"])).0, ["down"]);
        assert_eq!(shown(None, Some(&["github__merge"])).0, ["github"]);
    }

    #[test]
    fn a_star_stands_for_anything_and_everything_else_for_itself() {
        for (pattern, text) in [
            ("*", ""),
            ("a*", "a"),
            ("*a*b", "xaxbxab"),
            ("a.c", "a.c"),
            ("é*ü", "éxü"),
            ("**", "x"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("a", "ab"),
            ("a.c", "abc"),
            ("a*b", "a"),
            ("A", "a"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_takes_no_longer() {
        let pattern = "a*".repeat(100) + "b";
        assert!(!matches(&pattern, &"a".repeat(20_000)));
    }
}
