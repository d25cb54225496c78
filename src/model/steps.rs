//! How much of what people wrote is looked at, counted in tests: twice the text may cost little more than twice the
//! steps. Time would tell it too, but not on every machine and not every day.

use std::cell::Cell;

thread_local! {
    static STEPS: Cell<usize> = const { Cell::new(0) };
}

/// A character was looked at.
pub fn step() {
    steps(1);
}

pub fn steps(n: usize) {
    STEPS.with(|all| all.set(all.get() + n));
}

/// How many steps `work` takes.
pub fn count(work: impl FnOnce()) -> usize {
    let before = STEPS.with(Cell::get);
    work();
    STEPS.with(Cell::get) - before
}

/// Begin, middle (as often as it fits) and end of texts that make bad readers read again and again.
pub const HOSTILE: &[(&str, &str, &str)] = &[
    ("http://a.example/", ")", ""),
    ("http://a.example/", "(", ""),
    ("http://a.example/", "()", ")"),
    ("http://a.example/", "([{", "}])"),
    ("http://a.example/", "…", ""),
    ("http://a.example/", "'", "x"),
    ("", "http://", ""),
    ("", "https://a", ""),
    ("", "http://a ", ""),
    ("", "http://a:", ""),
    ("", "hhttp", "://a"),
    ("http://", "a.", ""),
    ("http://", "@", ""),
    ("http://[", ":", "]"),
    ("https://xn--", "a0", ".example"),
    ("", "`", ""),
    ("", "`a ", ""),
    ("", "` ", ""),
    ("", "``a` ", ""),
    ("", "`a`b", ""),
    ("", "```", ""),
    ("", "```\n", ""),
    ("", "```x\n", ""),
    ("```\n", "a\n", ""),
    ("```\n", " ```\n", "```"),
    ("", "``` \n", "x"),
    ("", "&amp;", ""),
    ("", "<b>", ""),
    ("", "]]>", ""),
    ("", "\"", ""),
    ("", "\r", ""),
    ("", "\r\n", ""),
    ("", "\n", ""),
    ("", "\u{2028}", ""),
    ("", " \u{a0}", ""),
    ("", "\u{1f44d}", ""),
    ("", "\u{1f469}\u{200d}", ""),
    ("", "\u{1f3f4}\u{e0067}", ""),
    ("", "\u{1f1e6}", ""),
    ("a", "\u{301}", ""),
    ("a", "\u{323}\u{301}", ""),
    ("", "\u{1100}\u{1161}\u{11a8}", ""),
    ("", "\u{fdfa}", ""),
    ("", "\u{202e}\u{202c}", ""),
    ("", "a\u{5d0}", ""),
    ("", "\u{200b}", ""),
    ("", "\u{10fffd}", ""),
];

/// One of [`HOSTILE`], of at most so many characters.
pub fn hostile((begin, middle, end): (&str, &str, &str), length: usize) -> String {
    let outer = begin.chars().count() + end.chars().count();
    let often = length.saturating_sub(outer) / middle.chars().count();
    [begin, &middle.repeat(often), end].concat()
}

/// Twice the text costs at most two and a half times the steps, whichever of the hostile ones it is; and it costs
/// some, or nobody counts.
pub fn assert_linear(length: usize, work: impl Fn(&str)) {
    for case in HOSTILE {
        let cost = |length| {
            let text = hostile(*case, length);
            count(|| work(&text))
        };
        let (half, whole) = (cost(length / 2), cost(length));
        assert!(whole > 0, "{case:?} is not looked at");
        assert!(
            whole * 2 <= half * 5,
            "{case:?}: {half} steps for {} characters, {whole} for {length}",
            length / 2
        );
        assert!(whole <= 40 * length, "{case:?}: {whole} steps");
    }
}

#[test]
#[should_panic(expected = "steps for 500 characters")]
fn a_reader_that_begins_again_is_noticed() {
    assert_linear(1_000, |text| {
        for (at, _) in text.char_indices() {
            text[at..].chars().for_each(|_| step());
        }
    });
}
