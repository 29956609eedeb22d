use proptest::prelude::*;
use serde_json::json;

use super::*;

fn entry() -> Value {
    json!({"command": "npx", "args": ["-y", "x"], "env": {"A": "${env:B}"}})
}

fn added(text: &str) -> String {
    add_server(text, "new", &entry()).expect("adds")
}

#[track_caller]
fn assert_round_trip(text: &str) {
    let after = added(text);
    assert_eq!(
        remove_server(&after, "new").as_deref(),
        Ok(text),
        "by way of:\n{after}"
    );
}

#[test]
fn a_new_file_is_laid_out_for_people() {
    assert_eq!(
        added(""),
        r#"{
  "mcpServers": {
    "new": {
      "command": "npx",
      "args": ["-y", "x"],
      "env": {
        "A": "${env:B}"
      }
    }
  }
}
"#
    );
}

#[test]
fn a_server_is_laid_out_like_its_neighbour() {
    let text = "{\r\n\t\"mcpServers\": {\r\n\t\t// first\r\n\t\t\"a\": {\r\n\t\t\t\"command\": \
                \"x\",\r\n\t\t}, // why\r\n\t},\r\n\t\"readOnly\": true\r\n}";
    assert_eq!(
        added(text),
        "{\r\n\t\"mcpServers\": {\r\n\t\t// first\r\n\t\t\"a\": {\r\n\t\t\t\"command\": \
         \"x\",\r\n\t\t}, // why\r\n\t\t\"new\": {\r\n\t\t\t\"command\": \"npx\",\r\n\t\t\t\
         \"args\": [\"-y\", \"x\"],\r\n\t\t\t\"env\": {\r\n\t\t\t\t\"A\": \"${env:B}\"\r\n\
         \t\t\t}\r\n\t\t},\r\n\t},\r\n\t\"readOnly\": true\r\n}"
    );
    assert_round_trip(text);
}

#[test]
fn servers_follow_each_other() {
    let one = added("");
    let two = add_server(&one, "b", &json!({"url": "https://x/"})).expect("adds");
    assert!(two.contains("    },\n    \"b\": {\n      \"url\": \"https://x/\"\n    }\n  }\n}\n"));
    assert_eq!(remove_server(&two, "b").as_deref(), Ok(one.as_str()));
}

#[test]
fn adding_and_removing_leaves_no_trace() {
    for text in [
        "",
        "\u{feff}",
        " ",
        "\n",
        "\r\n",
        "// note",
        "// note\n",
        "/* a */ ",
        "{}",
        "{}\n",
        "{ }",
        "{\n}",
        "{\n}\n",
        "\u{feff}{\r\n}\r\n",
        "{ // note\n}",
        "{\n  // note\n}\n",
        "{/* a */}",
        r#"{"mcpServers": {}}"#,
        r#"{"mcpServers": { }}"#,
        "{\n  \"mcpServers\": {}\n}\n",
        "{\n  \"mcpServers\": {\n  }\n}\n",
        "{\n  \"mcpServers\": {\n\n  },\n}\n",
        "{\n  \"mcpServers\": {\n    // \"a\": {}\n  }\n}\n",
        "{ \"mcpServers\": { // a\n } }",
        r#"{"servers": {}, "inputs": []}"#,
        "{ \"listen\": \"127.0.0.1:1\" }",
        "{\n    \"listen\": \"127.0.0.1:1\" // here\n}",
        "{ \"readOnly\": true, // a\n }",
        r#"{"mcpServers":{"a":{"command":"x"}}}"#,
        r#"{"mcpServers":{"a":{"command":"x"},},}"#,
        "{\"mcpServers\": {\"a\": {\"command\": \"x\"} // a\n}}",
        "{\n\"mcpServers\": {\n\"a\": {\n\"command\": \"x\"\n} /* b\n */ /* c */\n// d\n}\n}",
        "  {\n    \"mcpServers\": {\n      \"a\": { \"command\": \"x\" }\n    }\n  }",
    ] {
        assert_round_trip(text);
    }
}

#[test]
fn removing_keeps_comments_and_neighbours() {
    let text = r#"{
  "mcpServers": {
    // about a
    "a": { "command": "a" }, // more about a
    "b": { "command": "b" },
    /* about c */
    "c": { "command": "c" }
  }
}"#;
    let without = |name| remove_server(text, name).expect("removes");
    assert_eq!(
        without("b"),
        text.replace("\n    \"b\": { \"command\": \"b\" },", "")
    );
    assert_eq!(
        without("a"),
        text.replace("\"a\": { \"command\": \"a\" }, ", "")
    );
    let without_c = text.replace("\n    \"c\": { \"command\": \"c\" }", "");
    assert_eq!(without("c"), without_c.replace("\"b\" },", "\"b\" }"));
}

#[test]
fn removing_the_only_server_of_a_hand_written_file() {
    for (text, expected) in [
        (
            "{ \"mcpServers\": {\n \"a\": {\"url\": \"x\"} } }",
            "{ \"mcpServers\": {} }",
        ),
        (
            "{ \"mcpServers\": {\n // b\n \"a\": {} } }",
            "{ \"mcpServers\": {\n // b\n  } }",
        ),
        (
            "{ \"mcpServers\": { \"a\": 5, } }",
            "{ \"mcpServers\": {} }",
        ),
    ] {
        assert_eq!(remove_server(text, "a").as_deref(), Ok(expected));
    }
}

#[test]
fn switching_touches_one_key() {
    let on = "{\"mcpServers\": {\n  \"a\": {\n    \"command\": \"x\" // c\n  }\n}}";
    let off = "{\"mcpServers\": {\n  \"a\": {\n    \"command\": \"x\", // c\n    \"disabled\": true\n  }\n}}";
    assert_eq!(set_enabled(on, "a", true).as_deref(), Ok(on));
    assert_eq!(set_enabled(on, "a", false).as_deref(), Ok(off));
    let on_again = off.replace("true", "false");
    assert_eq!(
        set_enabled(off, "a", true).as_deref(),
        Ok(on_again.as_str())
    );
    let text = r#"{"servers": {"a": {"url": "x", "enabled": true}}}"#;
    let off = text.replace("true", "false");
    assert_eq!(set_enabled(text, "a", false).as_deref(), Ok(off.as_str()));
    let text = r#"{"servers": {"a": {"url": "x", "enabled": true, "disabled": true}}}"#;
    let on = text.replace("\"disabled\": true", "\"disabled\": false");
    assert_eq!(set_enabled(text, "a", true).as_deref(), Ok(on.as_str()));
}

#[test]
fn replacing_keeps_the_rest() {
    let text = "{ \"mcpServers\": { /* a */ \"a\": {\"url\": \"x\"}, \"b\": {} } } // end";
    assert_eq!(
        replace_server(text, "a", &json!({"url": "y"})).as_deref(),
        Ok("{ \"mcpServers\": { /* a */ \"a\": { \"url\": \"y\" }, \"b\": {} } } // end")
    );
}

#[test]
fn what_cannot_be_done_is_refused() {
    let text = r#"{"mcpServers": {"a": {"command": "x"}}}"#;
    let exists = EditError::Exists("a".into());
    assert_eq!(add_server(text, "a", &entry()), Err(exists));
    assert_eq!(
        add_server(text, "", &entry()),
        Err(InvalidName::Empty.into())
    );
    let refused = add_server(text, "b", &json!({}));
    assert!(
        matches!(refused, Err(EditError::InvalidEntry(_))),
        "{refused:?}"
    );
    let unknown = Err(EditError::Unknown("b".into()));
    assert_eq!(remove_server(text, "b"), unknown);
    assert_eq!(set_enabled(text, "b", true), unknown);
    assert_eq!(replace_server(text, "b", &entry()), unknown);
    for text in ["{", "[]", "{\"mcpServers\": []}", "{\"a\" 1}"] {
        let refused = add_server(text, "b", &entry());
        assert!(
            matches!(refused, Err(EditError::InvalidFile(_))),
            "{text}: {refused:?}"
        );
    }
}

/// White space and comments that may stand between two tokens.
fn gap() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(" "),
        Just("\t"),
        Just("\n"),
        Just("\r\n"),
        Just("\n    "),
        Just("/* c, } */"),
        Just("// line \"\n"),
        Just("// line\r\n"),
    ];
    prop_oneof![
        3 => Just(String::new()),
        5 => prop_oneof![Just(" "), Just("\n  "), Just("\n\t"), Just("\r\n    ")]
            .prop_map(str::to_owned),
        2 => proptest::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat()),
    ]
}

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("1"),
        Just("\"é // no comment\""),
        Just("true"),
        Just("[1, /* x */ 2]")
    ]
    .prop_map(str::to_owned)
}

/// An object with the given properties in generated surroundings.
fn object(
    properties: impl Strategy<Value = Vec<(&'static str, String)>>,
) -> impl Strategy<Value = String> {
    let gaps = proptest::collection::vec(gap(), 24);
    (properties, gaps, any::<bool>()).prop_map(|(properties, gaps, trailing)| {
        let mut gap = gaps.iter().map(String::as_str).cycle();
        let mut next = || gap.next().unwrap_or_default();
        let count = properties.len();
        let mut text = format!("{{{}", next());
        for (index, (key, value)) in properties.into_iter().enumerate() {
            text.extend(["\"", key, "\"", next(), ":", next(), &value, next()]);
            if index + 1 < count || trailing {
                text.extend([",", next()]);
            }
        }
        text + "}"
    })
}

fn some_of(
    keys: &'static [&'static str],
    value: impl Strategy<Value = String> + Clone + 'static,
) -> impl Strategy<Value = Vec<(&'static str, String)>> {
    proptest::sample::subsequence(keys, 0..=keys.len()).prop_flat_map(move |keys| {
        keys.into_iter()
            .map(|key| (Just(key), value.clone().boxed()))
            .collect::<Vec<_>>()
    })
}

fn entries() -> impl Strategy<Value = String> {
    object(some_of(&["command", "url", "env"], scalar().boxed()))
}

/// A configuration whose servers are the given entries.
fn file(entry: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = String> {
    let servers = object(some_of(&["a", "b", "c"], entry.boxed()));
    let plain = some_of(&["listen", "logs"], scalar().boxed());
    let section = prop_oneof![Just("mcpServers"), Just("servers")];
    let with_servers = (plain, section, servers, any::<bool>()).prop_map(
        |(mut properties, section, servers, first)| {
            let at = if first { 0 } else { properties.len() };
            properties.insert(at, (section, servers));
            properties
        },
    );
    let without_servers = some_of(&["listen", "logs"], scalar().boxed());
    let root = prop_oneof![
        1 => Just(String::new()),
        2 => object(without_servers),
        6 => object(with_servers),
    ];
    (any::<bool>(), gap(), root, gap()).prop_map(|(mark, before, root, after)| {
        let mark = if mark { "\u{feff}" } else { "" };
        format!("{mark}{before}{root}{after}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn adding_then_removing_gives_the_same_bytes(text in file(entries())) {
        let after = added(&text);
        let before = remove_server(&after, "new").expect("removes");
        prop_assert_eq!(&before, &text, "by way of:\n{}", after);
    }

    #[test]
    fn removing_takes_away_one_server_and_nothing_else(text in file(entries())) {
        let document = Document::parse(&text).expect("generated text is valid");
        for section in SERVER_SECTIONS {
            let Some(servers) = document.value_at(&[section]) else { continue };
            for name in servers.as_object().into_iter().flat_map(Map::keys) {
                let after = remove_server(&text, name).expect("removes");
                let mut expected = document.value();
                expected[section].as_object_mut().expect("servers").shift_remove(name);
                let rest = Document::parse(&after).expect("valid").value();
                prop_assert!(rest == expected || expected[section] == json!({}), "{}", after);
                let gone = document.property(&[section, name]).expect("is there");
                let mark = text.len() - document.to_string().trim_start_matches('\u{feff}').len();
                let inside = &text[mark + gone.start..mark + gone.end];
                let comments = |text: &str| text.matches("c, }").count();
                prop_assert_eq!(comments(&after) + comments(inside), comments(&text), "{}", after);
            }
        }
    }
}
