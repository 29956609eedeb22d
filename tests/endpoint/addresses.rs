//! E1 to E3, E5 and E6: requests that a web page could make a browser send.

use super::{Fort, visitor::Request};

/// Sends the same call with one header changed, and checks that it is turned away.
async fn refused(fort: &Fort, header: &str, value: &str) -> anyhow::Result<()> {
    let reply = fort.send(&fort.call().with(header, value)).await?;
    assert!(
        matches!(reply.status, 400 | 403),
        "{header}: {value:?} got {reply:?}"
    );
    Ok(())
}

#[tokio::test]
async fn e01_a_name_that_was_rebound_reaches_nothing() -> anyhow::Result<()> {
    let fort = Fort::start().await?;
    for host in ["evil.example", &format!("evil.example:{}", fort.port())] {
        let reply = fort.send(&fort.call().with("Host", host)).await?;
        assert_eq!(reply.status, 403, "{host}: {reply:?}");
    }
    fort.stands().await
}

#[tokio::test]
async fn e02_only_the_very_address_is_ours() -> anyhow::Result<()> {
    let fort = Fort::start().await?;
    let port = fort.port();
    let next = port.parse::<u16>()?.wrapping_add(1);
    for host in [
        "127.0.0.1.evil.example".to_owned(),
        format!("localhost.evil.example:{port}"),
        format!("0.0.0.0:{port}"),
        format!("[::ffff:127.0.0.1]:{port}"),
        format!("127.0.0.1:{next}"),
        format!("127.1:{port}"),
        format!("2130706433:{port}"),
        format!("127.0.0.1:{port}@evil.example"),
        "127.0.0.1".to_owned(),
        String::new(),
    ] {
        refused(&fort, "Host", &host).await?;
    }
    let twice = fort.call().header("Host", fort.address());
    assert!(matches!(fort.send(&twice).await?.status, 400 | 403));
    let none = fort.call().without("Host");
    assert!(matches!(fort.send(&none).await?.status, 400 | 403));
    let elsewhere = fort.call().target("POST", "http://evil.example/mcp");
    assert!(matches!(fort.send(&elsewhere).await?.status, 400 | 403));
    fort.stands().await
}

#[tokio::test]
async fn e03_no_page_of_another_origin_may_call() -> anyhow::Result<()> {
    let fort = Fort::start().await?;
    let port = fort.port();
    let next = port.parse::<u16>()?.wrapping_add(1);
    for origin in [
        "https://evil.example".to_owned(),
        "null".to_owned(),
        format!("http://localhost:{next}"),
        format!("http://127.0.0.1:{port}@evil.example"),
        format!("https://127.0.0.1:{port}"),
        "file://".to_owned(),
        "vscode-webview://x".to_owned(),
        String::new(),
    ] {
        let reply = fort.send(&fort.call().with("Origin", &origin)).await?;
        assert_eq!(reply.status, 403, "{origin:?}: {reply:?}");
    }
    let two = fort
        .call()
        .header("Origin", &format!("http://{}", fort.address()));
    let two = two.header("Origin", "https://evil.example");
    assert_eq!(fort.send(&two).await?.status, 403);
    fort.stands().await
}

#[tokio::test]
async fn e05_no_answer_lets_another_origin_read_it() -> anyhow::Result<()> {
    let fort = Fort::start().await?;
    let shares = "access-control-allow";
    for path in [
        "/mcp",
        "/mcp/all",
        "/ws",
        "/api/v1/status",
        "/api/v1/events",
        "/",
        "/healthz",
    ] {
        for origin in [
            "https://evil.example",
            &format!("http://{}", fort.address()),
        ] {
            let preflight = Request::new("OPTIONS", path)
                .header("Host", fort.address())
                .header("Origin", origin)
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "authorization");
            let reply = fort.send(&preflight).await?;
            assert!(!reply.head.contains(shares), "{path}: {reply:?}");
            assert_ne!(reply.status, 200, "{path}: {reply:?}");
        }
        if !path.ends_with("events") {
            let read = fort.call().body([]).target("GET", path);
            let reply = fort.send(&read).await?;
            assert!(!reply.head.contains(shares), "{path}: {reply:?}");
        }
    }
    fort.stands().await
}

#[tokio::test]
async fn e06_what_a_browser_says_is_cross_site_is_turned_away() -> anyhow::Result<()> {
    let fort = Fort::start().await?;
    let reply = fort
        .send(&fort.call().header("Sec-Fetch-Site", "cross-site"))
        .await?;
    assert_eq!(reply.status, 403, "{reply:?}");
    fort.stands().await
}
