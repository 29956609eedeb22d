//! Prepares what Tauri compiles in; does nothing where the desktop is left out.

fn main() {
    #[cfg(feature = "desktop")]
    tauri_build::build();
}
