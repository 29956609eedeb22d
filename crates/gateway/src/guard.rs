//! Who may knock: checks on every request before its body is looked at.
//!
//! A web page that the user visits can send requests to loopback addresses. What it cannot do is
//! forge the `Host` and `Origin` headers, so both are checked (MCP basic/transports: servers MUST
//! validate `Origin`; DNS rebinding needs a foreign `Host`).

use std::net::SocketAddr;

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HOST, ORIGIN};
use http::{HeaderMap, Method, StatusCode, Uri};

/// Which door a request came by, and what that door lets in.
#[derive(Clone, Debug)]
pub enum Doorkeeper {
    /// TCP on a loopback address.
    Loopback(SocketAddr),
    /// The user's own socket, which no web page can reach.
    Socket,
}

/// Why a request is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The status to answer with.
    pub status: StatusCode,
    /// One sentence.
    pub message: &'static str,
}

const BAD_HOST: Rejection = Rejection {
    status: StatusCode::FORBIDDEN,
    message: "this Host is not the gateway's address; use the address that `toolgate status` shows",
};
const BAD_ORIGIN: Rejection = Rejection {
    status: StatusCode::FORBIDDEN,
    message: "requests of web pages are not accepted here",
};
const BAD_TYPE: Rejection = Rejection {
    status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
    message: "send JSON with `Content-Type: application/json`",
};

const BAD_ENCODING: Rejection = Rejection {
    status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
    message: "send JSON as it is, without a Content-Encoding",
};

impl Doorkeeper {
    /// Checks a request for a static page or a part of one.
    ///
    /// A person may follow a link to the page from anywhere: what is shown then is inert, since a
    /// page of another site can neither frame it nor hold a reference to its window. Everything
    /// else that another site can make a browser ask for is turned away, as on every path.
    pub fn check_page(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<(), Rejection> {
        match self {
            Self::Loopback(address) if is_visit(method, headers) => {
                check_host(*address, uri, headers)
            }
            _ => self.check(method, uri, headers),
        }
    }

    /// Checks a request's address and origin.
    pub fn check(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Rejection> {
        if let Self::Loopback(address) = self {
            check_host(*address, uri, headers)?;
            check_origin(*address, headers)?;
        }
        if method == Method::POST {
            check_type(headers)
        } else {
            Ok(())
        }
    }
}

fn check_host(address: SocketAddr, uri: &Uri, headers: &HeaderMap) -> Result<(), Rejection> {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(BAD_HOST);
    };
    let host = host.to_str().map_err(|_| BAD_HOST)?;
    // A request with an absolute target names its authority a second time.
    let same_target = uri
        .authority()
        .is_none_or(|authority| authority.as_str() == host);
    if same_target && is_own_authority(host, address) {
        Ok(())
    } else {
        Err(BAD_HOST)
    }
}

fn check_origin(address: SocketAddr, headers: &HeaderMap) -> Result<(), Rejection> {
    if headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site")
    {
        return Err(BAD_ORIGIN);
    }
    for origin in headers.get_all(ORIGIN) {
        let own = origin
            .to_str()
            .ok()
            .and_then(|origin| origin.strip_prefix("http://"));
        if !own.is_some_and(|authority| is_own_authority(authority, address)) {
            return Err(BAD_ORIGIN);
        }
    }
    Ok(())
}

/// Whether a browser opens this as a page of its own (Fetch Metadata, W3C). `Sec-` headers cannot
/// be set by scripts.
fn is_visit(method: &Method, headers: &HeaderMap) -> bool {
    let says = |name: &str, value: &str| headers.get(name).is_some_and(|given| given == value);
    let reads = method == Method::GET || method == Method::HEAD;
    reads
        && says("sec-fetch-mode", "navigate")
        && says("sec-fetch-dest", "document")
        && !headers.contains_key(ORIGIN)
}

/// Whether `host:port` is one of the ways to write our address.
fn is_own_authority(authority: &str, address: SocketAddr) -> bool {
    let port = address.port();
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|host| {
        authority
            .strip_prefix(host)
            .and_then(|rest| rest.strip_prefix(':'))
            == Some(port.to_string().as_str())
    }) || authority == address.to_string()
}

fn check_type(headers: &HeaderMap) -> Result<(), Rejection> {
    // What is packed may be a thousand times as large as it looks.
    if headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .any(|encoding| encoding != "identity")
    {
        return Err(BAD_ENCODING);
    }
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(BAD_TYPE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[(&'static str, &str)]) -> Result<(), Rejection> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a header value"));
        }
        let keeper = Doorkeeper::Loopback("127.0.0.1:8665".parse().expect("an address"));
        keeper.check(&Method::GET, &Uri::from_static("/mcp"), &map)
    }

    #[test]
    fn our_own_address_is_let_in() {
        for host in ["127.0.0.1:8665", "localhost:8665", "[::1]:8665"] {
            assert_eq!(check(&[("host", host)]), Ok(()), "{host}");
        }
        let own = ("origin", "http://127.0.0.1:8665");
        assert_eq!(check(&[("host", "127.0.0.1:8665"), own]), Ok(()));
    }

    #[test]
    fn other_hosts_are_not() {
        for host in [
            "evil.example:8665",
            "127.0.0.1.evil.example",
            "localhost.evil.example:8665",
            "0.0.0.0:8665",
            "[::ffff:127.0.0.1]:8665",
            "127.0.0.1:8666",
            "127.0.0.1",
            "",
        ] {
            assert_eq!(check(&[("host", host)]), Err(BAD_HOST), "{host}");
        }
        assert_eq!(check(&[]), Err(BAD_HOST));
        let twice = [("host", "127.0.0.1:8665"), ("host", "127.0.0.1:8665")];
        assert_eq!(check(&twice), Err(BAD_HOST));
    }

    #[test]
    fn other_origins_are_not() {
        for origin in [
            "https://evil.example",
            "null",
            "http://localhost:8666",
            "http://127.0.0.1:8665@evil.example",
            "https://127.0.0.1:8665",
            "file://",
        ] {
            let headers = [("host", "127.0.0.1:8665"), ("origin", origin)];
            assert_eq!(check(&headers), Err(BAD_ORIGIN), "{origin}");
        }
        let cross = [("host", "127.0.0.1:8665"), ("sec-fetch-site", "cross-site")];
        assert_eq!(check(&cross), Err(BAD_ORIGIN));
    }

    #[test]
    fn a_person_may_follow_a_link_to_a_page_and_a_page_may_do_no_more() {
        let keeper = Doorkeeper::Loopback("127.0.0.1:8665".parse().expect("an address"));
        let ask = |method: Method, more: &[(&'static str, &'static str)]| {
            let from = [("host", "127.0.0.1:8665"), ("sec-fetch-site", "cross-site")];
            let mut headers = HeaderMap::new();
            for (name, value) in from.iter().chain(more) {
                headers.insert(*name, value.parse().expect("a value"));
            }
            keeper.check_page(&method, &Uri::from_static("/"), &headers)
        };
        let link = [
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        assert_eq!(ask(Method::GET, &link), Ok(()));
        assert_eq!(ask(Method::HEAD, &link), Ok(()));
        let frame = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
        let image = [("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")];
        for other in [&frame[..], &image, &[]] {
            assert_eq!(ask(Method::GET, other), Err(BAD_ORIGIN), "{other:?}");
        }
        assert_eq!(ask(Method::POST, &link), Err(BAD_ORIGIN));
        let renamed = [link[0], link[1], ("host", "evil.example:8665")];
        assert_eq!(ask(Method::GET, &renamed), Err(BAD_HOST));
        let scripted = [link[0], link[1], ("origin", "https://evil.example")];
        assert_eq!(ask(Method::GET, &scripted), Err(BAD_ORIGIN));
    }

    #[test]
    fn what_a_web_form_can_post_is_not_json() {
        let keeper = Doorkeeper::Socket;
        let post = |kind: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.extend(kind.map(|kind| (CONTENT_TYPE, kind.parse().expect("a value"))));
            keeper.check(&Method::POST, &Uri::from_static("/mcp"), &headers)
        };
        assert_eq!(post(Some("application/json; charset=utf-8")), Ok(()));
        for kind in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
        ] {
            assert_eq!(post(kind), Err(BAD_TYPE), "{kind:?}");
        }
    }

    #[test]
    fn what_is_packed_is_not_taken() {
        let check = |encoding: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, "application/json".parse().expect("a value"));
            headers.append(CONTENT_ENCODING, encoding.parse().expect("a value"));
            Doorkeeper::Socket.check(&Method::POST, &Uri::from_static("/mcp"), &headers)
        };
        assert_eq!(check("identity"), Ok(()));
        for encoding in ["gzip", "br", "deflate, gzip", "identity, gzip", ""] {
            assert_eq!(check(encoding), Err(BAD_ENCODING), "{encoding}");
        }
    }

    #[test]
    fn the_socket_needs_no_host() {
        let nothing = HeaderMap::new();
        let target = Uri::from_static("/mcp");
        assert_eq!(
            Doorkeeper::Socket.check(&Method::GET, &target, &nothing),
            Ok(())
        );
    }
}
