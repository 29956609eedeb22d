//! At most one renewal for each server, however many requests wait for it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{Secret, ServerName};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::SignInError;

type Outcome = Result<Secret, SignInError>;

/// The renewals under way.
#[derive(Clone, Default)]
pub(crate) struct Flights {
    flying: Arc<Mutex<BTreeMap<ServerName, Flight>>>,
    tasks: TaskTracker,
}

struct Flight {
    outcome: watch::Receiver<Option<Outcome>>,
    cancel: CancellationToken,
}

impl Flights {
    /// Waits for the renewal of a server that is under way, or begins one. It goes on when nobody
    /// waits any longer: a person may be at the browser, and the next request will ask for it.
    pub(crate) async fn join<F>(&self, server: &ServerName, begin: impl FnOnce() -> F) -> Outcome
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let mut outcome = {
            let mut flying = self.lock();
            let flight = flying
                .entry(server.clone())
                .or_insert_with(|| self.depart(server.clone(), begin()));
            flight.outcome.clone()
        };
        let landed = outcome.wait_for(Option::is_some).await;
        // A sender that is gone without a word has been stopped with the process.
        let landed = landed.map_or(None, |outcome| outcome.clone());
        landed.unwrap_or(Err(SignInError::Cancelled))
    }

    /// Calls off the renewal of a server; without one it does nothing.
    pub(crate) fn cancel(&self, server: &ServerName) {
        if let Some(flight) = self.lock().get(server) {
            flight.cancel.cancel();
        }
    }

    /// Calls off everything.
    pub(crate) fn cancel_all(&self) {
        for flight in self.lock().values() {
            flight.cancel.cancel();
        }
    }

    fn depart(
        &self,
        server: ServerName,
        renewal: impl Future<Output = Outcome> + Send + 'static,
    ) -> Flight {
        let (sender, outcome) = watch::channel(None);
        let cancel = CancellationToken::new();
        let (flights, cancelled) = (self.clone(), cancel.clone());
        self.tasks.spawn(async move {
            let outcome = tokio::select! {
                outcome = renewal => outcome,
                () = cancelled.cancelled() => Err(SignInError::Cancelled),
            };
            // Whoever comes from here on finds the new token.
            flights.lock().remove(&server);
            sender.send_replace(Some(outcome));
        });
        Flight { outcome, cancel }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ServerName, Flight>> {
        self.flying.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    fn name(name: &str) -> ServerName {
        ServerName::new(name).expect("a name")
    }

    #[tokio::test]
    async fn those_who_come_meanwhile_share_the_outcome() {
        let (flights, begun) = (Flights::default(), Arc::new(AtomicUsize::new(0)));
        let (gate, server) = (Arc::new(Notify::new()), name("s"));
        let fly = || {
            let (begun, gate) = (begun.clone(), gate.clone());
            flights.join(&server, move || async move {
                begun.fetch_add(1, Ordering::SeqCst);
                gate.notified().await;
                Ok(Secret::new("t"))
            })
        };
        let open = async {
            tokio::task::yield_now().await;
            gate.notify_one();
        };
        let (a, b, c, ()) = tokio::join!(fly(), fly(), fly(), open);
        assert!([a, b, c].iter().all(Result::is_ok));
        assert_eq!(begun.load(Ordering::SeqCst), 1);
        let another = name("t");
        let other = flights.join(&another, || async { Err(SignInError::Ended) });
        assert_eq!(other.await, Err(SignInError::Ended));
        gate.notify_one();
        assert!(fly().await.is_ok(), "a later one begins anew");
        assert_eq!(begun.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_renewal_outlives_those_who_wait_and_ends_when_called_off() {
        let (flights, server) = (Flights::default(), name("s"));
        let forever = || std::future::pending::<Outcome>();
        let mut first = Box::pin(flights.join(&server, forever));
        assert!(futures_util::poll!(&mut first).is_pending());
        drop(first);
        let never = || async { Ok(Secret::new("a second one")) };
        let second = flights.join(&server, never);
        let cancel = async { flights.cancel(&server) };
        assert_eq!(tokio::join!(second, cancel).0, Err(SignInError::Cancelled));
        flights.cancel(&server);
        flights.cancel_all();
    }
}
