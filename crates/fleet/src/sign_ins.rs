//! How signing in to servers stands, as the snapshot shows it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use model::{ProblemCode, ServerName, ServerStatus, SignInState, SignInStatus};

/// What is known of sign-ins.
#[derive(Default)]
pub(crate) struct SignIns(Mutex<BTreeMap<ServerName, SignInStatus>>);

impl SignIns {
    pub(crate) fn set(&self, server: &ServerName, status: Option<SignInStatus>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match status {
            Some(status) => known.insert(server.clone(), status),
            None => known.remove(server),
        };
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
