//! Whether a text is a few emoji and nothing else.

use crate::model::{letters::spaces_of, steps::step};

/// One to three emoji and nothing else: they are shown larger. Flags, keycaps, skins and joined ones are one each.
pub fn is_emoji(text: &str) -> bool {
    // Three of the longest (a flag of a region, a family) are shorter; longer texts need not be read.
    if text.is_empty() || text.len() > 128 {
        return false;
    }
    let mut rest = text;
    for _ in 0..3 {
        let Some(after) = emoji(rest) else {
            return false;
        };
        rest = &after[spaces_of(after)..];
        if rest.is_empty() {
            return true;
        }
    }
    false
}

/// The text after the emoji that it begins with.
fn emoji(text: &str) -> Option<&str> {
    const PICTURE: char = '\u{fe0f}';
    let mut rest = text.chars();
    let first = rest.next()?;
    if matches!(first, '0'..='9' | '#' | '*') {
        return rest.as_str().strip_prefix("\u{fe0f}\u{20e3}");
    }
    let is_letter = |c: char| matches!(c, '\u{1f1e6}'..='\u{1f1ff}');
    if is_letter(first) {
        return rest.next().is_some_and(is_letter).then_some(rest.as_str());
    }
    let mut first = first;
    loop {
        step();
        let mut after = rest.as_str();
        let shown = match after.strip_prefix(PICTURE) {
            Some(more) => {
                after = more;
                matches!(first, '\u{a9}' | '\u{ae}' | '\u{203c}'..='\u{3299}') || is_picture(first)
            }
            None => is_picture(first),
        };
        if !shown {
            return None;
        }
        // A skin, or the letters of a region's flag.
        after = after.trim_start_matches(
            |c| matches!(c, '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}'),
        );
        let Some(joined) = after.strip_prefix('\u{200d}') else {
            return Some(after);
        };
        rest = joined.chars();
        // Between the parts of a joined one the sign that asks for the picture may be missing.
        first = match rest.next()? {
            '\u{2600}'..='\u{27bf}' | '\u{2b1b}' => '\u{1f600}',
            c => c,
        };
    }
}

/// Shown as a picture unless asked otherwise (Unicode's `Emoji_Presentation`, by blocks).
fn is_picture(c: char) -> bool {
    matches!(c,
        '\u{1f300}'..='\u{1f64f}' | '\u{1f680}'..='\u{1f6ff}' | '\u{1f7e0}'..='\u{1f7f0}'
        | '\u{1f900}'..='\u{1f9ff}' | '\u{1fa70}'..='\u{1faff}' | '\u{1f004}' | '\u{1f0cf}'
        | '\u{1f18e}' | '\u{1f191}'..='\u{1f19a}' | '\u{231a}' | '\u{231b}' | '\u{23e9}'..='\u{23ec}'
        | '\u{23f0}' | '\u{23f3}' | '\u{25fd}' | '\u{25fe}' | '\u{2614}' | '\u{2615}'
        | '\u{2648}'..='\u{2653}' | '\u{267f}' | '\u{2693}' | '\u{26a1}' | '\u{26aa}' | '\u{26ab}'
        | '\u{26bd}' | '\u{26be}' | '\u{26c4}' | '\u{26c5}' | '\u{26ce}' | '\u{26d4}' | '\u{26ea}'
        | '\u{26f2}' | '\u{26f3}' | '\u{26f5}' | '\u{26fa}' | '\u{26fd}' | '\u{2705}' | '\u{270a}'
        | '\u{270b}' | '\u{2728}' | '\u{274c}' | '\u{274e}' | '\u{2753}'..='\u{2755}' | '\u{2757}'
        | '\u{2795}'..='\u{2797}' | '\u{27b0}' | '\u{27bf}' | '\u{2b1b}' | '\u{2b1c}' | '\u{2b50}'
        | '\u{2b55}')
}
