//! One request to a registry, with everything about it bounded.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, header};
use url::Url;

use crate::RegistryError;
use crate::reach::{Denied, Guarded, Reach};

/// A registry that takes longer is not waited for, redirects included.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer that is read, in bytes.
pub(crate) const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Redirects that are followed.
const MOST_REDIRECTS: usize = 3;

/// Connections, made when first needed; those to this machine are apart.
#[derive(Debug, Default)]
pub(crate) struct Fetcher {
    public: OnceLock<Client>,
    here: OnceLock<Client>,
}

impl Fetcher {
    /// The body of an answer with status 200.
    pub(crate) async fn fetch(&self, url: Url) -> Result<Vec<u8>, RegistryError> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let whole = tokio::time::timeout(PATIENCE, self.follow(url, &host)).await;
        whole.map_err(|_| RegistryError::Unreachable {
            host: host.clone(),
            reason: "it did not answer within 10 seconds".to_owned(),
        })?
    }

    /// Follows redirects, each of which has to pass what the first address had to.
    async fn follow(&self, mut url: Url, host: &str) -> Result<Vec<u8>, RegistryError> {
        let (reach, first) = (Reach::of(&url), url.clone());
        for _ in 0..=MOST_REDIRECTS {
            let checked = reach.check(&first, &url);
            checked.map_err(|denied| refused(host, denied))?;
            let client = self.client(reach);
            let client = client.map_err(|error| unreachable(host, &error))?;
            let request = client
                .get(url.clone())
                .header(header::ACCEPT, "application/json");
            let sent = request.send().await;
            let response = sent.map_err(|error| unreachable(host, &error))?;
            match moved(&response, &url) {
                Some(next) => url = next,
                None => return read(response, host).await,
            }
        }
        Err(RegistryError::Denied {
            host: host.to_owned(),
            reason: "it redirects more than three times".to_owned(),
        })
    }

    fn client(&self, reach: Reach) -> Result<&Client, reqwest::Error> {
        let place = match reach {
            Reach::Public => &self.public,
            Reach::Here => &self.here,
        };
        if let Some(client) = place.get() {
            return Ok(client);
        }
        // Fails only if a provider is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .user_agent(concat!("toolgate/", env!("CARGO_PKG_VERSION")))
            .timeout(PATIENCE)
            .redirect(Policy::none())
            .dns_resolver(Guarded::new(reach));
        let builder = match reach {
            Reach::Public => builder,
            Reach::Here => builder.no_proxy(),
        };
        let client = builder.build()?;
        Ok(place.get_or_init(|| client))
    }
}

/// Where a redirect leads.
fn moved(response: &Response, from: &Url) -> Option<Url> {
    let is_redirect = matches!(
        response.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let to = response.headers().get(header::LOCATION)?.to_str().ok()?;
    from.join(to).ok().filter(|_| is_redirect)
}

async fn read(mut response: Response, host: &str) -> Result<Vec<u8>, RegistryError> {
    let host = host.to_owned();
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => return Err(RegistryError::NotListed { host }),
        other => {
            let status = other.as_u16();
            return Err(RegistryError::Refused { host, status });
        }
    }
    let mut body = Vec::new();
    loop {
        let part = response.chunk().await;
        let Some(part) = part.map_err(|error| unreachable(&host, &error))? else {
            return Ok(body);
        };
        body.extend_from_slice(&part);
        if body.len() > MOST_BYTES {
            let reason = "it is larger than 4 MiB".to_owned();
            return Err(RegistryError::Answer { host, reason });
        }
    }
}

fn refused(host: &str, denied: Denied) -> RegistryError {
    RegistryError::Denied {
        host: host.to_owned(),
        reason: denied.to_string(),
    }
}

fn unreachable(host: &str, error: &reqwest::Error) -> RegistryError {
    let mut cause: &dyn std::error::Error = error;
    loop {
        if let Some(denied) = cause.downcast_ref::<Denied>() {
            return refused(host, *denied);
        }
        match cause.source() {
            Some(inner) => cause = inner,
            None => break,
        }
    }
    // The innermost cause says most; the outer ones repeat the address.
    let reason = if error.is_timeout() {
        "it did not answer within 10 seconds".to_owned()
    } else {
        cause.to_string()
    };
    RegistryError::Unreachable {
        host: host.to_owned(),
        reason,
    }
}
