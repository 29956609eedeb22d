//! What `retrieve_tools` says about itself, and so about all that cannot be seen in the menu.

use crate::behind::{Behind, within};

/// Bytes for naming what is behind it: enough for seventy servers with a topic each, and little
/// enough for the whole menu to stay within its limit.
const BEHIND: usize = 2_600;

/// The description in front of these servers.
pub(super) fn description(servers: &[Behind<'_>]) -> String {
    let tools: usize = servers.iter().map(|server| server.tools).sum();
    if tools == 0 {
        return format!(
            "Find tools of the user's servers by what they do; at present there are none. {HOW}"
        );
    }
    let behind = within(servers, BEHIND);
    format!(
        "Find tools by what they do. {tools} are here that your own list does not show, of the \
         user's servers: {behind}. Look here first when a task touches any of this, and before \
         you say that something cannot be done. {HOW}"
    )
}

const HOW: &str = "Query: verb + object + product (\"create issue github\"), one step per query. \
    Then call what you found with the call_tool_* that its call_with names.";

#[cfg(test)]
mod tests {
    use super::*;

    fn server(slug: &'static str, tools: usize, topics: &[&str]) -> Behind<'static> {
        let topics = topics.iter().map(|topic| (*topic).to_owned()).collect();
        Behind {
            slug,
            tools,
            ready: true,
            says: None,
            topics,
        }
    }

    #[test]
    fn it_names_servers_and_what_they_are_about() {
        let servers = [
            server(
                "github",
                26,
                &["issues", "pull requests", "files", "repositories"],
            ),
            server("resting", 0, &[]),
            server("time", 2, &["convert"]),
            server("fetch", 1, &[]),
        ];
        insta::assert_snapshot!(description(&servers), @r#"Find tools by what they do. 29 are here that your own list does not show, of the user's servers: github (issues, pull requests, files, repositories); time (convert); fetch. Look here first when a task touches any of this, and before you say that something cannot be done. Query: verb + object + product ("create issue github"), one step per query. Then call what you found with the call_tool_* that its call_with names."#);
    }

    #[test]
    fn with_nothing_behind_it_it_says_so() {
        insta::assert_snapshot!(description(&[]), @r#"Find tools of the user's servers by what they do; at present there are none. Query: verb + object + product ("create issue github"), one step per query. Then call what you found with the call_tool_* that its call_with names."#);
    }
}
