//! Which characters are seen, and the one form of names and addresses. What looks the same should be the same; what
//! nobody sees, and what turns the words around it, can only mislead. Without tables, for the browser's sake.

use super::{
    nfc::{is_mark, nfc},
    steps::step,
};

/// Turns the direction of what stands beside it (Unicode Standard Annex 9).
fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Takes no room and says nothing in any script, or turns what stands beside it. Joiners and variation selectors are
/// not among them: scripts and emoji need those.
pub fn is_hidden(c: char) -> bool {
    turns(c)
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
            && !is_variant(c)
}

/// U+200C and U+200D.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Chooses among the shapes of the character before it.
fn is_variant(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Nothing of this is in an address that anybody would type.
pub fn is_unseen(c: char) -> bool {
    is_hidden(c) || is_joiner(c) || is_variant(c)
}

/// Of a script whose letters join, or an emoji: where U+200C and U+200D mean something.
fn joins(c: char) -> bool {
    matches!(c,
        '\u{600}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{f00}'..='\u{109f}' | '\u{1780}'..='\u{18af}'
        | '\u{1a20}'..='\u{1aaf}' | '\u{1b00}'..='\u{1c4f}' | '\u{2190}'..='\u{2bff}' | '\u{a800}'..='\u{abff}'
        | '\u{fb50}'..='\u{fdff}' | '\u{fe0f}' | '\u{fe70}'..='\u{fefe}' | '\u{10a00}'..='\u{11fff}'
        | '\u{1e900}'..='\u{1e95f}' | '\u{1f000}'..='\u{1faff}')
}

/// Of a flag of a region: U+1F3F4 and letters that are seen nowhere else.
fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007f}')
}

/// The bytes of blank space that a text begins with.
pub fn spaces_of(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// So many marks may stand on one letter (Unicode Technical Standard 39, 5.4).
const MARKS: usize = 4;

/// A name, in its one form: composed, one space between words, and nothing unseen but what its script needs.
pub fn name(typed: &str) -> String {
    let mut seen = String::with_capacity(typed.len());
    let mut marks = 0;
    let mut flag = false;
    let mut rest = typed.chars().peekable();
    let mut last = ' ';
    while let Some(c) = rest.next() {
        step();
        let next = rest.peek().copied().unwrap_or(' ');
        flag = c == '\u{1f3f4}' || (flag && is_tag(c));
        marks = if is_mark(c) && !is_variant(c) {
            marks + 1
        } else {
            0
        };
        let stays = if is_joiner(c) {
            joins(last) && (joins(next) || is_mark(next))
        } else if is_variant(c) {
            !is_variant(last) && !last.is_whitespace()
        } else {
            marks <= MARKS && (flag || !is_hidden(c))
        };
        if c.is_whitespace() {
            if !last.is_whitespace() {
                seen.push(' ');
            }
            last = ' ';
        } else if stays {
            seen.push(c);
            last = c;
        }
    }
    nfc(seen.trim_end())
}

/// An address, composed; `None` if anything in it is unseen.
pub fn address(typed: &str) -> Option<String> {
    let seen = typed.chars().all(|c| {
        step();
        !is_unseen(c)
    });
    seen.then(|| nfc(typed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{limits, steps::assert_linear};

    #[test]
    fn a_name_keeps_what_its_script_needs() {
        for good in [
            "Ada Lovelace",
            "Zoë Müller-Łukasz",
            "Nguyễn Thị Ánh",
            "נועה",
            "עַבְרִית",
            "محمد",
            "می‌خواهم",
            "क्‍ष",
            "ශ්‍රී",
            "葛\u{e0100}城",
            "👩‍👩‍👧‍👦 Smith",
            "❤️",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "O’Brien",
            "Ⅳ",
        ] {
            assert_eq!(name(good), nfc(good), "{good}");
        }
    }

    #[test]
    fn a_name_loses_what_nobody_sees() {
        for (typed, kept) in [
            ("Zoe\u{308}", "Zoë"),
            ("S\u{200b}am", "Sam"),
            ("Sam\u{200d}", "Sam"),
            ("S\u{200d}am", "Sam"),
            ("S\u{200c}\u{200d}am", "Sam"),
            ("Sam\u{ad} Ortiz", "Sam Ortiz"),
            ("\u{202e}maS", "maS"),
            ("\u{2066}Sam\u{2069}\u{200f}", "Sam"),
            ("Sam\u{e0041}\u{e0042}", "Sam"),
            ("Sam\u{3164}", "Sam"),
            ("\u{feff}Sam", "Sam"),
            ("Sam  \u{a0}\u{2003}Ortiz", "Sam Ortiz"),
            ("Sam \u{200b} Ortiz", "Sam Ortiz"),
            (
                "Sa\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}m",
                "Sá\u{302}\u{303}\u{304}m",
            ),
            ("❤\u{fe0f}\u{fe0f}", "❤\u{fe0f}"),
            ("می\u{200c}\u{200c}خواهم", "می\u{200c}خواهم"),
            ("\u{200b}\u{2800}\u{202e}", ""),
        ] {
            assert_eq!(name(typed), kept, "{typed:?}");
            assert_eq!(name(kept), kept, "and is left alone then");
        }
    }

    #[test]
    fn an_address_with_anything_unseen_is_none() {
        assert_eq!(
            address("zoe\u{308}@müller.example"),
            Some("zoë@müller.example".into())
        );
        for bad in [
            "a\u{200b}b",
            "a\u{200d}b",
            "\u{202e}ba",
            "a\u{fe0f}",
            "a\u{e0041}",
            "a\u{2060}",
        ] {
            assert_eq!(address(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn one_form_costs_no_more_than_the_text() {
        assert_linear(limits::NAME, |text| _ = name(text));
        assert_linear(limits::BODY / 4, |text| {
            _ = name(text);
            _ = address(text);
        });
    }
}
