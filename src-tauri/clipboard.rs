//! The clipboard, on a thread of its own: on Linux whoever copied serves what was copied.

use arboard::Clipboard;
use shell::Input;
use tokio::sync::mpsc;

/// The way to a thread that copies what it is sent; it ends with the sender.
pub(crate) fn open(inputs: mpsc::Sender<Input>) -> Option<mpsc::Sender<String>> {
    let (sender, mut texts) = mpsc::channel::<String>(1);
    let copy_all = move || {
        let mut clipboard = None;
        while let Some(text) = texts.blocking_recv() {
            if let Err(error) = copy(&mut clipboard, &text) {
                clipboard = None;
                let message = format!("{error}: {text}");
                let _ = inputs.blocking_send(Input::Refused(message));
            }
        }
    };
    let thread = std::thread::Builder::new().name("clipboard".to_owned());
    thread.spawn(copy_all).ok().map(|_| sender)
}

fn copy(clipboard: &mut Option<Clipboard>, text: &str) -> Result<(), arboard::Error> {
    let clipboard = match clipboard {
        Some(clipboard) => clipboard,
        none => none.insert(Clipboard::new()?),
    };
    clipboard.set_text(text)
}
