//! Starting at login.

use auto_launch::AutoLaunchBuilder;

/// Starts the application at login from now on, or no longer.
pub(crate) fn set(enabled: bool) -> anyhow::Result<()> {
    let program = std::env::current_exe()?;
    let mut item = AutoLaunchBuilder::new();
    item.set_app_name("Toolgate")
        .set_app_path(&program.to_string_lossy())
        .set_args(&["--background"]);
    #[cfg(target_os = "macos")]
    item.set_macos_launch_mode(auto_launch::MacOSLaunchMode::LaunchAgent);
    let item = item.build()?;
    // Written again even where there is one, because the program may have moved.
    match (enabled, item.is_enabled()?) {
        (true, _) => item.enable()?,
        (false, true) => item.disable()?,
        (false, false) => {}
    }
    Ok(())
}
