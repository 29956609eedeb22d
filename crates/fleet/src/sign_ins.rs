//! How signing in to servers stands, as the snapshot shows it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use model::{ProblemCode, ServerName, ServerStatus, SignInState, SignInStatus};

/// What is known of sign-ins.
#[derive(Default)]
pub(crate) struct SignIns(Mutex<BTreeMap<ServerName, SignInStatus>>);

impl SignIns {
    /// Takes note of how one stands, and returns what to record of the change.
    pub(crate) fn set(&self, server: &ServerName, status: Option<SignInStatus>) -> Option<String> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = status.as_ref().map_or(Some("ended".to_owned()), in_words);
        let before = match status {
            Some(status) => known.insert(server.clone(), status),
            None => Some(known.remove(server)?),
        };
        text.filter(|text| before.as_ref().and_then(in_words).as_ref() != Some(text))
    }

    /// Puts them where they are shown.
    pub(crate) fn show(&self, servers: &mut [ServerStatus]) {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for server in servers {
            let said = known.get(server.name.as_str()).cloned();
            server.sign_in = as_seen(server, said);
        }
    }
}

/// What a state is recorded as; nothing while it is not decided.
fn in_words(status: &SignInStatus) -> Option<String> {
    match (status.state, &status.problem) {
        (SignInState::SignedIn, _) => Some("signed in".to_owned()),
        (SignInState::Failed, Some(problem)) => Some(format!("failed: {}", problem.message)),
        (SignInState::Failed, None) => Some("failed".to_owned()),
        (SignInState::Needed | SignInState::Waiting, _) => None,
    }
}

/// A server that wants a sign-in has the last word over one that went well before.
fn as_seen(server: &ServerStatus, said: Option<SignInStatus>) -> Option<SignInStatus> {
    let problem = server.state.problem();
    let is_wanted = problem.is_some_and(|problem| problem.code == ProblemCode::SignInRequired);
    let is_over =
        |said: &SignInStatus| said.state == SignInState::SignedIn && said.since <= server.since;
    if !is_wanted || said.as_ref().is_some_and(|said| !is_over(said)) {
        return said;
    }
    Some(SignInStatus {
        state: SignInState::Needed,
        since: server.since,
        scopes: Vec::new(),
        expires_at: None,
        problem: None,
    })
}

#[cfg(test)]
mod tests {
    use model::{Problem, ServerState};

    use super::*;

    fn server(wants: bool) -> ServerStatus {
        let problem = Problem::new(ProblemCode::SignInRequired, "It wants one.", "Sign in.");
        let state = if wants {
            ServerState::NeedsPerson { problem }
        } else {
            ServerState::Ready
        };
        ServerStatus {
            name: "s".to_owned(),
            slug: "s".to_owned(),
            state,
            since: 100,
            transport: "http".to_owned(),
            target: "x".to_owned(),
            pid: None,
            starts: 1,
            protocol: None,
            server_info: None,
            tools: 0,
            rejected_tools: Vec::new(),
            calls: 0,
            last_call: None,
            sign_in: None,
            trust: model::TrustStatus::default(),
            sandbox: None,
        }
    }

    fn shown(wants: bool, said: Option<(SignInState, u64)>) -> Option<SignInState> {
        let sign_ins = SignIns::default();
        let name = ServerName::new("s").expect("a name");
        let status = said.map(|(state, since)| SignInStatus {
            state,
            since,
            scopes: Vec::new(),
            expires_at: None,
            problem: None,
        });
        sign_ins.set(&name, status);
        let mut servers = [server(wants)];
        sign_ins.show(&mut servers);
        servers[0].sign_in.as_ref().map(|status| status.state)
    }

    #[test]
    fn what_came_of_a_sign_in_is_recorded_once() {
        let sign_ins = SignIns::default();
        let name = ServerName::new("s").expect("a name");
        let set = |state: Option<SignInState>| {
            let status = state.map(|state| SignInStatus {
                state,
                since: 1,
                scopes: Vec::new(),
                expires_at: None,
                problem: None,
            });
            sign_ins.set(&name, status)
        };
        assert_eq!(set(None), None, "there was none");
        assert_eq!(set(Some(SignInState::Waiting)), None);
        let signed_in = set(Some(SignInState::SignedIn));
        assert_eq!(signed_in.as_deref(), Some("signed in"));
        assert_eq!(set(Some(SignInState::SignedIn)), None);
        assert_eq!(set(None).as_deref(), Some("ended"));
    }

    #[test]
    fn what_the_server_wants_and_what_was_done_about_it_are_shown() {
        use SignInState::{Failed, Needed, SignedIn, Waiting};
        assert_eq!(shown(false, None), None);
        assert_eq!(shown(true, None), Some(Needed));
        assert_eq!(shown(true, Some((Waiting, 1))), Some(Waiting));
        assert_eq!(shown(true, Some((Failed, 1))), Some(Failed));
        assert_eq!(shown(false, Some((SignedIn, 1))), Some(SignedIn));
        assert_eq!(
            shown(true, Some((SignedIn, 1))),
            Some(Needed),
            "it has ended"
        );
        assert_eq!(
            shown(true, Some((SignedIn, 200))),
            Some(SignedIn),
            "not tried yet"
        );
    }
}
