//! A browser without a person: it follows redirects, and pages that ask nothing let it pass.

use anyhow::{Context as _, bail};
use hyper::Request;

use crate::http::Door;

/// How many redirects a sign-in may take.
const HOPS: usize = 10;

/// Follows the address until a page comes that leads nowhere else.
pub(super) async fn follow(url: &str) -> anyhow::Result<()> {
    let mut url = url.to_owned();
    for _ in 0..HOPS {
        let (door, path) = Door::of_url(&url)?;
        let request = Request::get(&path)
            .header("accept", "text/html")
            .body(String::new())?;
        let answer = door.send(request).await?;
        if !(300..400).contains(&answer.status) {
            return Ok(());
        }
        url = target(&url, answer.header("location")).context("a redirect leads nowhere")?;
    }
    bail!("more than {HOPS} redirects, the last one to {url}")
}

/// Where a redirect leads, which may be told relative to the server.
fn target(from: &str, location: &str) -> Option<String> {
    if location.is_empty() {
        return None;
    }
    if !location.starts_with('/') {
        return Some(location.to_owned());
    }
    let host = from.split('/').take(3).collect::<Vec<_>>().join("/");
    Some(format!("{host}{location}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_lead_on() {
        let from = "http://127.0.0.1:1/authorize?x=/y";
        assert_eq!(
            target(from, "/login?a=b").as_deref(),
            Some("http://127.0.0.1:1/login?a=b")
        );
        assert_eq!(
            target(from, "http://localhost:2/cb").as_deref(),
            Some("http://localhost:2/cb")
        );
        assert_eq!(target(from, ""), None);
    }
}
