//! M11 and M12: texts of servers that would be markup or links, on their way to people.
//!
//! That the window draws them as text is tested with a browser, in `tests/ui/review.test.mjs`.

use serde_json::{Value, json};
use testkit::gateway::Gateway;
use testkit::http::{Door, get};

use super::stand::Stand;

const MARKUP: [&str; 4] = [
    "<img src=x onerror=\"window.injected = true\">",
    "</textarea><script>window.injected = true</script>",
    "[click](javascript:alert(1)) <a href=\"javascript:alert(1)\">x</a>",
    "\u{202e}txet\u{200b}",
];

#[tokio::test]
async fn m11_markup_stays_text_in_every_answer() -> anyhow::Result<()> {
    let all = MARKUP.join("\n");
    let big = "A".repeat(1 << 20);
    let stand = Stand::server(
        json!([
            { "name": "t", "title": all, "description": all, "inputSchema": {
                "type": "object", "properties": { "<script>": { "description": all } } } },
            { "name": "big", "description": big, "inputSchema": { "type": "object" } },
        ]),
        json!({ "name": "<img src=x onerror=1>", "title": all, "version": "1" }),
    )
    .await?;
    let entry = json!({ "url": stand.url("/mcp") });
    let gateway = Gateway::builder().unreviewed();
    let gateway = gateway.server("evil <script>", entry).start().await?;
    let path = "/quarantine/evil%20%3Cscript%3E";
    let launch = gateway.api("GET", path, "").await?.json()?["launch"].take();
    let decision = json!({ "decision": "start", "launch": launch }).to_string();
    gateway.api("POST", path, &decision).await?;
    gateway
        .wait_server("evil <script>", "it is known", |evil| {
            evil.trust.pending > 1
        })
        .await?;
    let review = gateway.api("GET", path, "").await?;
    // JSON that no browser takes for a page, with every text as it was sent: hidden characters
    // are for the window to draw.
    assert_eq!(review.header("content-type"), "application/json");
    assert_eq!(review.header("x-content-type-options"), "nosniff");
    let told = review.json()?;
    let tool = told["definitions"].as_array().and_then(|all| {
        let is_tool = |one: &&Value| one["name"] == "t" && one["kind"] == "tool";
        all.iter().find(is_tool)
    });
    let tool = tool.map(|tool| tool["now"].clone()).unwrap_or_default();
    assert_eq!(tool["description"], all);
    let text = gateway.cli(&["review", "show", "evil <script>"]).await?;
    let text = String::from_utf8(text.stdout)?;
    assert!(
        !text.contains(['\u{202e}', '\u{200b}', '\u{1b}']),
        "{text:?}"
    );
    Ok(())
}

#[tokio::test]
async fn m11_pages_run_nothing_but_their_own_code() -> anyhow::Result<()> {
    let gateway = Gateway::builder().start().await?;
    let (door, _) = Door::of_url(gateway.endpoint())?;
    for path in [
        "/",
        "/index.html",
        "/no/such/page",
        "/%3Cscript%3Ealert(1)%3C/script%3E",
    ] {
        let page = door.send(get(path)?).await?;
        let policy = page.header("content-security-policy").to_owned();
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
        ] {
            let is_there = policy.contains(rule) || policy.contains(&rule.replace("none", "self"));
            assert!(is_there, "{path}: {rule} is not in {policy:?}");
        }
        for hole in ["unsafe-inline' ;script", "unsafe-eval", "data: 'self'", "*"] {
            assert!(!policy.contains(hole), "{path}: {policy:?}");
        }
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert!(
            !page.body.contains("<script>alert"),
            "{path}: {}",
            page.body
        );
    }
    Ok(())
}
