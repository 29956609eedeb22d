//! The way back from the browser: a listener on this machine for one sign-in (RFC 8252
//! section 7.3).

use std::future::IntoFuture;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::page::Page;

/// The page is sent within this time, or not at all.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The path where whoever registers a client by hand expects us.
const FIXED_PATH: &str = "/callback";

/// Which address the browser comes back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Return {
    /// One that was registered before.
    Fixed,
    /// One of this sign-in's own.
    Own,
}

/// A place that nobody waits at yet.
pub(crate) struct Callback {
    listener: TcpListener,
    redirect: Url,
}

/// What the browser brings back.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) code: Option<String>,
    /// RFC 9207.
    pub(crate) issuer: Option<String>,
    /// RFC 6749 section 4.1.2.1, with the description.
    pub(crate) error: Option<String>,
}

/// A browser that has come back and waits for its page.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) answer: Answer,
    page: oneshot::Sender<Page>,
    stop: CancellationToken,
    server: JoinSet<()>,
}

impl Callback {
    /// Takes a free port.
    pub(crate) async fn bind(kind: Return) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let path = match kind {
            Return::Fixed => FIXED_PATH.to_owned(),
            Return::Own => format!("{FIXED_PATH}/{}", random_word()?),
        };
        let redirect = Url::parse(&format!("http://127.0.0.1:{port}{path}"));
        let redirect = redirect.map_err(io::Error::other)?;
        Ok(Self { listener, redirect })
    }

    /// The address to come back to.
    pub(crate) fn redirect(&self) -> &Url {
        &self.redirect
    }

    /// Waits for the browser with the right state; whoever comes without it is sent away.
    pub(crate) async fn wait(self, state: &str) -> io::Result<Visitor> {
        let (arrivals, mut arrived) = mpsc::channel(1);
        let gate = Gate {
            state: state.to_owned(),
            arrivals,
        };
        let app = Router::new()
            .route(self.redirect.path(), get(arrive))
            .fallback(|| async { Page::Stray })
            .with_state(gate);
        let stop = CancellationToken::new();
        let serving = axum::serve(self.listener, app)
            .with_graceful_shutdown(stop.clone().cancelled_owned())
            .into_future();
        let mut server = JoinSet::new();
        server.spawn(async {
            if let Err(error) = serving.await {
                tracing::debug!(%error, "the way back from the browser broke");
            }
        });
        let (answer, page) = tokio::select! {
            Some(arrival) = arrived.recv() => arrival,
            _ = server.join_next() => return Err(io::ErrorKind::BrokenPipe.into()),
        };
        Ok(Visitor {
            answer,
            page,
            stop,
            server,
        })
    }
}

impl Visitor {
    /// Shows the page and closes the place.
    pub(crate) async fn show(mut self, page: Page) {
        let _ = self.page.send(page);
        self.stop.cancel();
        let _ = tokio::time::timeout(LAST_WORDS, self.server.join_next()).await;
    }
}

#[derive(Clone)]
struct Gate {
    state: String,
    arrivals: mpsc::Sender<(Answer, oneshot::Sender<Page>)>,
}

async fn arrive(State(gate): State<Gate>, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    // A browser that only looks ahead (HEAD) must not use up the code.
    let answer = (request.method() == Method::GET)
        .then(|| read(query, &gate.state))
        .flatten();
    let Some(answer) = answer else {
        return Page::Stray.into_response();
    };
    let (page, shown) = oneshot::channel();
    if gate.arrivals.try_send((answer, page)).is_err() {
        return Page::Stray.into_response();
    }
    shown.await.unwrap_or(Page::Stray).into_response()
}

/// Reads the query; `None` without the right state.
fn read(query: &str, expected: &str) -> Option<Answer> {
    let (mut answer, mut description, mut is_ours) = (Answer::default(), None, false);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "state" => is_ours = value == expected,
            "code" => answer.code = Some(value.into_owned()),
            "iss" => answer.issuer = Some(value.into_owned()),
            "error" => answer.error = Some(value.into_owned()),
            "error_description" => description = Some(value.into_owned()),
            _ => {}
        }
    }
    if let (Some(error), Some(description)) = (&mut answer.error, description) {
        *error = format!("{error}: {description}");
    }
    is_ours.then_some(answer)
}

fn random_word() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(model::hex(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fetch(url: &str) -> (u16, String) {
        let response = crate::tests::client().get(url).send().await.expect("sent");
        let status = response.status().as_u16();
        (status, response.text().await.expect("a page"))
    }

    #[tokio::test]
    async fn only_the_right_path_and_state_are_taken() {
        let callback = Callback::bind(Return::Own).await.expect("bound");
        let redirect = callback.redirect().clone();
        assert_eq!(redirect.host_str(), Some("127.0.0.1"));
        assert!(redirect.path().len() > FIXED_PATH.len() + 30);
        let visit = async {
            let elsewhere = redirect.join("/callback?state=s&code=c").expect("a URL");
            assert_eq!(fetch(elsewhere.as_str()).await.0, 400);
            assert_eq!(fetch(&format!("{redirect}?state=x&code=c")).await.0, 400);
            assert_eq!(fetch(&format!("{redirect}?code=c")).await.0, 400);
            let head = format!("{redirect}?state=s&code=c");
            let head = crate::tests::client().head(head).send().await;
            assert_eq!(head.expect("sent").status(), 400);
            fetch(&format!("{redirect}?state=s&code=right&iss=i")).await
        };
        let serve = async {
            let visitor = callback.wait("s").await.expect("somebody came");
            assert_eq!(visitor.answer.code.as_deref(), Some("right"));
            assert_eq!(visitor.answer.issuer.as_deref(), Some("i"));
            let server = "my server".to_owned();
            visitor.show(Page::SignedIn { server }).await;
        };
        let ((status, page), ()) = tokio::join!(visit, serve);
        assert_eq!(status, 200);
        assert!(page.contains("my server"), "{page}");
        let gone = crate::tests::client().get(redirect).send().await;
        assert!(gone.is_err(), "the place is closed");
    }

    #[test]
    fn an_error_is_an_answer_too() {
        let answer = read("error=access_denied&error_description=No+way&state=s", "s");
        let error = answer.expect("ours").error;
        assert_eq!(error.as_deref(), Some("access_denied: No way"));
        assert_eq!(read("error=access_denied", "s"), None);
        assert_eq!(read("state=s&state=x&code=c", "s"), None);
    }
}
