//! The web view itself.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use tauri::webview::NewWindowResponse;
use tauri::{
    AppHandle, Manager as _, RunEvent, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    WindowEvent,
};

use crate::geometry::{Geometry, SMALLEST};
use crate::orders::{self, Order};

const LABEL: &str = "main";

/// The address of the gateway, which may come back at another port.
type Address = Arc<Mutex<Url>>;

/// Shows the address until the window is closed, or until the orders end where there are any.
pub(crate) fn run(
    address: &str,
    state_file: Option<PathBuf>,
    has_orders: bool,
) -> anyhow::Result<()> {
    let address: Url = address.parse().context("the address cannot be read")?;
    let geometry = state_file
        .as_deref()
        .map(Geometry::read)
        .unwrap_or_default();
    let app = tauri::Builder::default().build(context())?;
    let address = Arc::new(Mutex::new(address));
    let window = open(app.handle(), &address, geometry)?;
    if has_orders {
        let handle = app.handle().clone();
        std::thread::spawn(move || follow_orders(&handle, &address));
    }
    app.run(move |_, event| {
        if !is_about_to_close(&event) {
            return;
        }
        if let (Some(file), Some(geometry)) = (&state_file, geometry_of(&window)) {
            geometry.write(file);
        }
    });
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "in what the macro writes, for a panic in what it wrote"
)]
fn context() -> tauri::Context {
    tauri::generate_context!()
}

/// The person closes the window, or the tray does.
fn is_about_to_close(event: &RunEvent) -> bool {
    matches!(
        event,
        RunEvent::ExitRequested { .. }
            | RunEvent::WindowEvent {
                event: WindowEvent::CloseRequested { .. },
                ..
            }
    )
}

fn open(app: &AppHandle, gateway: &Address, geometry: Geometry) -> tauri::Result<WebviewWindow> {
    let first = lock(gateway).clone();
    let gateway = Arc::clone(gateway);
    let [width, height] = geometry.size;
    let [least_width, least_height] = SMALLEST;
    let mut window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::External(first))
        .title("Toolgate")
        .inner_size(width, height)
        .min_inner_size(least_width, least_height)
        .devtools(cfg!(debug_assertions))
        .on_navigation(move |target| target.origin() == lock(&gateway).origin())
        .on_new_window(|target, _| {
            browse(&target);
            NewWindowResponse::Deny
        });
    if let Some([left, top]) = geometry.position {
        window = window.position(left, top);
    }
    window.build()
}

/// Shows a page of the web in the browser; other schemes could start programs.
fn browse(target: &Url) {
    if matches!(target.scheme(), "http" | "https") {
        // Without a browser there is nothing to show it in.
        let _ = open::that_detached(target.as_str());
    }
}

/// Follows orders until they end, then closes the window.
fn follow_orders(app: &AppHandle, gateway: &Address) {
    while let Some(order) = orders::next() {
        if let Some(window) = app.get_webview_window(LABEL) {
            // A window that cannot be brought to the front still shows the screen.
            let _ = follow(&window, order, gateway);
            let _ = window.unminimize();
            let _ = window.set_focus();
        }
    }
    app.exit(0);
}

fn follow(window: &WebviewWindow, order: Order, gateway: &Address) -> anyhow::Result<()> {
    let mut known = lock(gateway);
    match order {
        Order::Open(address) => {
            let address: Url = address.parse()?;
            let is_here = address.origin() == known.origin();
            *known = address.clone();
            drop(known);
            window.navigate(address)?;
            // Another fragment alone does not load the page, which looks for the code only then.
            if is_here {
                window.reload()?;
            }
        }
        Order::Go(path) => {
            let mut screen = known.clone();
            drop(known);
            screen.set_fragment(Some(&path));
            window.navigate(screen)?;
        }
    }
    Ok(())
}

/// What a panic elsewhere left behind is still an address.
fn lock(gateway: &Address) -> MutexGuard<'_, Url> {
    gateway.lock().unwrap_or_else(PoisonError::into_inner)
}

fn geometry_of(window: &WebviewWindow) -> Option<Geometry> {
    let scale = window.scale_factor().ok()?;
    let size = window.inner_size().ok()?.to_logical::<f64>(scale);
    let position = window.outer_position().ok();
    let position = position.map(|position| position.to_logical::<f64>(scale));
    Some(Geometry {
        size: [size.width, size.height],
        position: position.map(|position| [position.x, position.y]),
    })
}
