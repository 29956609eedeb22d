//! Being told to stop.

use tokio_util::sync::CancellationToken;

use crate::StartError;

/// Who tells the gateway to stop.
pub(crate) enum Orders {
    /// The system or a terminal.
    Signals(Signals),
    /// The program that the gateway is part of.
    Host(CancellationToken),
}

impl Orders {
    /// Listens from now on: to the host if there is one, else to signals.
    pub(crate) fn listen(host: Option<CancellationToken>) -> Result<Self, StartError> {
        match host {
            Some(host) => Ok(Self::Host(host)),
            None => Signals::listen().map(Self::Signals),
        }
    }

    /// Waits for the next order to stop. A host gives one only; if it does not want to wait, it
    /// drops the gateway.
    pub(crate) async fn next(&mut self) {
        match self {
            Self::Signals(signals) => signals.next().await,
            Self::Host(host) => {
                host.cancelled().await;
                *self = Self::Host(CancellationToken::new());
            }
        }
    }
}

/// The signals that mean "stop".
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on, so that no signal ends the process before its servers have ended.
    pub(crate) fn listen() -> Result<Self, StartError> {
        use tokio::signal::unix::{SignalKind, signal};
        let of_kind = |kind| {
            signal(kind).map_err(|error| StartError::Io {
                what: "signals".to_owned(),
                error,
            })
        };
        Ok(Self {
            interrupt: of_kind(SignalKind::interrupt())?,
            terminate: of_kind(SignalKind::terminate())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Listens when waited for.
    pub(crate) fn listen() -> Result<Self, StartError> {
        Ok(Self {})
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
