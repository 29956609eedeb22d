//! Which addresses may be asked. A registry, and whoever answers in its place, must not lead us
//! to machines that only we can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Name, Resolve, Resolving};
use url::{Host, Url};

/// Variables that name a proxy; whoever sets them decides where requests go.
const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// How far requests may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// To addresses of the public internet, over TLS.
    Public,
    /// To this machine, because the user named it.
    Here,
}

/// Why an address is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Denied {
    #[error("it leads to an address without https://")]
    Scheme,
    #[error("it leads to an address with a user name")]
    UserName,
    #[error("it leads to an address that is not public")]
    NotPublic,
    #[error("it is on this machine and leads to another address")]
    Elsewhere,
}

impl Reach {
    /// How far a registry may be asked that the user named by this address.
    pub(crate) fn of(base: &Url) -> Self {
        if is_here(base) {
            Self::Here
        } else {
            Self::Public
        }
    }

    /// Checks what an address says by itself; what its name stands for is checked when it is
    /// looked up. On this machine only the very program is asked that the user named `first`.
    pub(crate) fn check(self, first: &Url, url: &Url) -> Result<(), Denied> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Denied::UserName);
        }
        if self == Self::Public && url.scheme() != "https" {
            return Err(Denied::Scheme);
        }
        if self == Self::Here && url.origin() != first.origin() {
            return Err(Denied::Elsewhere);
        }
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(Denied::NotPublic),
        };
        if literal.is_none_or(|address| self.admits(address)) {
            Ok(())
        } else {
            Err(Denied::NotPublic)
        }
    }

    fn admits(self, address: IpAddr) -> bool {
        match self {
            Self::Public => is_public(address),
            Self::Here => address.is_loopback(),
        }
    }
}

/// Whether an address names this machine: a loopback address, or `localhost`.
pub(crate) fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether an address belongs to the public internet (RFC 6890 and its registries). Addresses
/// that hold one of IPv4 are judged by that.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || matches!(
            (a, b, c),
            (0 | 240..=255, ..) | (100, 64..=127, _) | (198, 18..=19, _)
        )
        || matches!((a, b, c), (192, 0, 0) | (192, 88, 99));
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let inner = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match parts {
        // Mapped (RFC 4291) and translated by NAT64 (RFC 6052).
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            inner(high, low)
        }
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => inner(high, low),
        // Teredo and its neighbours (RFC 2928), documentation (RFC 3849 and 9637).
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Everything that is given out lies here (RFC 4291, section 2.4).
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

/// Looks names up.
type Lookup = Arc<dyn Fn(String) -> Looked + Send + Sync>;
type Looked = std::pin::Pin<Box<dyn Future<Output = std::io::Result<Vec<SocketAddr>>> + Send>>;

/// Looks names up and hands on the addresses within reach only. Connections go to those very
/// addresses, so another answer a moment later changes nothing.
#[derive(Clone)]
pub(crate) struct Guarded {
    reach: Reach,
    lookup: Lookup,
    /// The hosts of proxies, which the user chose.
    chosen: Arc<[String]>,
}

impl Guarded {
    pub(crate) fn new(reach: Reach) -> Self {
        let lookup: Lookup = Arc::new(|name| {
            Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
        });
        let chosen = PROXIES.iter().filter_map(|name| std::env::var(name).ok());
        let chosen = chosen.filter_map(|text| Some(Url::parse(&text).ok()?.host_str()?.to_owned()));
        Self {
            reach,
            lookup,
            chosen: chosen.collect(),
        }
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        let is_chosen = self
            .chosen
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&name));
        let (reach, looked) = (self.reach, (self.lookup)(name));
        Box::pin(async move {
            let mut found = looked.await?;
            found.retain(|address| is_chosen || reach.admits(address.ip()));
            if found.is_empty() {
                return Err(Denied::NotPublic.into());
            }
            let found: reqwest::dns::Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().expect("an address"))
    }

    #[test]
    fn what_is_not_public_is_known_in_every_form() {
        for text in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            "5f00::1",
        ] {
            assert!(!public(text), "{text}");
        }
        for text in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2002:101:101::1",
        ] {
            assert!(public(text), "{text}");
        }
    }

    #[test]
    fn an_address_is_judged_however_it_is_written() {
        let first = Url::parse("https://registry.example/").expect("a URL");
        let check = |text: &str| Reach::Public.check(&first, &Url::parse(text).expect("a URL"));
        for text in [
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://[::ffff:7f00:1]/",
            "https://169.254.169.254/latest/",
            "https://0/",
            "https://①②⑦.⓪.⓪.①/",
        ] {
            assert_eq!(check(text), Err(Denied::NotPublic), "{text}");
        }
        assert_eq!(check("http://registry.example/"), Err(Denied::Scheme));
        assert_eq!(check("file:///etc/passwd"), Err(Denied::Scheme));
        assert_eq!(check("https://a@registry.example/"), Err(Denied::UserName));
        assert_eq!(check("https://registry.example/"), Ok(()));
        let here = Url::parse("http://127.0.0.1:1/").expect("a URL");
        assert_eq!(Reach::of(&here), Reach::Here);
        let same = here.join("/v0.1?x").expect("a URL");
        assert_eq!(Reach::Here.check(&here, &same), Ok(()));
        for text in [
            "http://127.0.0.1:2/",
            "http://localhost:1/",
            "https://1.1.1.1/",
        ] {
            let other = Url::parse(text).expect("a URL");
            assert_eq!(Reach::Here.check(&here, &other), Err(Denied::Elsewhere));
        }
    }

    /// A resolver whose answers are given to it, one after the other.
    fn answering(reach: Reach, answers: &'static [&'static [&'static str]]) -> Guarded {
        let asked = AtomicUsize::new(0);
        let lookup: Lookup = Arc::new(move |_| {
            let answer = answers[asked.fetch_add(1, Ordering::Relaxed)];
            let parse = |text: &&str| SocketAddr::new(text.parse().expect("an address"), 0);
            let found = answer.iter().map(parse).collect();
            Box::pin(async move { Ok(found) })
        });
        let chosen = Arc::from(["proxy.example".to_owned()]);
        Guarded {
            reach,
            lookup,
            chosen,
        }
    }

    async fn ask(resolver: &Guarded, name: &str) -> Result<Vec<String>, String> {
        let found = resolver.resolve(name.parse().expect("a name")).await;
        let found = found.map_err(|error| error.to_string())?;
        Ok(found.map(|address| address.ip().to_string()).collect())
    }

    #[tokio::test]
    async fn a_name_that_turns_inwards_is_not_followed() {
        let rebinding = answering(
            Reach::Public,
            &[
                &["1.1.1.1"],
                &["127.0.0.1"],
                &["10.0.0.1", "::1"],
                &["1.1.1.1", "192.168.0.1"],
            ],
        );
        assert_eq!(
            ask(&rebinding, "a.example").await,
            Ok(vec!["1.1.1.1".to_owned()])
        );
        for _ in 0..2 {
            let said = ask(&rebinding, "a.example").await.expect_err("refused");
            assert!(said.contains("not public"), "{said}");
        }
        assert_eq!(
            ask(&rebinding, "a.example").await,
            Ok(vec!["1.1.1.1".to_owned()])
        );
        let here = answering(Reach::Here, &[&["127.0.0.1"], &["1.1.1.1"]]);
        assert_eq!(
            ask(&here, "localhost").await,
            Ok(vec!["127.0.0.1".to_owned()])
        );
        assert!(ask(&here, "localhost").await.is_err());
    }

    #[tokio::test]
    async fn a_proxy_may_be_anywhere() {
        let office = answering(Reach::Public, &[&["10.0.0.1"], &["10.0.0.1"]]);
        assert!(ask(&office, "Proxy.example").await.is_ok());
        assert!(ask(&office, "proxy.example.evil.example").await.is_err());
    }
}
