//! What stands around every page of the staff: the side with the menu of one's role, the availability switch,
//! sounds, light and dark, and the way out. On a phone it is a bar and the side slides in.

use crate::desk::account::{
    api::{SetAvailability, SignOut},
    view::availability_words,
};
use crate::kit::{
    Avatar, Form, Icon, Posting, To, browser, effect,
    time::{Part, said},
    toast::toast,
};
use crate::live::{Live, Me};
use crate::model::{
    agent::{Agent, Availability, Role},
    conversation::Conversation,
    frame::Frame,
};
use crate::tr;
use chrono::{Duration, Timelike};
use leptos::{html, prelude::*};
use leptos_router::hooks::use_location;

/// What every page of the staff finds, once: who one is, and the stream. Call before anything of the page is made.
/// Nothing comes of the stream before a page says where it stands ([`Live::listen`]): whoever listens is present, and is
/// given conversations, so only a page that would show and ring them may.
pub fn enter(frame: &Frame) {
    Me::provide(frame.me.clone());
    Live::<Conversation>::provide();
}

/// The frame, after [`enter`]. The page's `<main id="main">` are the children. `nav` is what stands first in the side
/// (the inbox's views); without it, the way back to the inbox and the sections of the administration.
#[component]
pub fn Shell(
    frame: Frame,
    #[prop(optional, into)] nav: Option<ViewFn>,
    /// Shows the keyboard's shortcuts, where there are some.
    #[prop(optional, into)]
    keys: Option<Callback<()>>,
    /// The news has stopped coming: nobody knows whether colleagues see one as online.
    #[prop(optional, into)]
    cut: Option<Signal<bool>>,
    children: Children,
) -> impl IntoView {
    let Me(me) = Me::of_page().unwrap_or_else(|| Me::provide(frame.me));
    let workspace = frame.workspace;
    let admin = move || me.read().role == Role::Admin;
    let cut = move || cut.is_some_and(|cut| cut.get());
    let said = move || {
        if cut() {
            tr!(shell.not_connected)
        } else {
            availability_words(me.read().availability)
        }
    };
    let dot = move || {
        if cut() {
            Availability::Offline
        } else {
            me.read().availability
        }
    };
    let spoken = move || {
        tr!(
            shell.open_me,
            name = me.read().name.clone(),
            availability = browser::lower(said())
        )
        .to_string()
    };
    let inbox = nav.is_some();
    view! {
        <div class="shell">
            <a class="skip" href="#main" rel="external">
                {tr!(shell.skip)}
            </a>
            <header class="bar">
                <button class="button" data-kind="quiet" data-icon type="button" popovertarget="side" aria-label=tr!(shell.menu)>
                    <Icon name="menu" />
                </button>
                <Brand workspace=workspace.clone() />
                <button class="button" data-kind="quiet" data-icon type="button" popovertarget="me" aria-label=spoken>
                    {move || me.with(|me| view! { <Avatar name=me.name.clone() id=me.id.0 size="s" availability=dot() /> })}
                </button>
            </header>
            <aside class="side" id="side" popover aria-label=tr!(shell.menu)>
                <div class="side-head">
                    <Brand workspace />
                    <button
                        class="button side-close"
                        data-kind="quiet"
                        data-icon
                        type="button"
                        popovertarget="side"
                        popovertargetaction="hide"
                        aria-label=tr!(shell.close_menu)
                    >
                        <Icon name="x" />
                    </button>
                </div>
                {nav.map(|nav| nav.run())}
                {if inbox {
                    view! {
                        <Show when=admin>
                            <nav class="nav" aria-label=tr!(shell.areas)>
                                <To href="/admin">
                                    <Icon name="settings" />
                                    <span>{tr!(shell.admin)}</span>
                                </To>
                            </nav>
                        </Show>
                    }
                        .into_any()
                } else {
                    view! {
                        <nav class="nav" aria-label=tr!(shell.areas)>
                            <To href="/desk">
                                <Icon name="arrow-left" />
                                <span>{tr!(shell.back)}</span>
                            </To>
                        </nav>
                        <Show when=admin>
                            <Sections />
                        </Show>
                    }
                        .into_any()
                }}
                <div class="side-foot">
                    <Tools keys />
                    <button class="me" type="button" popovertarget="me">
                        {move || me.with(|me| view! { <Avatar name=me.name.clone() id=me.id.0 availability=dot() /> })}
                        <span>
                            <b>{move || me.read().name.clone()}</b>
                            <span class="hint">
                                {move || match me.read().reason.clone() {
                                    Some(reason) => format!("{} · {reason}", said()),
                                    None => said().to_owned(),
                                }}
                            </span>
                        </span>
                        <Icon name="chevrons-up-down" size="s" />
                    </button>
                </div>
            </aside>
            <MyMenu me />
            {children()}
        </div>
    }
}

#[component]
fn Brand(workspace: String) -> impl IntoView {
    view! {
        <To href="/desk" attr:class="brand">
            <span class="brand-mark">
                <Icon name="deskbell" />
            </span>
            <span>{workspace}</span>
        </To>
    }
}

#[component]
fn Sections() -> impl IntoView {
    let path = use_location().pathname;
    let link = move |href: &'static str, icon: &'static str, words: &'static str| {
        let current = move || {
            let path = path.read();
            let inside = path
                .strip_prefix(href)
                .is_some_and(|rest| rest.is_empty() || (href != "/admin" && rest.starts_with('/')));
            inside.then_some("page")
        };
        view! {
            <To href attr:aria-current=current>
                <Icon name=icon />
                <span>{words}</span>
            </To>
        }
    };
    view! {
        <nav class="nav" aria-label=tr!(shell.administration)>
            <h2>{tr!(shell.administration)}</h2>
            {link("/admin", "layout-dashboard", tr!(shell.overview))}
            {link("/admin/agents", "users", tr!(shell.agents))}
            {link("/admin/widgets", "message-circle", tr!(shell.widgets))}
            {link("/admin/settings", "settings", tr!(shell.settings))}
            {link("/admin/audit", "history", tr!(shell.audit))}
        </nav>
    }
}

#[component]
fn Tools(keys: Option<Callback<()>>) -> impl IntoView {
    let muted = RwSignal::new(false);
    effect(move |_| muted.set(browser::muted()));
    let mute = move |_| {
        muted.update(|m| *m = !*m);
        browser::mute(muted.get_untracked());
    };
    view! {
        <div class="side-tools">
            <button
                class="button"
                data-kind="quiet"
                data-icon
                type="button"
                aria-label=tr!(shell.mute)
                title=tr!(shell.mute)
                aria-pressed=move || muted.get().to_string()
                on:click=mute
            >
                <Icon name=Signal::derive(move || if muted.get() { "volume-x" } else { "volume" }) />
            </button>
            <button
                class="button"
                data-kind="quiet"
                data-icon
                type="button"
                aria-label=tr!(shell.theme)
                title=tr!(shell.theme)
                on:click=move |_| browser::switch_theme()
            >
                <Icon name="sun-moon" />
            </button>
            {keys
                .map(|keys| {
                    view! {
                        <button
                            class="button"
                            data-kind="quiet"
                            data-icon
                            data-keys
                            type="button"
                            aria-label=tr!(shell.keys)
                            title=tr!(shell.keys)
                            aria-haspopup="dialog"
                            on:click=move |_| keys.run(())
                        >
                            <Icon name="keyboard" />
                        </button>
                    }
                })}
        </div>
    }
}

#[component]
fn MyMenu(me: RwSignal<Agent>) -> impl IntoView {
    let (change, out) = (Posting::<SetAvailability>::new(), Posting::<SignOut>::new());
    let reason = NodeRef::<html::Input>::new();
    // Whoever goes away is asked until when, and may leave it at that.
    let asks = StoredValue::new(false);
    // Only when it has changed: what is being typed is left alone.
    let now = Memo::new(move |_| me.read().reason.clone().unwrap_or_default());
    effect(move |_| match change.value().get() {
        Some(Ok(now)) => {
            me.set(now);
            if !asks.get_value() {
                browser::hide_popovers();
            }
        }
        Some(Err(e)) => toast(e.sentence()),
        None => {}
    });
    effect(move |_| {
        if let Some(Err(e)) = out.value().get() {
            toast(e.sentence());
        }
    });
    let choice = move |a: Availability| {
        view! {
            <button
                class="menu-item"
                name="availability"
                value=a.word()
                aria-pressed=move || (me.read().availability == a).to_string()
                on:click=move |_| {
                    let new = me.with_untracked(|me| me.availability != a);
                    asks.set_value(new && a == Availability::Away);
                }
            >
                <span class="dot" data-availability=a.word()></span>
                <span>{availability_words(a)}</span>
                <Icon name="check" size="s" class="chosen" />
            </button>
        }
    };
    view! {
        <div class="menu" id="me" popover data-side="up">
            <p class="menu-title">{tr!(shell.i_am)}</p>
            <Form action=change>
                // The Enter key in the reason's field presses the first button: it keeps what is.
                <button
                    hidden
                    type="submit"
                    name="availability"
                    value=move || me.read().availability.word()
                    on:click=move |_| asks.set_value(false)
                ></button>
                {Availability::ALL.iter().map(|a| choice(*a)).collect_view()}
                <div class="menu-field menu-moment" hidden=move || me.read().availability == Availability::Online>
                    <label for="reason">{tr!(shell.reason)}</label>
                    <Until field=reason />
                    <input
                        class="input"
                        id="reason"
                        name="reason"
                        maxlength=crate::model::limits::NAME.to_string()
                        placeholder=tr!(shell.reason_example)
                        node_ref=reason
                        value=now
                        prop:value=now
                    />
                    <button
                        class="button"
                        data-size="s"
                        name="availability"
                        value=move || me.read().availability.word()
                        on:click=move |_| asks.set_value(false)
                    >
                        {tr!(shell.save)}
                    </button>
                </div>
            </Form>
            <hr />
            <To href="/account/sessions" attr:class="menu-item">
                <Icon name="monitor" />
                <span>{tr!(shell.mine)}</span>
            </To>
            <Form action=out>
                <button class="menu-item" type="submit">
                    <Icon name="log-out" />
                    <span>{tr!(shell.sign_out)}</span>
                </button>
            </Form>
        </div>
    }
}

/// "until 13:00" put into the field by one press: quarters of the reader's own clock, so only in the browser.
#[component]
fn Until(field: NodeRef<html::Input>) -> impl IntoView {
    let choices = RwSignal::new(vec![]);
    effect(move |_| {
        let Some(now) = browser::minute() else { return };
        let quarter = |minutes: i64| {
            let then = browser::shift(now.plus(Duration::minutes(minutes + 14)));
            let past = Duration::minutes(i64::from(then.minute() % 15));
            tr!(shell.until, time = said(Part::Clock, then - past))
        };
        let words = [30, 60, 120].map(quarter).to_vec();
        if choices.with_untracked(|now| *now != words) {
            choices.set(words);
        }
    });
    let choice = move |words: String| {
        let put = words.clone();
        let press = move |_| {
            if let Some(field) = field.get_untracked() {
                field.set_value(&put);
            }
        };
        view! {
            <button class="button" data-size="s" type="button" on:click=press>
                {words}
            </button>
        }
    };
    view! { <div class="actions">{move || choices.get().into_iter().map(choice).collect_view()}</div> }
}
