//! The tray's icon, composed from layers: a gate, and at most one badge on it.

use crate::view::{Headline, View};

/// What the icon shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Icon {
    /// The gate is pale, because no call goes through it.
    pub pale: bool,
    /// What is beside it.
    pub badge: Option<Badge>,
}

/// What deserves a look, told by its shape as well as by its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Badge {
    /// An arc: something is on its way up.
    Busy,
    /// A dot: something waits for a person.
    Waiting,
    /// An exclamation mark: something does not work.
    Broken,
}

/// How the icon is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// In colours that are seen on light and on dark panels.
    Colour,
    /// In black of different opacity, for systems that colour it themselves.
    Template,
}

/// Red, green, blue and opacity.
type Rgba = [u8; 4];

/// The gate's colour, by which tests find the icon in a panel.
const GATE: Rgba = [59, 130, 246, 255];
const AMBER: Rgba = [245, 158, 11, 255];
const RED: Rgba = [220, 38, 38, 255];
const WHITE: Rgba = [255, 255, 255, 255];
const BLACK: Rgba = [0, 0, 0, 255];
/// Opacity of a pale gate.
const PALE: u8 = 110;

/// Samples along each side of a pixel.
const SAMPLES: u32 = 4;

impl Icon {
    /// The icon for a view.
    pub fn of(view: &View) -> Self {
        let off = matches!(
            view.headline,
            Headline::Connecting | Headline::Disconnected | Headline::Failed
        );
        let badge = match view {
            view if view.is_broken() => Some(Badge::Broken),
            view if view.is_waiting() => Some(Badge::Waiting),
            view if view.busy => Some(Badge::Busy),
            _ => None,
        };
        Self {
            pale: off || view.paused,
            badge,
        }
    }

    /// `size` × `size` pixels of four bytes (red, green, blue, opacity), row by row.
    pub fn pixels(self, size: u32, ink: Ink) -> Vec<u8> {
        let pixels = (0..size).flat_map(|y| (0..size).map(move |x| (x, y)));
        let pixels = pixels.flat_map(|(x, y)| self.pixel(x, y, size, ink));
        pixels.collect()
    }

    /// The mean of a pixel's samples, each weighted by its opacity.
    fn pixel(self, x: u32, y: u32, size: u32, ink: Ink) -> Rgba {
        let mut sum = [0_u32; 4];
        let at = |pixel: u32, sample: u32| {
            let whole = f64::from(pixel * SAMPLES + sample) + 0.5;
            whole / f64::from(size * SAMPLES)
        };
        for sample in 0..SAMPLES * SAMPLES {
            let (across, down) = (sample % SAMPLES, sample / SAMPLES);
            let colour = self.sample(at(x, across), at(y, down), ink);
            let opacity = u32::from(colour[3]);
            for (sum, part) in sum.iter_mut().zip(&colour[..3]) {
                *sum += u32::from(*part) * opacity;
            }
            sum[3] += opacity;
        }
        let byte = |value: u32| u8::try_from(value).unwrap_or(u8::MAX);
        let mean = |part: u32| byte(part.checked_div(sum[3]).unwrap_or(0));
        let opacity = byte(sum[3] / (SAMPLES * SAMPLES));
        [mean(sum[0]), mean(sum[1]), mean(sum[2]), opacity]
    }

    /// The colour at a point of the unit square, the topmost layer first.
    fn sample(self, x: f64, y: f64, ink: Ink) -> Rgba {
        const NOTHING: Rgba = [0; 4];
        let badge = self.badge.and_then(|badge| badge.sample(x, y, ink));
        if let Some(colour) = badge {
            return colour;
        }
        let mut colour = match ink {
            Ink::Colour => GATE,
            Ink::Template => BLACK,
        };
        if self.pale {
            colour[3] = PALE;
        }
        if is_gate(x, y) { colour } else { NOTHING }
    }
}

impl Badge {
    /// The colour of the badge, with a gap around it; `None` where the gate shows.
    fn sample(self, x: f64, y: f64, ink: Ink) -> Option<Rgba> {
        const GAP: f64 = 0.07;
        let (radius, colour) = match self {
            Self::Busy => (0.24, GATE),
            Self::Waiting => (0.21, AMBER),
            Self::Broken => (0.29, RED),
        };
        // It touches the corner of the square at the right below.
        let (dx, dy) = (x - (1.0 - radius), y - (1.0 - radius));
        let distance = dx.hypot(dy);
        if distance > radius + GAP {
            return None;
        }
        let colour = if ink == Ink::Template { BLACK } else { colour };
        let hole = [0; 4];
        let is_inked = distance <= radius
            && match self {
                Self::Waiting => true,
                // Three quarters of a ring, open at the right above.
                Self::Busy => distance > radius * 0.55 && !(dx > 0.0 && dy < 0.0),
                Self::Broken => {
                    if !is_exclamation(dx / radius, dy / radius) {
                        return Some(colour);
                    }
                    return Some(if ink == Ink::Template { hole } else { WHITE });
                }
            };
        Some(if is_inked { colour } else { hole })
    }
}

/// Two posts and two beams, the upper one bent upwards at its ends.
fn is_gate(x: f64, y: f64) -> bool {
    let from_middle = (x - 0.5).abs();
    let bend = 0.28 * from_middle * from_middle;
    let is_lintel = from_middle <= 0.47 && (0.1..=0.26).contains(&(y + bend));
    let is_beam = from_middle <= 0.4 && (0.43..=0.56).contains(&y);
    let is_post = (0.155..=0.31).contains(&from_middle) && (0.2..=0.94).contains(&y);
    is_lintel || is_beam || is_post
}

/// An exclamation mark in the disc of radius 1.
fn is_exclamation(x: f64, y: f64) -> bool {
    x.abs() <= 0.19 && ((-0.68..=0.18).contains(&y) || (0.4..=0.74).contains(&y))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BADGES: [Option<Badge>; 4] = [
        None,
        Some(Badge::Busy),
        Some(Badge::Waiting),
        Some(Badge::Broken),
    ];

    /// The opacity of each pixel: `.` for none, `#` for full, `+` between.
    fn drawn(icon: Icon, size: u32) -> String {
        let pixels = icon.pixels(size, Ink::Template);
        let rows = pixels.chunks(size as usize * 4).map(|row| {
            let signs = row.chunks(4).map(|pixel| match pixel[3] {
                0..40 => '.',
                216.. => '#',
                _ => '+',
            });
            signs.collect::<String>()
        });
        rows.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn each_badge_has_a_shape_of_its_own() {
        let drawn = BADGES.map(|badge| drawn(Icon { pale: false, badge }, 16));
        insta::assert_snapshot!(drawn.join("\n\n"));
    }

    #[test]
    fn there_are_four_bytes_for_each_pixel_at_every_size() {
        for size in [16, 22, 24, 32, 44, 48] {
            for badge in BADGES {
                let bytes = Icon { pale: true, badge }.pixels(size, Ink::Colour);
                assert_eq!(bytes.len(), (size * size * 4) as usize);
                assert!(bytes.chunks(4).any(|pixel| pixel[3] > 0));
            }
        }
    }

    #[test]
    fn the_gate_has_the_colour_that_tests_look_for() {
        let pixels = Icon::default().pixels(22, Ink::Colour);
        let gate = pixels.chunks(4).filter(|pixel| **pixel == GATE).count();
        assert!(gate > 60, "{gate} pixels of the gate");
    }

    #[test]
    fn pale_differs_from_plain() {
        let pale = Icon {
            pale: true,
            badge: None,
        };
        assert_ne!(
            pale.pixels(16, Ink::Colour),
            Icon::default().pixels(16, Ink::Colour)
        );
    }
}
