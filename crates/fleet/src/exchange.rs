//! A request under way at a server, which survives the server's being replaced before it ran.

use std::sync::Arc;

use upstream::{Behalf, CallError, Happening};
use wire::{Era, RawObject, code};

use crate::slot::Slot;

/// A request under way. Dropping it before its reply cancels it at the server.
pub struct Exchange {
    slot: Arc<Slot>,
    inner: upstream::Exchange,
    /// What to send once more if it turns out that it never ran.
    again: Option<Wanted>,
    /// Whether it is to be sent once more.
    lost: bool,
}

/// A request on a client's behalf.
pub(crate) struct Wanted {
    pub(crate) method: String,
    pub(crate) params: RawObject,
    pub(crate) behalf: Behalf,
}

impl Exchange {
    pub(crate) async fn open(slot: Arc<Slot>, wanted: Wanted) -> Result<Self, CallError> {
        let inner = slot.exchange(&wanted).await?;
        Ok(Self {
            slot,
            inner,
            again: Some(wanted),
            lost: false,
        })
    }

    /// Waits for what happens next; must not be called again after a reply. The future may be
    /// dropped and the next one goes on in its place.
    ///
    /// A request that certainly never ran is sent once more; one that may have run never is.
    pub async fn next(&mut self) -> Happening {
        loop {
            if self.lost
                && let Some(wanted) = &self.again
            {
                let opened = self.slot.exchange(wanted).await;
                (self.lost, self.again) = (false, None);
                match opened {
                    Ok(exchange) => self.inner = exchange,
                    Err(error) => return Happening::Reply(Err(error)),
                }
            }
            let happening = self.inner.next().await;
            let Happening::Reply(Err(error)) = &happening else {
                return happening;
            };
            let headers = matches!(error, CallError::Rpc(e) if e.code == code::HEADER_MISMATCH);
            if self.again.is_none() || !(headers || error.never_ran()) {
                return happening;
            }
            self.lost = true;
            if headers {
                // What the headers must repeat has changed since the tools were listed.
                self.slot.list_again().await;
            }
        }
    }

    /// The server waits for an answer that will be long in coming: meanwhile others are served.
    pub fn pause(&mut self) {
        self.inner.pause();
    }

    /// The answer is about to be given: waits until the server can take it.
    pub async fn resume(&mut self) {
        self.inner.resume().await;
    }

    /// The era in which the server was asked.
    pub fn era(&self) -> Era {
        self.inner.era()
    }
}
