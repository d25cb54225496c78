//! The two menus of a conversation: whose it becomes, and until when it sleeps.

use super::{screen::Screen, words::shown};
use crate::{
    desk::conversation::api::{self, Assign},
    kit::{Avatar, Icon, browser, form},
    model::{
        agent::{Agent, Availability},
        conversation::Conversation,
        id::{AgentId, ConversationId},
        time::{Time, now},
    },
    tr,
};
use chrono::{Datelike, Duration, TimeZone, Timelike, Utc};
use leptos::{ev::SubmitEvent, html, prelude::*, server_fn::ServerFn};

#[component]
pub fn AssignMenu(screen: Screen, conversation: Conversation, mine: bool) -> impl IntoView {
    let id = conversation.id;
    let holder = conversation.assignee.as_ref().map(|a| a.id);
    let me = screen.me.with_untracked(|me| me.id);
    let give = move |agent: Option<AgentId>| {
        browser::hide_popovers();
        screen.act(api::assign(id, agent));
    };
    let item = move |agent: Agent| {
        let (to, chosen, dot) = (agent.id, holder == Some(agent.id), shown(&agent));
        let words = if to == me {
            tr!(inbox.yourself, name = agent.name)
        } else {
            agent.name.clone()
        };
        let state = match (dot, agent.reason.clone()) {
            (_, Some(reason)) if !reason.is_empty() => reason,
            (Availability::Online, _) => tr!(inbox.online).to_owned(),
            (Availability::Away, _) => tr!(inbox.away).to_owned(),
            (Availability::Offline, _) => tr!(inbox.offline).to_owned(),
        };
        view! {
            <button
                class="menu-item"
                name="agent"
                value=to.to_string()
                aria-pressed=chosen.to_string()
                on:click=move |e| {
                    e.prevent_default();
                    give(Some(to));
                }
            >
                <Avatar name=agent.name.clone() id=agent.id size="s" availability=dot />
                <span>
                    {words} <span class="hint">{state}</span>
                </span>
                {chosen.then(|| view! { <Icon name="check" size="s" class="chosen" /> })}
            </button>
        }
    };
    view! {
        <form class="menu" id="assign" popover data-align="end" method="post" action=form::address(Assign::url())>
            <p class="menu-title">{tr!(inbox.assign_to)}</p>
            <input type="hidden" name="conversation" value=id.to_string() />
            {move || {
                let mut all = screen.colleagues.get();
                all.sort_by_key(|a| (a.id != me, shown(a), browser::lower(&a.name)));
                all.into_iter().map(item).collect_view()
            }}
            {holder
                .is_some()
                .then(|| {
                    view! {
                        <hr />
                        <button
                            class="menu-item"
                            on:click=move |e| {
                                e.prevent_default();
                                give(None);
                            }
                        >
                            <Icon name="x" />
                            <span>{if mine { tr!(inbox.back_to_queue) } else { tr!(inbox.nobody) }}</span>
                        </button>
                    }
                })}
        </form>
    }
}

/// Moments that people choose, in the reader's own day.
fn moments() -> Vec<(&'static str, Time)> {
    let now = now();
    let here = browser::shift(now);
    let zone = here - now.0;
    let morning = |days: i64| {
        let day = here.date_naive() + Duration::days(days);
        let at = Utc
            .with_ymd_and_hms(day.year(), day.month(), day.day(), 9, 0, 0)
            .single()
            .unwrap_or(here);
        Time(at - zone)
    };
    let to_monday = 7 - i64::from(here.weekday().num_days_from_monday());
    vec![
        (tr!(inbox.an_hour), now.plus(Duration::hours(1))),
        (tr!(inbox.four_hours), now.plus(Duration::hours(4))),
        (tr!(inbox.tomorrow), morning(1)),
        (tr!(inbox.monday), morning(to_monday)),
    ]
}

#[component]
pub fn SnoozeMenu(screen: Screen, id: ConversationId) -> impl IntoView {
    let choose = move |which: usize| {
        browser::hide_popovers();
        if let Some((_, until)) = moments().get(which) {
            screen.act(api::snooze(id, *until));
        }
    };
    let field = NodeRef::<html::Input>::new();
    let own = move |e: SubmitEvent| {
        e.prevent_default();
        let typed = field.get_untracked().map(|f| f.value());
        if let Some(until) = typed.and_then(|t| browser::moment(&t)) {
            browser::hide_popovers();
            screen.act(api::snooze(id, until));
        }
    };
    let earliest = move || {
        let now = screen.hydrated.get().then(|| browser::shift(now()));
        now.map(|t| {
            let (day, hour, minute) = (t.date_naive(), t.hour(), t.minute());
            format!("{day}T{hour:02}:{minute:02}")
        })
    };
    let words = [
        tr!(inbox.an_hour),
        tr!(inbox.four_hours),
        tr!(inbox.tomorrow),
        tr!(inbox.monday),
    ];
    view! {
        <div class="menu" id="snooze" popover data-align="end">
            <p class="menu-title">{tr!(inbox.snooze_until)}</p>
            {words
                .into_iter()
                .enumerate()
                .map(|(i, words)| {
                    view! {
                        <button class="menu-item" type="button" on:click=move |_| choose(i)>
                            <Icon name="clock" />
                            <span>{words}</span>
                        </button>
                    }
                })
                .collect_view()}
            <hr />
            <form class="menu-field menu-moment" on:submit=own>
                <label for="snooze-until">{tr!(inbox.pick_time)}</label>
                <input class="input" id="snooze-until" type="datetime-local" required node_ref=field min=earliest />
                <button class="button" data-size="s" type="submit">
                    {tr!(inbox.snooze_now)}
                </button>
            </form>
        </div>
    }
}
