//! The administration, and one's own sessions: each page asks once and puts the slice's screen into the frame.

use super::{api::open_overview, page::StaffPage};
use crate::desk::{
    account::{
        api::{open_agents, open_sessions, open_settings},
        view::{AgentsPage, SessionsPage, SettingsPage},
    },
    keeping::{
        api::open_audit,
        view::{AuditPage, Days},
    },
    widget::{
        api::{open_widget, open_widgets},
        view::{WidgetPage, WidgetsPage},
    },
};
use crate::kit::{Avatar, Icon, Title, To, awaited};
use crate::model::{agent::Availability, error::Error, overview::Overview};
use crate::tr;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// "Agents · Deskbell".
#[component]
fn Named(page: &'static str) -> impl IntoView {
    view! { <Title text=tr!(shell.title, page = page).to_string() /> }
}

#[component]
pub fn MySessions() -> impl IntoView {
    let resource = awaited(|| (), |()| open_sessions());
    view! {
        <Named page=tr!(shell.mine) />
        <StaffPage resource let:it>
            <SessionsPage me=it.frame.me logins=it.page />
        </StaffPage>
    }
    .into_any()
}

#[component]
pub fn AdminAgents() -> impl IntoView {
    let resource = awaited(|| (), |()| open_agents());
    view! {
        <Named page=tr!(shell.agents) />
        <StaffPage resource let:it>
            <AgentsPage colleagues=it.page me=it.frame.me.id />
        </StaffPage>
    }
    .into_any()
}

#[component]
pub fn AdminSettings() -> impl IntoView {
    let resource = awaited(|| (), |()| open_settings());
    view! {
        <Named page=tr!(shell.settings) />
        <StaffPage resource let:it>
            <SettingsPage sheet=it.page />
        </StaffPage>
    }
    .into_any()
}

#[component]
pub fn AdminAudit() -> impl IntoView {
    let query = use_query_map();
    let chosen = Memo::new(move |_| {
        let query = query.read();
        let said = |name: &str| query.get(name).unwrap_or_default();
        ["actor", "subject", "action", "from", "to", "before"].map(said)
    });
    let resource = awaited(
        move || chosen.get(),
        |[actor, subject, action, from, to, before]| {
            let id = |text: String| text.parse().ok();
            open_audit(
                id(actor),
                id(subject),
                action,
                from,
                to,
                before.parse().ok(),
            )
        },
    );
    view! {
        <Named page=tr!(shell.audit) />
        <StaffPage resource let:it>
            {
                let [_, _, _, from, to, before] = chosen.get_untracked();
                let paged = !before.is_empty();
                view! { <AuditPage sheet=it.page days=Days { from, to } paged /> }
            }
        </StaffPage>
    }
    .into_any()
}

#[component]
pub fn AdminWidgets() -> impl IntoView {
    let resource = awaited(|| (), |()| open_widgets());
    view! {
        <Named page=tr!(shell.widgets) />
        <StaffPage resource let:it>
            <WidgetsPage widgets=it.page />
        </StaffPage>
    }
    .into_any()
}

#[component]
pub fn AdminWidget() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let resource = awaited(
        move || id.get(),
        |id| async move {
            match id.parse() {
                Ok(id) => open_widget(id).await,
                Err(_) => Err(Error::NotFound),
            }
        },
    );
    view! {
        <Named page=tr!(shell.widgets) />
        <StaffPage resource let:it>
            <WidgetPage sheet=it.page workspace=it.frame.workspace me=it.frame.me.display_name />
        </StaffPage>
    }
    .into_any()
}

#[component]
pub fn AdminOverview() -> impl IntoView {
    let resource = awaited(|| (), |()| open_overview());
    view! {
        <Named page=tr!(overview.title) />
        <StaffPage resource let:it>
            <OverviewPage workspace=it.frame.workspace overview=it.page />
        </StaffPage>
    }
    .into_any()
}

/// A line of the checklist: what, whether it is done, a word about it, and the way there.
struct Step {
    what: &'static str,
    done: bool,
    hint: String,
    way: (String, &'static str),
}

#[component]
fn OverviewPage(workspace: String, overview: Overview) -> impl IntoView {
    let Overview {
        online,
        agents,
        counts,
        widgets,
        greeted,
        plain_http,
    } = overview;
    let bare = widgets.iter().find(|w| w.2 == 0).cloned();
    let names: Vec<String> = widgets.iter().map(|w| w.1.clone()).collect();
    let steps = vec![
        Step {
            what: tr!(overview.name),
            done: true,
            hint: workspace,
            way: ("/admin/settings".into(), tr!(shell.settings)),
        },
        Step {
            what: tr!(overview.invite),
            done: agents > 1,
            hint: if agents > 1 {
                tr!(overview.invite_some, n = agents).to_string()
            } else {
                tr!(overview.invite_none).to_owned()
            },
            way: ("/admin/agents".into(), tr!(overview.invite_do)),
        },
        Step {
            what: tr!(overview.widget),
            done: !widgets.is_empty(),
            hint: if names.is_empty() {
                tr!(overview.widget_none).to_owned()
            } else {
                names.join(", ")
            },
            way: ("/admin/widgets".into(), tr!(overview.widget_do)),
        },
        Step {
            what: tr!(overview.domains),
            done: !widgets.is_empty() && bare.is_none(),
            hint: match &bare {
                Some((_, name, _)) => tr!(overview.domains_none, name = name.clone()).to_string(),
                None if widgets.is_empty() => tr!(overview.domains_later).to_owned(),
                None => tr!(overview.domains_some).to_owned(),
            },
            way: (
                bare.as_ref().map_or_else(
                    || "/admin/widgets".to_owned(),
                    |(id, ..)| format!("/admin/widgets/{id}"),
                ),
                tr!(overview.domains_do),
            ),
        },
        Step {
            what: tr!(overview.greet),
            done: greeted,
            hint: if greeted {
                tr!(overview.greet_done).to_owned()
            } else {
                tr!(overview.greet_hint).to_owned()
            },
            way: (
                widgets.first().map_or_else(
                    || "/admin/widgets".to_owned(),
                    |(id, ..)| format!("/admin/widgets/{id}#snippet"),
                ),
                tr!(overview.greet_do),
            ),
        },
    ];
    let (done, all) = (steps.iter().filter(|s| s.done).count(), steps.len());
    let words = tr!(overview.progress, done = done, all = all).to_string();
    let number = |what: &'static str, n: i64, href: &'static str| {
        view! {
            <li>
                <To href>
                    <b>{n}</b>
                    <span>{what}</span>
                </To>
            </li>
        }
    };
    let nobody_on = online.is_empty();
    view! {
        <div class="page">
            <header class="page-head">
                <div>
                    <h1>{tr!(overview.title)}</h1>
                    <p>{tr!(overview.lead)}</p>
                </div>
            </header>
            <div class="stack">
                <ul class="numbers" aria-label=tr!(overview.now)>
                    {number(tr!(overview.unassigned), counts.unassigned, "/desk?view=unassigned")}
                    {number(tr!(overview.waiting), counts.waiting, "/desk?view=waiting")}
                    {number(tr!(overview.active), counts.active, "/desk?view=active")}
                    {number(tr!(overview.closed_today), counts.closed_today, "/desk?view=closed")}
                </ul>
                <section class="card" aria-labelledby="todo" hidden=done == all>
                    <header>
                        <h2 id="todo">{tr!(overview.setup)}</h2>
                        <p class="progress">
                            <span>{words.clone()}</span>
                            <progress value=done.to_string() max=all.to_string() aria-label=tr!(overview.setup)>
                                {words}
                            </progress>
                        </p>
                    </header>
                    <ol class="checklist">{steps.into_iter().map(|step| view! { <Line step /> }).collect_view()}</ol>
                </section>
                <section class="card" aria-labelledby="who-is-on">
                    <header>
                        <h2 id="who-is-on">{tr!(overview.who_is_on)}</h2>
                        <To href="/admin/agents" attr:class="button" attr:data-kind="quiet" attr:data-size="s">
                            {tr!(overview.all_agents, n = agents).to_string()}
                        </To>
                    </header>
                    <ul class="who">
                        {online
                            .into_iter()
                            .map(|agent| {
                                view! {
                                    <li>
                                        <Avatar name=agent.name.clone() id=agent.id.0 availability=Availability::Online />
                                        <span dir="auto">{agent.name}</span>
                                    </li>
                                }
                            })
                            .collect_view()}
                    </ul>
                    <p class="card-body hint" hidden=!nobody_on>
                        {tr!(overview.nobody_on)}
                    </p>
                </section>
                {plain_http
                    .then(|| {
                        view! {
                            <div class="notice" data-tone="wait">
                                <Icon name="triangle-alert" />
                                <div>
                                    <b>{tr!(overview.plain_title)}</b>
                                    " "
                                    {tr!(overview.plain)}
                                </div>
                            </div>
                        }
                    })}
            </div>
        </div>
    }
}

#[component]
fn Line(step: Step) -> impl IntoView {
    let Step {
        what,
        done,
        hint,
        way: (href, words),
    } = step;
    view! {
        <li data-done=done.then_some("")>
            <span class="checklist-mark">
                <Icon name="check" />
            </span>
            <div>
                <b>{what}</b>
                {done.then(|| view! { <span class="visually-hidden">" " {tr!(overview.is_done)}</span> })}
                <p class="hint">{hint}</p>
            </div>
            {(!done)
                .then(|| {
                    view! {
                        <To href attr:class="button" attr:data-size="s">
                            {words}
                        </To>
                    }
                })}
        </li>
    }
}
