//! The index as its callers see it.

use serde_json::{Value, json};

use super::*;

fn tool<'a>(id: &'a str, description: &'a str) -> ToolDoc<'a> {
    let (server, name) = id.split_once("__").unwrap();
    ToolDoc {
        id,
        server,
        server_title: None,
        name,
        title: None,
        description,
        input_schema: None,
    }
}

fn index_of(tools: &[ToolDoc<'_>]) -> ToolIndex {
    let index = ToolIndex::new();
    for server in tools.chunk_by(|a, b| a.server == b.server) {
        index.replace_server(server[0].server, server).unwrap();
    }
    index
}

fn small_index() -> ToolIndex {
    index_of(&[
        tool("github__create_issue", "Open a new issue in a repository."),
        tool(
            "github__list_issues",
            "List the issues of a repository, filtered by state.",
        ),
        tool(
            "github__merge_pull_request",
            "Merge a pull request into its base branch.",
        ),
        tool("files__read_file", "Read a file from the disk."),
        tool("files__list", "List a directory."),
        tool(
            "weather__getForecast",
            "Weather for the next days at a place.",
        ),
    ])
}

fn ids(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.id.as_str()).collect()
}

fn first(index: &ToolIndex, query: &str) -> String {
    index
        .search(query, 1, None)
        .first()
        .map_or_else(String::new, |hit| hit.id.clone())
}

#[test]
fn words_find_identifiers() {
    let index = small_index();
    assert_eq!(
        first(&index, "merge PR pull requests"),
        "github__merge_pull_request"
    );
    assert_eq!(first(&index, "reading files"), "files__read_file");
    assert_eq!(first(&index, "forecast"), "weather__getForecast");
    assert_eq!(first(&index, "CREATE ISSUES"), "github__create_issue");
}

#[test]
fn the_server_and_its_title_count() {
    let titled = ToolDoc {
        server_title: Some("Atlassian Jira"),
        ..tool("jr__search", "Find.")
    };
    let index = index_of(&[titled, tool("elastic__search", "Find.")]);
    assert_eq!(
        ids(&index.search("jira search", 5, None)),
        ["jr__search", "elastic__search"]
    );
    assert_eq!(first(&index, "search with elastic"), "elastic__search");
}

#[test]
fn titles_and_parameters_count() {
    let schema = json!({"properties": {
        "isoCountry": {"type": "string"},
        "unit": {"enum": ["celsius", "kelvin"], "description": "Temperature scale"}
    }});
    let described = ToolDoc {
        input_schema: Some(&schema),
        ..tool("a__one", "")
    };
    let index = index_of(&[
        described,
        ToolDoc {
            title: Some("Umbrella"),
            ..tool("b__two", "")
        },
    ]);
    for query in ["country", "kelvin", "temperature"] {
        assert_eq!(ids(&index.search(query, 5, None)), ["a__one"], "{query}");
    }
    assert_eq!(ids(&index.search("umbrellas", 5, None)), ["b__two"]);
}

#[test]
fn matched_words_are_the_querys_own() {
    let index = small_index();
    let hits = index.search("Listing all issues, and issue numbers", 1, None);
    assert_eq!(hits[0].matched, ["Listing", "issues"]);
}

#[test]
fn an_exact_name_or_id_comes_first() {
    let index = index_of(&[
        tool("a__list", "List list list all things, list."),
        tool("b__list_list", "list"),
        tool("c__all", "Everything."),
        tool("d__other", "a__list b__list_list c__all"),
    ]);
    assert_eq!(first(&index, "b__list_list"), "b__list_list");
    assert_eq!(first(&index, " B__List_List "), "b__list_list");
    assert_eq!(first(&index, "list"), "a__list");
    assert_eq!(
        first(&index, "all"),
        "c__all",
        "also where the name is a stop word"
    );
}

#[test]
fn nothing_is_found_for_nothing() {
    let index = small_index();
    for query in ["", "  ", "the of with", "?!", "\0", "xylophone"] {
        assert_eq!(index.search(query, 5, None), [], "{query:?}");
    }
    assert_eq!(index.search("issue", 0, None), []);
    assert_eq!(ToolIndex::new().search("issue", 5, None), []);
}

#[test]
fn any_text_is_a_query() {
    let index = small_index();
    for query in [
        "name:issue AND (",
        "issue^9 -\"",
        "*:*",
        "issue OR [a TO",
        "\\issue\u{202e}",
    ] {
        index.search(query, 5, None);
    }
    let pasted = "repository issue ".repeat(100_000) + "é";
    assert_eq!(index.search(&pasted, 1, None).len(), 1);
    let wide: Vec<String> = (0..500).map(|n| format!("w{n}")).collect();
    assert_eq!(index.search(&wide.join(" "), 5, None), []);
}

#[test]
fn repeating_a_word_changes_nothing() {
    let index = small_index();
    assert_eq!(
        index.search("list repository issues", 5, None),
        index.search("list repository issues repository repositories", 5, None)
    );
}

#[test]
fn a_search_can_be_limited_to_a_server() {
    let index = small_index();
    assert_eq!(
        ids(&index.search("list", 5, Some("files"))),
        ["files__list"]
    );
    assert_eq!(
        ids(&index.search("list", 5, Some("github"))),
        ["github__list_issues"]
    );
    assert_eq!(index.search("list", 5, Some("absent")), []);
}

#[test]
fn equal_scores_are_ordered_by_id() {
    let names: Vec<String> = (0..40).rev().map(|n| format!("s__same_{n:02}")).collect();
    let tools: Vec<ToolDoc<'_>> = names
        .iter()
        .map(|id| ToolDoc {
            name: "same",
            ..tool(id, "Same words.")
        })
        .collect();
    let index = index_of(&tools);
    let hits = index.search("words", 3, None);
    assert_eq!(ids(&hits), ["s__same_00", "s__same_01", "s__same_02"]);
}

#[test]
fn replacing_a_server_leaves_the_others() {
    let index = small_index();
    index
        .replace_server("github", &[tool("github__star", "Star a repository.")])
        .unwrap();
    assert_eq!(index.len(), 4);
    assert_eq!(ids(&index.search("repository", 5, None)), ["github__star"]);
    assert_eq!(ids(&index.search("issue", 5, None)), [""; 0]);
    assert_eq!(first(&index, "forecast"), "weather__getForecast");
}

#[test]
fn a_removed_server_is_gone() {
    let index = small_index();
    index.remove_server("github").unwrap();
    index.remove_server("github").unwrap();
    index.remove_server("never there").unwrap();
    assert_eq!(index.len(), 3);
    assert_eq!(index.search("github issue", 5, None), []);
    for server in ["files", "weather"] {
        index.remove_server(server).unwrap();
    }
    assert!(index.is_empty());
}

/// Scores must not remember how the index came to hold what it holds.
#[test]
fn the_history_of_changes_does_not_show() {
    let old = [tool(
        "a__zero",
        "Issues, issues and other long words that are gone later.",
    )];
    let tools: Vec<Vec<ToolDoc<'_>>> = vec![
        vec![
            tool("a__one", "An issue."),
            tool("a__two", "A repository with issues."),
        ],
        vec![tool("b__one", "Closes an issue in a repository.")],
        vec![tool("c__one", "Nothing.")],
    ];
    let servers: Vec<ServerTools<'_>> = tools
        .iter()
        .map(|tools| ServerTools {
            server: tools[0].server,
            tools,
        })
        .collect();

    let at_once = ToolIndex::new();
    at_once.replace_servers(&servers).unwrap();
    let expected = at_once.search("issue repository", 9, None);
    assert_eq!(expected.len(), 3);

    let step_by_step = ToolIndex::new();
    for round in 0..7 {
        for server in servers.iter().rev() {
            step_by_step.replace_server(server.server, &old).unwrap();
            assert_eq!(
                ids(&step_by_step.search("gone", 9, None)),
                ["a__zero"],
                "{round}"
            );
            step_by_step
                .replace_server(server.server, server.tools)
                .unwrap();
        }
        assert_eq!(
            step_by_step.search("issue repository", 9, None),
            expected,
            "{round}"
        );
    }
}

#[test]
fn searches_go_on_during_changes() {
    let index = small_index();
    std::thread::scope(|scope| {
        let changes = scope.spawn(|| {
            for _ in 0..10 {
                index
                    .replace_server("files", &[tool("files__list", "List.")])
                    .unwrap();
            }
        });
        while !changes.is_finished() {
            assert_eq!(first(&index, "forecast"), "weather__getForecast");
        }
    });
}

#[test]
fn hostile_tools_do_no_harm() {
    let deep: Value = (0..100).fold(json!({}), |inner, _| json!({"properties": {"a": inner}}));
    let long = "word ".repeat(1_000_000);
    let hostile = ToolDoc {
        input_schema: Some(&deep),
        ..tool("evil__\0\u{202e}", &long)
    };
    let index = index_of(&[hostile, tool("good__forecast", "Weather.")]);
    assert_eq!(first(&index, "weather"), "good__forecast");
    assert_eq!(first(&index, "words"), hostile.id);
}
