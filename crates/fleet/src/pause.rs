//! A person's stop to all calls.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;
use model::{Pause, now_millis};
use store::{Facts, Found};

use crate::Fleet;
use crate::place::Place;

const MINUTE: u64 = 60 * 1000;

impl Fleet {
    /// Lets no client's call through, for so many minutes or until a person resumes. It holds
    /// across restarts. Calls under way go on.
    pub async fn pause(&self, minutes: Option<u32>) -> Pause {
        let since = now_millis();
        let until = minutes.map(|minutes| since + u64::from(minutes) * MINUTE);
        let pause = Pause { since, until };
        self.set_pause(Some(pause)).await;
        pause
    }

    /// Lets calls through again.
    pub async fn resume(&self) {
        self.set_pause(None).await;
    }

    /// The pause that holds now.
    pub fn paused(&self) -> Option<Pause> {
        self.0.pause.now(now_millis())
    }

    async fn set_pause(&self, pause: Option<Pause>) {
        let fleet = self.clone();
        let set = tokio::task::spawn_blocking(move || {
            fleet.0.pause.set(pause);
            fleet.0.changed.notify_one();
        });
        // It is cancelled only while the process shuts down.
        let _ = set.await;
    }
}

/// Whether calls are let through.
pub(crate) struct PauseSwitch {
    pause: ArcSwapOption<Pause>,
    facts: Option<Facts<Pause>>,
    /// Switching happens one after the other, so that memory and file agree.
    turn: Mutex<()>,
}

impl PauseSwitch {
    /// The switch as it was left. A file that cannot be read was written to stop calls, so it does
    /// until a person resumes.
    pub(crate) fn open(place: &Place) -> Self {
        let (facts, found) = place.facts::<Pause>("pause.json");
        let pause = match found {
            Found::Nothing => None,
            Found::Value(pause) => Some(pause),
            Found::Damaged => {
                let since = now_millis();
                tracing::warn!("whether calls are paused cannot be read, so they are");
                Some(Pause { since, until: None })
            }
        };
        let switch = Self {
            pause: ArcSwapOption::default(),
            facts,
            turn: Mutex::default(),
        };
        if pause.is_some() {
            // Also writes anew what was damaged and moved aside.
            switch.set(pause);
        }
        switch
    }

    /// The pause that holds at this time.
    pub(crate) fn now(&self, now: u64) -> Option<Pause> {
        let pause = self.pause.load();
        let pause = pause.as_deref().copied();
        pause.filter(|pause| pause.until.is_none_or(|until| now < until))
    }

    /// Takes effect at once, also where it cannot be written.
    fn set(&self, pause: Option<Pause>) {
        let _turn = self.turn();
        self.write(pause);
    }

    fn write(&self, pause: Option<Pause>) {
        self.pause.store(pause.map(Arc::new));
        let Some(facts) = &self.facts else { return };
        let written = match &pause {
            Some(pause) => facts.put(pause),
            None => facts.clear(),
        };
        if let Err(error) = written {
            tracing::warn!(%error, "the pause will not outlive the gateway");
        }
    }

    /// Forgets a pause that has ended by itself; blocks for a small write.
    pub(crate) fn tidy(&self, now: u64) {
        let _turn = self.turn();
        if self.pause.load().is_some() && self.now(now).is_none() {
            self.write(None);
        }
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the pause ends by itself.
    pub(crate) fn due(&self) -> Option<u64> {
        self.pause.load().as_deref().and_then(|pause| pause.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(folder: &tempfile::TempDir) -> Place {
        Place {
            state: Some(folder.path().to_owned()),
            ..Place::default()
        }
    }

    #[test]
    fn a_pause_survives_and_ends_at_its_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let switch = PauseSwitch::open(&place(&folder));
        assert_eq!((switch.now(5), switch.due()), (None, None));
        let pause = Pause {
            since: 10,
            until: Some(20),
        };
        switch.set(Some(pause));
        let again = PauseSwitch::open(&place(&folder));
        assert_eq!(again.now(19), Some(pause));
        assert_eq!((again.now(20), again.due()), (None, Some(20)));
        again.tidy(19);
        assert_eq!(again.due(), Some(20));
        again.tidy(20);
        assert_eq!(again.due(), None);
        assert_eq!(PauseSwitch::open(&place(&folder)).now(19), None);
    }

    #[test]
    fn a_pause_without_end_holds_until_it_is_lifted() {
        let folder = tempfile::tempdir().expect("a folder");
        let switch = PauseSwitch::open(&place(&folder));
        let pause = Pause {
            since: 10,
            until: None,
        };
        switch.set(Some(pause));
        assert_eq!((switch.now(u64::MAX), switch.due()), (Some(pause), None));
        switch.set(None);
        assert_eq!(switch.now(11), None);
        assert_eq!(PauseSwitch::open(&place(&folder)).now(11), None);
    }

    #[test]
    fn what_cannot_be_read_stops_calls() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("pause.json"), "{\"since\":").expect("written");
        let switch = PauseSwitch::open(&place(&folder));
        let held = switch.now(u64::MAX).expect("a pause");
        assert_eq!(PauseSwitch::open(&place(&folder)).now(0), Some(held));
    }
}
