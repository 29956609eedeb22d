//! The routes, asked through the router; they hold whether the UI was built or not.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::*;

async fn ask(path: &str, known: Option<&str>) -> (StatusCode, HeaderMap, String) {
    let mut request = Request::get(path);
    if let Some(known) = known {
        request = request.header(IF_NONE_MATCH, known);
    }
    let request = request.body(Body::empty()).expect("a request");
    let response = router().oneshot(request).await.expect("an answer");
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let text = String::from_utf8_lossy(&body).into_owned();
    (head.status, head.headers, text)
}

#[tokio::test]
async fn there_is_always_a_page() {
    for path in ["/", "/index.html"] {
        let (status, headers, page) = ask(path, None).await;
        let expected = if Files::get("index.html").is_some() {
            StatusCode::OK
        } else {
            assert!(page.contains("npm run build"), "{page}");
            StatusCode::SERVICE_UNAVAILABLE
        };
        assert_eq!(status, expected);
        assert_eq!(headers[CONTENT_TYPE], "text/html; charset=utf-8");
        assert!(page.contains("<title>Toolgate</title>"), "{page}");
    }
}

#[tokio::test]
async fn every_answer_is_hardened() {
    for path in ["/", "/icon.svg", "/favicon.ico", "/assets/none.js"] {
        let (_, headers, _) = ask(path, None).await;
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().expect("text");
        for part in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "form-action 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[REFERRER_POLICY], "no-referrer");
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin");
        assert_eq!(headers["cross-origin-resource-policy"], "same-origin");
        assert!(headers.contains_key("permissions-policy"));
        assert!(!headers.contains_key("access-control-allow-origin"));
    }
}

#[tokio::test]
async fn the_page_for_a_build_without_ui_obeys_the_policy() {
    assert!(!NOT_BUILT.contains("<script") && !NOT_BUILT.contains("style"));
    assert!(!ICON.contains("<script"), "an icon draws and does nothing");
}

#[tokio::test]
async fn browsers_get_the_icon_they_ask_for() {
    for path in ["/icon.svg", "/favicon.ico"] {
        let (status, headers, icon) = ask(path, None).await;
        assert_eq!(
            (status, &headers[CONTENT_TYPE]),
            (StatusCode::OK, &HeaderValue::from_static("image/svg+xml"))
        );
        assert!(icon.contains("<svg"), "{icon}");
    }
}

#[tokio::test]
async fn nothing_outside_of_the_assets_is_reached() {
    for path in [
        "/assets/none.js",
        "/assets/../index.html",
        "/assets/..%2F..%2FCargo.toml",
        "/assets/%2Fetc%2Fpasswd",
        "/assets/x.html",
    ] {
        let (status, _, body) = ask(path, None).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}: {body}");
    }
}

#[tokio::test]
async fn what_the_browser_has_is_not_sent_again() {
    let tag = format!("\"{}\"", "07".repeat(32));
    let ask = |known: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, known.parse().expect("a value"));
        let sent = Sent {
            bytes: Cow::Borrowed(b"let x;"),
            tag: tag.clone(),
            kind: "text/javascript",
            keep: FOREVER,
        };
        sent.to(&headers)
    };
    for known in [tag.as_str(), "*", &format!("\"a\", W/{tag}")] {
        let answer = ask(known);
        assert_eq!(answer.status(), StatusCode::NOT_MODIFIED, "{known}");
        assert_eq!(answer.headers()[ETAG], tag.as_str());
    }
    let answer = ask("\"another\"");
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[CACHE_CONTROL], FOREVER);
    assert_eq!(answer.headers()[ETAG], tag.as_str());
}

#[test]
fn only_what_a_bundler_puts_out_has_a_type() {
    assert_eq!(kind("a-1.js"), Some("text/javascript; charset=utf-8"));
    for path in ["a.html", "a.map", "js", ".env", "a.js/x"] {
        assert_eq!(kind(path), None, "{path}");
    }
}
