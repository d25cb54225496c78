//! The messages of one conversation in their order, for either side: days, runs of one author, what is new,
//! what is on its way, who is writing. It stays at the newest message while the reader is there, and stays
//! where the reader is otherwise.

use super::bubble::{bubble, by, mine, paper, side};
use crate::{
    kit::{Avatar, Icon, When, browser, effect, time::Shape},
    model::{
        conversation::Case,
        id::{ClientId, MessageId},
        message::{Author, AuthorKind, Line},
        thread::{Thread, continues, new_day},
        time::Time,
    },
    tr,
};
use leptos::{ev, html, prelude::*};

/// A text of one's own that is not in the thread yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    pub client: ClientId,
    pub body: String,
    pub note: bool,
    pub state: Way,
}

/// How far it came.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    Sending,
    /// For the network, or for the one before it.
    Waiting,
    /// Refused: why. The person decides.
    Failed(String),
}

/// Where the reader is in a thread. Made beside it, because the button that jumps stands elsewhere.
#[derive(Clone, Copy)]
pub struct Scroller {
    node: NodeRef<html::Div>,
    at_end: RwSignal<bool>,
    /// Texts of the other side that came while the reader was further up.
    news: RwSignal<usize>,
    /// Distance from the end, kept while older messages are put above.
    anchor: StoredValue<Option<i32>>,
}

/// Within so many pixels of the end, one is at the end.
const NEAR: i32 = 48;

impl Default for Scroller {
    fn default() -> Self {
        Scroller {
            node: NodeRef::new(),
            at_end: RwSignal::new(true),
            news: RwSignal::new(0),
            anchor: StoredValue::new(None),
        }
    }
}

impl Scroller {
    pub fn at_end(self) -> Signal<bool> {
        self.at_end.into()
    }

    /// Before, the newest message is in sight because the box stands on its head (by CSS, without a script) and counts
    /// from its end; from here on it scrolls as any other, at the same place.
    fn wake(self) {
        let Some(node) = self.node.get() else { return };
        if node.has_attribute("data-awake") {
            return;
        }
        let from_end = node.scroll_top().abs();
        _ = node.set_attribute("data-awake", "");
        node.set_scroll_top(node.scroll_height() - node.client_height() - from_end);
    }

    /// To the newest message, after the next drawing.
    pub fn to_end(self) {
        request_animation_frame(move || {
            if let Some(node) = self.node.try_get_untracked().flatten() {
                node.set_scroll_top(node.scroll_height());
                self.at_end.try_set(true);
            }
        });
    }

    /// The same, if the reader was there: after the composer grew, for one.
    pub fn keep(self) {
        if self.at_end.try_get_untracked() == Some(true) {
            self.to_end();
        }
    }

    /// The reader moved, or everything moved under them; `true` near the beginning.
    fn moved(self) -> bool {
        let Some(node) = self.node.get_untracked() else {
            return false;
        };
        let end = node.scroll_height() - node.scroll_top() - node.client_height() < NEAR;
        if end != self.at_end.get_untracked() {
            self.at_end.set(end);
        }
        if end && self.news.get_untracked() > 0 {
            self.news.set(0);
        }
        node.scroll_top() < 160 && !end
    }

    fn hold(self) {
        let from_end = self
            .node
            .get_untracked()
            .map(|n| n.scroll_height() - n.scroll_top());
        self.anchor.set_value(from_end);
    }

    fn release(self) {
        let Some(from_end) = self.anchor.try_update_value(Option::take).flatten() else {
            return;
        };
        request_animation_frame(move || {
            if let Some(node) = self.node.try_get_untracked().flatten() {
                node.set_scroll_top(node.scroll_height() - from_end);
            }
        });
    }
}

/// Back to the newest message; stands in the foot, floats above it.
#[component]
pub fn Jump(scroller: Scroller) -> impl IntoView {
    let words = move || match scroller.news.get() {
        0 => tr!(thread.newest).to_string(),
        1 => tr!(thread.one_new).to_string(),
        n => tr!(thread.many_new, count = n),
    };
    move || {
        (!scroller.at_end.get()).then(|| {
            view! {
                <button class="jump" type="button" on:click=move |_| scroller.to_end()>
                    <Icon name="arrow-down" />
                    {words}
                </button>
            }
        })
    }
}

#[derive(Clone, PartialEq)]
enum Item<L> {
    /// A new day; what is new may begin with it.
    Day(Time, i64, bool),
    New,
    Line {
        line: L,
        joined: bool,
    },
}

#[derive(PartialEq, Eq, Hash)]
enum Key {
    Day(i64, bool),
    New,
    Line(MessageId, i64, bool, String),
}

impl<L: Line> Item<L> {
    fn key(&self) -> Key {
        match self {
            Item::Day(_, seq, new) => Key::Day(*seq, *new),
            Item::New => Key::New,
            Item::Line { line, joined } => {
                // Under another name it is drawn anew.
                let by = line.author().name.clone();
                Key::Line(line.id(), line.seq(), *joined, by)
            }
        }
    }
}

/// The lines with what stands between them; the unread line comes before `unread_from`.
fn items<L: Line>(lines: &[L], unread_from: Option<i64>, zoned: bool) -> Vec<Item<L>> {
    let mut items = Vec::with_capacity(lines.len() + 4);
    let mut before: Option<&L> = None;
    for line in lines {
        let mut joined = before.is_some_and(|b| {
            b.happened().is_none() && line.happened().is_none() && continues(b, line)
        });
        let new = unread_from == Some(line.seq());
        if before.is_none_or(|b| {
            new_day(
                b.created_at(),
                line.created_at(),
                if zoned { east(line.created_at()) } else { 0 },
            )
        }) {
            items.push(Item::Day(line.created_at(), line.seq(), new));
            joined = false;
        } else if new {
            items.push(Item::New);
            joined = false;
        }
        items.push(Item::Line {
            line: line.clone(),
            joined,
        });
        before = Some(line);
    }
    items
}

/// Minutes between UTC and the reader's clock at that moment.
fn east(time: Time) -> i32 {
    i32::try_from((browser::shift(time) - time.0).num_minutes()).unwrap_or(0)
}

/// The seq of the first text that the reader has not read.
fn first_unread<C: Case>(thread: &Thread<C>) -> Option<i64> {
    let unread = usize::try_from(thread.seen.unread_count)
        .ok()
        .filter(|n| *n > 0)?;
    let theirs = thread
        .messages
        .iter()
        .rev()
        .filter(|m| m.is_text() && m.author().kind == C::OTHER_SIDE);
    theirs.take(unread).last().map(Line::seq)
}

#[component]
pub fn ThreadList<C: Case>(
    #[prop(into)] thread: Signal<Option<Thread<C>>>,
    scroller: Scroller,
    #[prop(into)] pending: Signal<Vec<Pending>>,
    on_retry: Callback<ClientId>,
    on_discard: Callback<ClientId>,
    /// Who of the other side (or a colleague) is writing now.
    #[prop(into)]
    typing: Signal<Option<Author>>,
    /// The reader sees what arrives: nothing needs to be marked as new.
    #[prop(into)]
    watching: Signal<bool>,
    /// Older messages are wanted; put them in with [`Thread::prepend`].
    on_earlier: Callback<()>,
    #[prop(into)] loading_earlier: Signal<bool>,
    /// Without the staff's avatars: a widget may leave them out.
    #[prop(optional)]
    faceless: bool,
    /// Stands above the first message.
    #[prop(optional, into)]
    first: Option<ViewFn>,
    /// Stands below the last one.
    #[prop(optional, into)]
    last: Option<ViewFn>,
) -> impl IntoView {
    // Days begin at midnight UTC until the reader's own zone is known.
    let zoned = RwSignal::new(false);
    effect(move |_| zoned.set(true));
    effect(move |_| scroller.wake());
    let unread_from = RwSignal::new(thread.with_untracked(|t| t.as_ref().and_then(first_unread)));
    let read = Memo::new(move |_| {
        thread.with(|t| t.as_ref().map_or(0, |t| t.seen.conversation.read_seq()))
    });
    let newest =
        thread.with_untracked(|t| t.as_ref().and_then(|t| t.messages.last().map(Line::seq)));
    let items = Memo::new(move |_| {
        thread.with(|t| {
            items(
                t.as_ref().map_or(&[][..], |t| &t.messages),
                unread_from.get(),
                zoned.get(),
            )
        })
    });
    let more = Memo::new(move |_| thread.with(|t| t.as_ref().is_some_and(|t| t.more)));
    let waiting = Memo::new(move |_| {
        thread.with(|t| {
            let back = |client| t.as_ref().is_some_and(|t| t.has(client));
            pending
                .get()
                .into_iter()
                .filter(|p| !back(p.client))
                .collect::<Vec<_>>()
        })
    });

    // What came while nobody looked is marked, from the first of it on.
    effect(move |before: Option<i64>| {
        let unread = thread.with(|t| t.as_ref().map_or(0, |t| t.seen.unread_count));
        if before == Some(0) && unread > 0 && !watching.get_untracked() {
            unread_from.set(thread.with_untracked(|t| t.as_ref().and_then(first_unread)));
        }
        unread
    });
    // Where the reader stays when the thread changes.
    effect(move |before: Option<(Option<i64>, Option<i64>)>| {
        let ends = items.with(|items| {
            let seqs = || {
                items.iter().filter_map(|i| {
                    if let Item::Line { line, .. } = i {
                        Some(line.seq())
                    } else {
                        None
                    }
                })
            };
            (seqs().next(), seqs().next_back())
        });
        waiting.track();
        typing.track();
        match before {
            Some((first, _)) if first != ends.0 && first.is_some() => scroller.release(),
            Some((_, last)) if last != ends.1 => {
                let theirs = thread.with_untracked(|t| {
                    let line = t.as_ref().and_then(|t| t.messages.last());
                    line.is_some_and(|l| l.is_text() && l.author().kind == C::OTHER_SIDE)
                });
                if theirs && !scroller.at_end.get_untracked() {
                    scroller.news.update(|n| *n += 1);
                }
                scroller.keep();
            }
            _ => scroller.keep(),
        }
        ends
    });
    // What one writes oneself is shown at once; with an answer nothing is new any more.
    effect(move |before: Option<(usize, usize)>| {
        let now = waiting.with(|all| (all.len(), all.iter().filter(|p| !p.note).count()));
        if before.is_some_and(|b| b.0 < now.0) {
            scroller.to_end();
        }
        if before.is_some_and(|b| b.1 < now.1) {
            unread_from.set(None);
        }
        now
    });
    effect(move |_| {
        let resized = window_event_listener_untyped("resize", move |_: ev::Event| scroller.keep());
        on_cleanup(move || resized.remove());
    });

    let own = mine::<C>();
    let earlier = move || {
        if !loading_earlier.get_untracked() && more.get_untracked() {
            scroller.hold();
            on_earlier.run(());
        }
    };
    let scrolled = move |_| {
        if scroller.moved() {
            earlier();
        }
    };

    view! {
        <div class="scroll" role="log" aria-label=tr!(thread.messages) tabindex="0" node_ref=scroller.node on:scroll=scrolled>
            <ol class="thread" data-mine=own>
                {move || {
                    more.get()
                        .then(|| {
                            view! {
                                <li class="earlier">
                                    <button
                                        class="button"
                                        data-size="s"
                                        type="button"
                                        aria-busy=move || loading_earlier.get().then_some("true")
                                        on:click=move |_| earlier()
                                    >
                                        <Icon name="history" />
                                        {tr!(thread.earlier)}
                                    </button>
                                </li>
                            }
                        })
                }}
                {first.map(|first| move || first.run())}
                <For each=move || items.get() key=Item::key let:item>
                    {match item {
                        Item::Day(at, _, new) => {
                            view! {
                                <li class="day" data-new=new>
                                    <When time=at shape=Shape::Day />
                                    {new.then(|| view! { <span>" · " {tr!(thread.new)}</span> })}
                                </li>
                            }
                                .into_any()
                        }
                        Item::New => {
                            view! {
                                <li class="day" data-new>
                                    <span>{tr!(thread.new)}</span>
                                </li>
                            }
                                .into_any()
                        }
                        Item::Line { line, joined } => {
                            let theirs = line.author().kind == C::OTHER_SIDE;
                            let live = theirs && newest.is_none_or(|newest| line.seq() > newest);
                            bubble::<C>(&line, joined, live, faceless, read)
                        }
                    }}
                </For>
                <For each=move || waiting.get() key=|p| (p.client, p.state.clone()) let:one>
                    {unsent::<C>(one, on_retry, on_discard)}
                </For>
                {last.map(|last| move || last.run())}
                {move || typing.get().map(|who| writing(who, faceless))}
            </ol>
        </div>
    }
}

/// A text of one's own on its way, or stuck.
fn unsent<C: Case>(
    one: Pending,
    on_retry: Callback<ClientId>,
    on_discard: Callback<ClientId>,
) -> AnyView {
    let (own, client) = (mine::<C>(), one.client);
    let author = Author {
        kind: AuthorKind::Contact,
        id: client.0,
        name: String::new(),
    };
    let foot = match &one.state {
        Way::Sending => {
            view! {
                <Icon name="clock" />
                <span>{tr!(thread.sending)}</span>
            }
            .into_any()
        }
        Way::Waiting => {
            view! {
                <Icon name="clock" />
                <span>{tr!(thread.waiting)}</span>
            }
            .into_any()
        }
        Way::Failed(why) => {
            view! {
                <Icon name="circle-alert" />
                <span title=why.clone()>{tr!(thread.not_sent)}</span>
                " · "
                <button class="button" data-kind="link" type="button" on:click=move |_| on_retry.run(client)>
                    {tr!(thread.retry)}
                </button>
                " · "
                <button class="button" data-kind="link" type="button" on:click=move |_| on_discard.run(client)>
                    {tr!(thread.discard)}
                </button>
            }
            .into_any()
        }
    };
    let state = if matches!(one.state, Way::Failed(_)) {
        "failed"
    } else {
        "sending"
    };
    view! {
        <li class="message" data-from=own data-pending=state data-audience=one.note.then_some("team")>
            {(own == "contact").then(|| by(&author, "contact", false))}
            {paper(&one.body)}
            <p class="message-foot">{foot}</p>
        </li>
    }
    .into_any()
}

fn writing(who: Author, faceless: bool) -> AnyView {
    let words = tr!(thread.is_typing, name = who.name);
    view! {
        <li class="message" data-from=side(who.kind) data-typing>
            {(!faceless).then(|| view! { <Avatar name=who.name id=who.id /> })}
            <div class="bubble typing">
                <i></i>
                <i></i>
                <i></i>
                <span class="visually-hidden">{words}</span>
            </div>
        </li>
    }
    .into_any()
}
