//! Words of servers that nobody vouches for.

use super::*;

fn server(slug: &str, tools: usize) -> Behind<'_> {
    let topics = ["issues", "pull requests", "files", "labels"];
    Behind {
        slug,
        tools,
        ready: true,
        says: None,
        topics: topics.map(str::to_owned).to_vec(),
    }
}

#[test]
fn topics_give_way_before_names_do() {
    let servers = [
        server("github", 3),
        server("idle", 0),
        server("gitlab", 2),
        server("gitea", 1),
    ];
    let budgets = [500, 100, 90, 70, 50, 30, 29, 16];
    let texts = budgets.map(|budget| {
        let text = within(&servers, budget);
        assert!(text.len() <= budget, "{budget}: {text}");
        format!("{budget:3} {text}")
    });
    insta::assert_snapshot!(texts.join("\n"), @r"
    500 github (issues, pull requests, files, labels); gitlab (issues, pull requests, files, labels); gitea (issues, pull requests, files, labels)
    100 github (issues, pull requests); gitlab (issues, pull requests); gitea (issues, pull requests)
     90 github (issues); gitlab (issues); gitea (issues)
     70 github (issues); gitlab (issues); gitea (issues)
     50 github (issues); gitlab (issues); gitea (issues)
     30 github, gitlab, gitea
     29 github, gitlab, gitea
     16 3 servers
    ");
}

#[test]
fn a_purpose_is_the_first_sentence_of_the_first_paragraph() {
    let said = |says| {
        Behind {
            says: Some(says),
            ..server("a", 1)
        }
        .purpose()
    };
    for (says, expected) in [
        ("Reads mail. Writes it too.", "Reads mail"),
        ("# Title\n\nReads\n  mail\n\nand more", "Reads mail"),
        ("メールを読む。書く。", "メールを読む"),
        ("Version 1.2 of it", "Version 1.2 of it"),
        ("# Only a title", "issues, pull requests, files, labels"),
        ("\u{200b}\u{7}\n", "issues, pull requests, files, labels"),
    ] {
        assert_eq!(said(says), expected, "{says}");
    }
    let long = "word ".repeat(100);
    let cut = said(&long);
    assert!(cut.ends_with("word…") && cut.chars().count() <= PURPOSE + 1);
}

#[test]
fn one_line_shows_all_that_it_holds() {
    assert_eq!(
        one_line(" a\u{202e}b\t\u{1b}[2J\r\nc\u{2028}d ", 99),
        "ab [2J cd"
    );
    assert_eq!(one_line(&"ü".repeat(10), 5), format!("{}…", "ü".repeat(5)));
    assert_eq!(one_line("12345", 5), "12345");
}
