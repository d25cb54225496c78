//! Colours of brands, and what can be read on them.

use super::error::Error;
use super::refusal::Refusal;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// `#rrggbb`, lower case.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Color(String);

impl Color {
    /// Of our own, `#rrggbb` in lower case.
    pub(super) fn known(color: &str) -> Color {
        Color(color.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Relative luminance, 0 to 1 (WCAG 2.2, "relative luminance").
    fn luminance(&self) -> f64 {
        let channel = |at: usize| {
            let v = f64::from(u8::from_str_radix(&self.0[at..at + 2], 16).unwrap_or(0)) / 255.0;
            if v <= 0.04045 {
                v / 12.92
            } else {
                ((v + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    /// Contrast with another colour, 1 to 21 (WCAG 2.2, "contrast ratio").
    pub fn contrast(&self, other: &Color) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Black or white, whichever reads better on this colour: one of the two always reaches 4.5.
    pub fn ink(&self) -> Color {
        let (black, white) = (Color("#000000".into()), Color("#ffffff".into()));
        if self.contrast(&white) >= 4.5 || self.contrast(&white) >= self.contrast(&black) {
            white
        } else {
            black
        }
    }
}

impl FromStr for Color {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self, Error> {
        let s = s.trim().to_ascii_lowercase();
        let good =
            s.len() == 7 && s.starts_with('#') && s[1..].bytes().all(|b| b.is_ascii_hexdigit());
        if good {
            Ok(Color(s))
        } else {
            Err(Error::field("color", Refusal::not_a_color()))
        }
    }
}
impl TryFrom<String> for Color {
    type Error = Error;
    fn try_from(s: String) -> Result<Self, Error> {
        s.parse()
    }
}
impl From<Color> for String {
    fn from(c: Color) -> String {
        c.0
    }
}
impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ink_is_readable_on_every_brand_colour() {
        for r in (0..=255).step_by(15) {
            for g in (0..=255).step_by(15) {
                for b in (0..=255).step_by(15) {
                    let c: Color = format!("#{r:02x}{g:02x}{b:02x}").parse().unwrap();
                    assert!(c.contrast(&c.ink()) >= 4.5, "{c} with {}", c.ink());
                }
            }
        }
        assert!(
            "#12345".parse::<Color>().is_err()
                && "red".parse::<Color>().is_err()
                && "#12345g".parse::<Color>().is_err()
        );
        assert!("#é1234".parse::<Color>().is_err());
    }
}
