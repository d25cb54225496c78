//! The messages of one conversation in their order, for either side: days, runs of one author, what is new,
//! what is on its way, who is writing. It stays at the newest message while the reader is there, and stays
//! where the reader is otherwise.

mod items;
mod pending;
mod scroller;

pub use pending::{Pending, Way};
pub use scroller::{Jump, Scroller};

use super::bubble::{bubble, mine, side};
use crate::{
    kit::{Avatar, Icon, When, effect, time::Shape},
    model::{
        conversation::Side,
        id::ClientId,
        message::{Author, Line},
        thread::Thread,
    },
    tr,
};
use items::{Item, first_unread, items};
use leptos::{ev, prelude::*};
use pending::unsent;

#[component]
pub fn ThreadList<C: Side>(
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
    #[prop(optional_no_strip)]
    first: Option<ViewFn>,
    /// Stands below the last one.
    #[prop(optional_no_strip)]
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
                scroller.stick_to_end();
            }
            _ => scroller.stick_to_end(),
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
        let resized =
            window_event_listener_untyped("resize", move |_: ev::Event| scroller.stick_to_end());
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
