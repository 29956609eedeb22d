//! What happens to a request until its reply, passed on as it happens.

use std::time::Duration;

use fleet::Exchange;
use model::{Problem, ProblemCode, ServerName};
use tokio::time::Instant;
use upstream::{CallError, ServerRequest};
use wire::{Era, LogLevel, Notification, Raw, RawObject};

use super::questions::{Questions, not_offered, outward};
use super::{Happening, Relay};

/// However much a server has to say meanwhile, its reply comes within this time.
const LONGEST: Duration = Duration::from_hours(6);

/// What a server may say before its reply: more is no progress but noise, which would go on for as
/// long as it likes.
const MOST_SAID: usize = 100_000;

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

fn noisy(server: &ServerName) -> Problem {
    Problem::new(
        ProblemCode::NotMcp,
        format!("`{server}` said {MOST_SAID} things instead of an answer."),
        "Look at its log; restart it, or report this to its maker.",
    )
}

impl Relay<'_> {
    /// Follows a request until the reply, or until a question that must wait.
    pub(super) async fn follow(&self, exchange: &mut Exchange, progress: &Progress) -> Followed {
        let mut questions = Questions::new(self);
        let patience = self.patience();
        let end = Instant::now() + LONGEST;
        let mut due = Instant::now() + patience;
        let mut said = 0;
        loop {
            if said > MOST_SAID {
                return Followed::Reply(Err(CallError::Lost(noisy(self.server))));
            }
            // A person who is asked takes as long as they need.
            let limit = if questions.is_empty() { due } else { end };
            let happening = tokio::select! {
                happening = exchange.next() => happening,
                () = questions.settled() => {
                    due = Instant::now() + patience;
                    continue;
                }
                () = tokio::time::sleep_until(limit.min(end)) => {
                    return Followed::Reply(Err(CallError::Timeout(patience)));
                }
            };
            due = Instant::now() + patience;
            said += 1;
            match happening {
                Happening::Reply(reply) => return Followed::Reply(reply),
                Happening::Notification(notice) if notice.method == "notifications/cancelled" => {
                    questions.withdraw(&notice);
                }
                Happening::Notification(notice) => self.pass(notice, progress).await,
                Happening::Request(question) => {
                    let able = self.who.can_answer(&question.method, &question.params);
                    if !able || questions.is_full() {
                        let error = not_offered(&question.method);
                        question.answer(Err(error)).await;
                    } else if self.who.era == Era::Modern {
                        return Followed::Question(question);
                    } else {
                        questions.ask(question);
                    }
                }
            }
        }
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
