//! The inbox without a mouse. Keys are told by where they are (`KeyboardEvent.code`), so that they work on every
//! layout. What somebody writes is theirs: nothing that makes a character is a command in a field.

use super::{address::go_to, composer, screen::Screen};
use crate::{
    desk::conversation::api,
    kit::{Dialog, browser},
    tr,
};
use leptos::{ev, prelude::*};

/// The sheet that shows them; provided as context by the page, so that the frame's button can open it.
#[derive(Clone, Copy)]
pub struct Sheet(pub RwSignal<bool>);

/// What a key asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Command {
    Sheet,
    Next,
    Previous,
    Reply,
    Note,
    Take,
    Close,
    CloseAndNext,
}

/// A key, as the browser reports it.
#[derive(Clone, Default)]
struct Press {
    code: String,
    key: String,
    ctrl: bool,
    alt: bool,
    shift: bool,
    meta: bool,
    alt_graph: bool,
    composing: bool,
    /// The focus is in a field.
    writing: bool,
    mac: bool,
}

impl From<&ev::KeyboardEvent> for Press {
    fn from(e: &ev::KeyboardEvent) -> Press {
        Press {
            code: e.code(),
            key: e.key(),
            ctrl: e.ctrl_key(),
            alt: e.alt_key(),
            shift: e.shift_key(),
            meta: e.meta_key(),
            alt_graph: e.get_modifier_state("AltGraph"),
            composing: browser::is_composing(e),
            writing: browser::is_writing(),
            mac: browser::is_apple(),
        }
    }
}

/// What can make a character is never a command while somebody writes, on any layout: not AltGr, which Windows
/// reports as Ctrl+Alt and Linux as `AltGraph`, and not Option on a Mac, where Control+Option makes none. Elsewhere
/// Alt leaves a letter the letter that it is.
fn command(p: &Press) -> Option<Command> {
    if p.composing || p.meta {
        return None;
    }
    if !p.ctrl && !p.alt {
        let asked = !p.writing && matches!(p.key.as_str(), "?" | "؟");
        return asked.then_some(Command::Sheet);
    }
    let letter = matches!(p.key.as_bytes(), [b] if b.is_ascii_alphabetic());
    let (meant, and_next) = if p.mac {
        (p.ctrl && p.alt, p.shift)
    } else {
        let silent = if p.writing {
            letter && !p.ctrl
        } else {
            letter || !p.ctrl
        };
        (p.alt && !p.alt_graph && !p.shift && silent, p.ctrl)
    };
    if !meant {
        return None;
    }
    match (p.code.as_str(), and_next) {
        ("KeyE", true) => Some(Command::CloseAndNext),
        (_, true) => None,
        ("KeyJ", _) => Some(Command::Next),
        ("KeyK", _) => Some(Command::Previous),
        ("KeyL", _) => Some(Command::Reply),
        ("KeyP", _) => Some(Command::Note),
        ("KeyA", _) => Some(Command::Take),
        ("KeyE", _) => Some(Command::Close),
        _ => None,
    }
}

/// Listen while the inbox is on the screen.
pub fn listen(screen: Screen, sheet: RwSignal<bool>) {
    let go_to = go_to(screen.wanted);
    let go = move |id: Option<_>| {
        if let Some(id) = id {
            go_to(id);
            // Whoever goes through the list is told where they are: by the row, and by its name aloud.
            request_animation_frame(move || {
                browser::focus_on(&[&format!(".row[href*='{id}']"), ".scroll"])
            });
        }
    };
    let handle = window_event_listener(ev::keydown, move |e| {
        let open = screen.wanted.get_untracked().open;
        let Some(command) = command(&Press::from(&e)) else {
            return;
        };
        let steps = matches!(command, Command::Next | Command::Previous);
        if e.default_prevented() || e.repeat() && !steps {
            return;
        }
        match (command, open) {
            (Command::Sheet, _) => sheet.set(true),
            (Command::Next, _) => go(screen.beside(1)),
            (Command::Previous, _) => go(screen.beside(-1)),
            (Command::Reply, Some(_)) => composer::write("reply"),
            (Command::Note, Some(_)) => composer::write("note"),
            (Command::Take, Some(id)) => screen.take(id),
            (Command::Close, Some(id)) => screen.act(api::close(id)),
            (Command::CloseAndNext, Some(id)) => {
                let next = screen.beside(1).or_else(|| screen.beside(-1));
                screen.act(api::close(id));
                go(next);
            }
            (_, None) => return,
        }
        e.prevent_default();
    });
    on_cleanup(move || handle.remove());
}

#[component]
pub fn Keys(open: RwSignal<bool>) -> impl IntoView {
    // What is printed on the key, which the server does not know: it is asked when the sheet is opened.
    let printed = move |key: &'static str| match key {
        // Option alone makes characters there, so the commands are Control+Option.
        "Alt" if open.get() && browser::is_apple() => "⌃⌥",
        "Ctrl" if open.get() && browser::is_apple() => "⇧",
        key => key,
    };
    let line = move |(words, keys): (&'static str, &'static [&'static str])| {
        let key = move |key: &'static str| view! { <kbd>{move || printed(key)}</kbd> };
        view! {
            <div>
                <dt>{words}</dt>
                <dd>{keys.iter().map(|k| key(k)).collect_view()}</dd>
            </div>
        }
    };
    type Lines = Vec<(&'static str, &'static [&'static str])>;
    let group = move |title: &'static str, lines: Lines| {
        view! {
            <section class="keys-group">
                <h3>{title}</h3>
                <dl class="keys">{lines.into_iter().map(line).collect_view()}</dl>
            </section>
        }
    };
    let moving: Lines = vec![
        (tr!(inbox.key_next), &["Alt", "J"]),
        (tr!(inbox.key_previous), &["Alt", "K"]),
        (tr!(inbox.key_sheet), &["?"]),
    ];
    let writing: Lines = vec![
        (tr!(inbox.key_reply), &["Alt", "L"]),
        (tr!(inbox.key_note), &["Alt", "P"]),
        (tr!(inbox.key_send), &["Enter"]),
        (tr!(inbox.key_line), &["Shift", "Enter"]),
    ];
    let doing: Lines = vec![
        (tr!(inbox.key_take), &["Alt", "A"]),
        (tr!(inbox.key_close), &["Alt", "E"]),
        (tr!(inbox.key_close_next), &["Ctrl", "Alt", "E"]),
    ];
    view! {
        <Dialog id="keys" title=tr!(inbox.keyboard) open>
            <div class="dialog-body">
                {group(tr!(inbox.key_moving), moving)} {group(tr!(inbox.key_writing), writing)}
                {group(tr!(inbox.key_doing), doing)} <p class="hint">{tr!(inbox.key_hint)}</p>
            </div>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTERS: [(&str, &str); 6] = [
        ("KeyE", "e"),
        ("KeyA", "a"),
        ("KeyJ", "j"),
        ("KeyK", "k"),
        ("KeyL", "l"),
        ("KeyP", "p"),
    ];

    fn press(code: &str, key: &str) -> Press {
        Press {
            code: code.into(),
            key: key.into(),
            ..Press::default()
        }
    }

    /// Each way in which a browser reports a key that makes `made`.
    fn making(code: &str, made: &str) -> Vec<(&'static str, Press)> {
        let plain = press(code, made);
        let with = |ctrl, alt, alt_graph, mac| Press {
            ctrl,
            alt,
            alt_graph,
            mac,
            ..plain.clone()
        };
        vec![
            ("Windows, AltGr", with(true, true, true, false)),
            (
                "Windows, AltGr without its own name",
                with(true, true, false, false),
            ),
            (
                "Windows, AltGr as Chromium says it",
                with(false, false, true, false),
            ),
            ("Linux, AltGr", with(false, false, true, false)),
            (
                "Linux, AltGr on the left Alt",
                with(false, true, true, false),
            ),
            ("a Mac, Option", with(false, true, false, true)),
            (
                "a Mac, Option as Firefox says it",
                with(false, true, true, true),
            ),
            (
                "a Mac that says it is none",
                with(false, true, false, false),
            ),
            ("no modifier", plain.clone()),
            (
                "AltGr with a letter of its own",
                Press {
                    key: code[3..].into(),
                    ..with(true, true, true, false)
                },
            ),
        ]
    }

    #[test]
    fn nothing_that_makes_a_character_is_a_command_while_somebody_writes() {
        for (code, _) in LETTERS {
            for made in [
                "€",
                "@",
                "ę",
                "å",
                "π",
                "∆",
                "˚",
                "¬",
                "Dead",
                "Process",
                "Unidentified",
                "؟",
                "?",
            ] {
                for (how, press) in making(code, made) {
                    for shift in [false, true] {
                        let press = Press {
                            writing: true,
                            shift,
                            ..press.clone()
                        };
                        assert_eq!(command(&press), None, "{how}: {made:?} at {code}");
                    }
                }
            }
        }
        let composing = Press {
            alt: true,
            composing: true,
            writing: true,
            ..press("KeyE", "e")
        };
        assert_eq!(command(&composing), None);
    }

    #[test]
    fn altgr_closes_nothing_outside_of_fields_either() {
        for (how, press) in making("KeyE", "€") {
            let unknown = how == "a Mac that says it is none";
            assert!(unknown || command(&press).is_none(), "{how}");
        }
    }

    #[test]
    fn a_letter_with_alt_is_a_command_while_writing_and_not() {
        use Command::*;
        let wanted = [Close, Take, Next, Previous, Reply, Note];
        for writing in [false, true] {
            for ((code, key), wanted) in LETTERS.into_iter().zip(wanted) {
                let alt = Press {
                    alt: true,
                    writing,
                    ..press(code, key)
                };
                assert_eq!(command(&alt), Some(wanted));
                let mac = Press {
                    ctrl: true,
                    mac: true,
                    ..alt.clone()
                };
                assert_eq!(command(&mac), Some(wanted), "Control+Option");
                for other in [
                    Press {
                        shift: true,
                        ..alt.clone()
                    },
                    Press {
                        meta: true,
                        ..alt.clone()
                    },
                    Press {
                        mac: true,
                        ..alt.clone()
                    },
                    Press {
                        alt: false,
                        ..alt.clone()
                    },
                    Press {
                        ctrl: true,
                        alt: false,
                        ..alt.clone()
                    },
                ] {
                    assert_eq!(command(&other), None);
                }
            }
            let both = Press {
                ctrl: true,
                alt: true,
                writing,
                ..press("KeyE", "e")
            };
            assert_eq!(command(&both), (!writing).then_some(CloseAndNext));
            let mac = Press {
                shift: true,
                mac: true,
                ..both
            };
            assert_eq!(command(&mac), Some(CloseAndNext));
        }
        let greek = Press {
            alt: true,
            ..press("KeyJ", "ξ")
        };
        assert_eq!(command(&greek), Some(Next), "by where the key is");
    }

    #[test]
    fn a_question_mark_asks_for_the_sheet_unless_it_is_written() {
        let asked = Press {
            shift: true,
            ..press("Minus", "?")
        };
        assert_eq!(
            command(&asked),
            Some(Command::Sheet),
            "wherever the layout has it"
        );
        assert_eq!(
            command(&Press {
                writing: true,
                ..asked
            }),
            None
        );
        assert_eq!(
            command(&Press {
                shift: true,
                ..press("Slash", "_")
            }),
            None
        );
    }
}
