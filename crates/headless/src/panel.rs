//! A real panel with a tray: xfce4-panel, with openbox to manage windows.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::{Process, Session, wait_for};

/// The name on the bus that a tray host registers icons under.
const WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// More colours than an empty desktop and an empty window have, fewer than text alone.
const COLOURS: u32 = 16;

/// The panel's own configuration: one bar at the top edge with a stretch, the tray and a clock.
const CONFIGURATION: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array"><value type="int" value="1"/>
    <property name="dark-mode" type="bool" value="true"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="length" type="uint" value="100"/>
      <property name="length-adjust" type="bool" value="false"/>
      <property name="size" type="uint" value="32"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/><value type="int" value="2"/><value type="int" value="3"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="separator">
      <property name="expand" type="bool" value="true"/>
      <property name="style" type="uint" value="0"/>
    </property>
    <property name="plugin-2" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/>
      <property name="size-max" type="uint" value="24"/>
    </property>
    <property name="plugin-3" type="string" value="clock"/>
  </property>
</channel>
"#;

/// A running panel; it ends when dropped.
pub struct Panel<'a> {
    session: &'a Session,
    _bar: Process,
    _windows: Process,
}

impl<'a> Panel<'a> {
    /// Starts the window manager and the panel, and waits until its tray takes icons.
    pub fn start(session: &'a Session) -> Result<Self> {
        let folder = session
            .folder()
            .join("home/.config/xfce4/xfconf/xfce-perchannel-xml");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("xfce4-panel.xml"), CONFIGURATION)?;
        let windows = start(session, "openbox", &[])?;
        let panel = start(session, "xfce4-panel", &["--disable-wm-check"])?;
        wait_for("the panel's tray", || {
            session.has_owner(WATCHER).then_some(())
        })?;
        Ok(Self {
            session,
            _bar: panel,
            _windows: windows,
        })
    }

    /// Takes a picture of the whole screen.
    pub fn photograph(&self, file: &std::path::Path) -> Result<()> {
        let mut import = self.session.command("import");
        succeed(import.args(["-window", "root"]).arg(file))
    }

    /// Presses a mouse button (1 left, 3 right) at a place on the screen.
    pub fn click(&self, (x, y): (u32, u32), button: u8) -> Result<()> {
        let mut xdotool = self.session.command("xdotool");
        xdotool.args(["mousemove", &x.to_string(), &y.to_string()]);
        succeed(xdotool.args(["click", &button.to_string()]))
    }

    /// Moves the pointer to a place on the screen, for example away from what has a tooltip.
    pub fn point(&self, (x, y): (u32, u32)) -> Result<()> {
        let mut xdotool = self.session.command("xdotool");
        succeed(xdotool.args(["mousemove", &x.to_string(), &y.to_string()]))
    }

    /// Presses a key, named as xdotool names it.
    pub fn key(&self, name: &str) -> Result<()> {
        succeed(self.session.command("xdotool").args(["key", name]))
    }

    /// The middle of what has this colour (`#RRGGBB`) on the panel, looked for until it is there.
    pub fn find(&self, colour: &str) -> Result<(u32, u32)> {
        let picture = self.session.folder().join("panel.png");
        wait_for("an icon in the panel's tray", || {
            self.photograph(&picture).ok()?;
            let pixels = self.pixels(&picture)?;
            middle(&pixels, colour)
        })
    }

    /// Whether a program shows something: a window of one colour counts as none.
    pub fn shows_more_than_a_desktop(&self) -> bool {
        let mut import = self.session.command("import");
        import.args([
            "-window",
            "root",
            "-crop",
            "640x480+320+200",
            "-format",
            "%k",
        ]);
        let output = import.arg("info:-").output();
        let colours = output
            .ok()
            .and_then(|output| String::from_utf8(output.stdout).ok());
        let colours = colours.and_then(|text| text.trim().parse::<u32>().ok());
        colours.is_some_and(|colours| colours > COLOURS)
    }

    /// Every pixel of the panel as a line of `ImageMagick`'s text form.
    fn pixels(&self, picture: &PathBuf) -> Option<String> {
        let mut convert = self.session.command("convert");
        let output = convert
            .arg(picture)
            .args(["-crop", "100%x32+0+0", "+repage", "-depth", "8", "txt:-"])
            .output()
            .ok()?;
        String::from_utf8(output.stdout).ok()
    }
}

fn start(session: &Session, program: &str, arguments: &[&str]) -> Result<Process> {
    let mut command = session.command(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Process::start(&mut command)
}

fn succeed(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .with_context(|| format!("`{name}` could not be started"))?;
    ensure!(status.success(), "`{name}` failed ({status})");
    Ok(())
}

/// The mean place of the lines `x,y: (…)  #RRGGBB  name` that have the colour.
fn middle(pixels: &str, colour: &str) -> Option<(u32, u32)> {
    let places = pixels
        .lines()
        .filter(|line| line.contains(colour))
        .filter_map(|line| {
            let (x, y) = line.split_once(':')?.0.split_once(',')?;
            Some((x.parse::<u64>().ok()?, y.parse::<u64>().ok()?))
        });
    let (x, y, count) = places.fold((0, 0, 0), |sum, (x, y)| (sum.0 + x, sum.1 + y, sum.2 + 1));
    let mean = |sum: u64| u32::try_from(sum.checked_div(count)?).ok();
    Some((mean(x)?, mean(y)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_icon_is_where_its_colour_is() {
        let pixels = "\
# ImageMagick pixel enumeration: 3,1,255,srgb
0,0: (0,0,0)  #000000  black
10,4: (59,130,246)  #3B82F6  srgb(59,130,246)
14,8: (59,130,246)  #3B82F6  srgb(59,130,246)
";
        assert_eq!(middle(pixels, "#3B82F6"), Some((12, 6)));
        assert_eq!(middle(pixels, "#FF0000"), None);
    }

    #[test]
    fn the_panel_has_a_tray() {
        assert!(CONFIGURATION.contains(r#"value="systray""#));
    }
}
