//! macOS and Windows: a tray needs the main thread and its event loop, so the application runs
//! beside it.

mod notices;
mod tray;

use shell::Input;
use tao::event::{Event, StartCause};
use tao::event_loop::{ControlFlow, EventLoopBuilder, EventLoopProxy};
use tao::platform::run_return::EventLoopExtRunReturn as _;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::clipboard as system_clipboard;
use crate::screen::Look;
use crate::session::{self, Ends, Plan};
use tray::Tray;

/// What wakes the event loop.
enum Wake {
    /// Where to say what people choose.
    Inputs(mpsc::Sender<Input>),
    /// The tray looks different.
    Look(Look),
    /// The application has ended.
    Ended,
}

/// There is always a desktop.
#[expect(clippy::unnecessary_wraps, reason = "not so on Linux")]
pub(crate) fn check_session() -> anyhow::Result<()> {
    Ok(())
}

/// The way to the clipboard.
pub(crate) fn clipboard(inputs: mpsc::Sender<Input>) -> Option<mpsc::Sender<String>> {
    system_clipboard::open(inputs)
}

/// Waits until the system wants the application to end.
pub(crate) async fn told_to_end() -> anyhow::Result<()> {
    Ok(tokio::signal::ctrl_c().await?)
}

/// Runs the application, and the event loop until that has ended.
pub(crate) fn run(runtime: &Runtime, plan: Plan) -> anyhow::Result<()> {
    let mut events = EventLoopBuilder::<Wake>::with_user_event().build();
    #[cfg(target_os = "macos")]
    {
        use tao::platform::macos::{ActivationPolicy, EventLoopExtMacOS as _};
        // No icon in the Dock.
        events.set_activation_policy(ActivationPolicy::Accessory);
    }
    let (shown, ended) = (events.create_proxy(), events.create_proxy());
    std::thread::scope(|scope| {
        let application = scope.spawn(move || {
            let result = runtime.block_on(session::run(plan, move |ends| show(ends, shown)));
            // Without a loop there is nothing left to end.
            let _ = ended.send_event(Wake::Ended);
            result
        });
        let mut tray = Tray::default();
        events.run_return(|event, _, flow| {
            *flow = ControlFlow::Wait;
            match event {
                Event::NewEvents(StartCause::Init) => tray.build(),
                Event::UserEvent(Wake::Inputs(inputs)) => tray.listen(inputs),
                Event::UserEvent(Wake::Look(look)) => tray.set(&look),
                Event::UserEvent(Wake::Ended) => *flow = ControlFlow::Exit,
                _ => {}
            }
        });
        application
            .join()
            .unwrap_or_else(|_| Err(anyhow::anyhow!("the application broke")))
    })
}

/// Hands what is to be seen to the event loop, and notices to the system.
async fn show(mut ends: Ends, events: EventLoopProxy<Wake>) {
    let looks = async {
        if events
            .send_event(Wake::Inputs(ends.inputs.clone()))
            .is_err()
        {
            return;
        }
        loop {
            let look = ends.look.borrow_and_update().clone();
            let is_over = events.send_event(Wake::Look(look)).is_err();
            if is_over || ends.look.changed().await.is_err() {
                return;
            }
        }
    };
    tokio::join!(looks, notices::keep(ends.notices, ends.inputs.clone()));
}
