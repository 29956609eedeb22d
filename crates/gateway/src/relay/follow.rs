//! What happens to a request until its reply, passed on as it happens.

use std::collections::HashMap;
use std::time::Duration;

use fleet::Exchange;
use futures_util::future::{AbortHandle, Abortable, BoxFuture};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use model::ServerName;
use tokio::time::Instant;
use upstream::{CallError, ServerRequest};
use wire::{Era, ErrorObject, LogLevel, Notification, Raw, RawObject, RequestId, code};

use super::{Happening, Relay};
use crate::naming::Naming;
use crate::requester::Requester;

/// However much a server has to say meanwhile, its reply comes within this time.
const LONGEST: Duration = Duration::from_hours(6);

/// Questions of one request that may wait for the client at once.
const MAX_QUESTIONS: usize = 32;

/// Where a request stands when the relay must decide.
pub(super) enum Followed {
    Reply(Result<Raw, CallError>),
    /// The server asks something that this client cannot be asked in the middle of a call.
    Question(ServerRequest),
}

/// The client's own token for progress.
pub(super) struct Progress(Option<Raw>);

impl Progress {
    /// The token in the parameters of a request.
    pub(super) fn of(params: &RawObject) -> Self {
        let token = params
            .object("_meta")
            .and_then(|mut meta| meta.remove("progressToken"));
        Self(token.filter(|token| token.get() != "null"))
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.0.is_some()
    }
}

impl Relay<'_> {
    /// Follows a request until the reply, or until a question that must wait.
    pub(super) async fn follow(&self, exchange: &mut Exchange, progress: &Progress) -> Followed {
        let mut questions = FuturesUnordered::new();
        let mut open: HashMap<RequestId, AbortHandle> = HashMap::new();
        let owned = || {
            (
                self.who.clone(),
                self.server.clone(),
                self.naming.map(|naming| naming.slug.to_owned()),
            )
        };
        let patience = self.patience();
        let end = Instant::now() + LONGEST;
        let mut due = Instant::now() + patience;
        loop {
            // A person who is asked takes as long as they need.
            let limit = if questions.is_empty() {
                due.min(end)
            } else {
                end
            };
            let happening = tokio::select! {
                happening = exchange.next() => happening,
                Some(answered) = questions.next(), if !questions.is_empty() => {
                    open.remove(&answered);
                    due = Instant::now() + patience;
                    continue;
                }
                () = tokio::time::sleep_until(limit) => {
                    return Followed::Reply(Err(CallError::Timeout(patience)));
                }
            };
            due = Instant::now() + patience;
            match happening {
                Happening::Reply(reply) => return Followed::Reply(reply),
                Happening::Notification(notice) if notice.method == "notifications/cancelled" => {
                    if let Some(question) = withdrawn(&notice).and_then(|id| open.remove(&id)) {
                        question.abort();
                    }
                }
                Happening::Notification(notice) => self.pass(notice, progress).await,
                Happening::Request(question) => {
                    let able = self.who.can_answer(&question.method, &question.params);
                    if !able || questions.len() >= MAX_QUESTIONS {
                        let error = not_offered(&question.method);
                        question.answer(Err(error)).await;
                    } else if self.who.era == Era::Modern {
                        return Followed::Question(question);
                    } else {
                        let (handle, registration) = AbortHandle::new_pair();
                        open.insert(question.id.clone(), handle);
                        let (id, loose) = (question.id.clone(), question.loose);
                        let asking = Abortable::new(ask(owned(), question), registration);
                        let asking: BoxFuture<'_, RequestId> = if loose {
                            // It may be about another call of this client, and then outlives this.
                            let asking = self.inner.tasks.spawn(asking);
                            asking.map(move |_| id).boxed()
                        } else {
                            asking.map(move |_| id).boxed()
                        };
                        questions.push(asking);
                    }
                }
            }
        }
    }

    /// Asks a legacy client.
    pub(super) async fn ask_client(
        &self,
        method: &str,
        params: RawObject,
    ) -> Result<Raw, ErrorObject> {
        ask_client(self.who, self.server, self.naming, (method, params)).await
    }

    async fn pass(&self, mut notice: Notification, progress: &Progress) {
        let mut params = notice
            .params
            .as_deref()
            .and_then(RawObject::parse)
            .unwrap_or_default();
        match notice.method.as_str() {
            "notifications/progress" => match &progress.0 {
                Some(token) => params.set("progressToken", token.clone()),
                None => return,
            },
            "notifications/message" if !self.wants_line(&params) => return,
            _ => {}
        }
        if let Some(naming) = self.naming {
            params = outward(params, |params| {
                naming.outward_notification(&notice.method, params)
            });
        }
        notice.params = (!params.is_empty()).then(|| params.to_raw());
        self.who.back.notify(notice).await;
    }

    /// Whether the client wants to see a line of the log: a modern one from the level on that its
    /// request names, a legacy one from the level on that it has set, or whatever there is.
    fn wants_line(&self, params: &RawObject) -> bool {
        let session = self.who.back.session();
        let wanted = match session {
            Some(session) => session.level(),
            None => self.who.log_level,
        };
        let level: Option<LogLevel> = params
            .get_as::<String>("level")
            .and_then(|level| level.parse().ok());
        match (wanted, level) {
            (Some(wanted), Some(level)) => level >= wanted,
            (None, _) => self.who.era == Era::Legacy,
            (Some(_), None) => true,
        }
    }
}

/// Asks a legacy client on behalf of a server, and takes the answer there.
async fn ask(
    (who, server, slug): (Requester, ServerName, Option<String>),
    question: ServerRequest,
) {
    let naming = slug.as_deref().map(|slug| Naming { slug });
    let params = question.params.clone();
    let asked = ask_client(&who, &server, naming, (&question.method, params));
    let ended = who.back.session().map(|session| session.ended.clone());
    let answer = match ended {
        Some(ended) => tokio::select! {
            answer = asked => answer,
            () = ended.cancelled() => return,
        },
        None => asked.await,
    };
    question.answer(answer).await;
}

async fn ask_client(
    who: &Requester,
    server: &ServerName,
    naming: Option<Naming<'_>>,
    (method, params): (&str, RawObject),
) -> Result<Raw, ErrorObject> {
    if let (Some(session), Some(id)) =
        (who.back.session(), params.get_as::<String>("elicitationId"))
    {
        session.follows.began(server, &id);
    }
    let Some(naming) = naming else {
        return who.back.ask(method, &params).await;
    };
    let params = outward(params, |params| naming.outward_request(method, params));
    let answer = who.back.ask(method, &params).await?;
    Ok(naming.inward_answer(answer))
}

/// Parameters with the server's names as the client sees them.
pub(super) fn outward(params: RawObject, rename: impl FnOnce(Raw) -> Raw) -> RawObject {
    RawObject::parse(&rename(params.to_raw())).unwrap_or(params)
}

/// The server's question that it no longer wants an answer to.
fn withdrawn(notice: &Notification) -> Option<RequestId> {
    let params = RawObject::parse(notice.params.as_deref()?)?;
    RequestId::parse(params.get("requestId")?)
}

fn not_offered(method: &str) -> ErrorObject {
    let message = format!("The client of this call does not offer `{method}`.");
    ErrorObject::new(code::METHOD_NOT_FOUND, message)
}
