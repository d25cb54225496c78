//! The audit trail as admins look through it. It works as plain HTML: what is chosen stands in the address.

use crate::desk::account::view::role_words;
use crate::kit::{Icon, To, When, time::Shape};
use crate::model::{
    actor::ActorKind,
    audit::{Action, AuditFacts, AuditFilter, AuditRow, AuditSheet, Subject, SubjectKind},
};
use crate::tr;
use leptos::prelude::*;
use uuid::Uuid;

const HERE: &str = "/admin/audit";

/// What agents and widgets are called.
type Names = [(Uuid, String)];

fn name_of(names: &Names, id: Uuid) -> Option<String> {
    let found = names.iter().find(|(known, _)| *known == id);
    found.map(|(_, name)| name.clone())
}

/// Days as they were typed, which the filter keeps as moments.
#[derive(Clone)]
pub struct Days {
    pub from: String,
    pub to: String,
}

#[component]
pub fn AuditPage(sheet: AuditSheet, days: Days, paged: bool) -> impl IntoView {
    let AuditSheet {
        filter,
        page,
        head,
        names,
        agents,
    } = sheet;
    let history = filter.subject.map(|id| {
        let name = name_of(&names, id).unwrap_or_else(|| short(id));
        tr!(audit.history_of, name = name)
    });
    let narrowed = filter != AuditFilter::default();
    let chosen = chosen(&filter, &days);
    let at = |path: &str| {
        let address = format!("{path}?{chosen}");
        address.trim_end_matches(['?', '&']).to_owned()
    };
    let older = page.before.map(|n| format!("{HERE}?{chosen}before={n}"));
    let (newest, csv) = (paged.then(|| at(HERE)), at("/admin/audit.csv"));
    let empty = page.rows.is_empty();
    let alone = older.is_none() && newest.is_none();
    view! {
        <div class="page">
            <header class="page-head">
                <div>
                    <h1>{tr!(audit.title)}</h1>
                    <p>{history.unwrap_or_else(|| tr!(audit.lead).to_owned())}</p>
                </div>
                <div class="actions">
                    <To href=csv attr:class="button" attr:download="">
                        <Icon name="arrow-down" />
                        {tr!(audit.csv)}
                    </To>
                </div>
            </header>
            <div class="stack">
                <Choice filter days agents narrowed />
                <section class="card" aria-label=tr!(audit.title)>
                    <table class="table" data-columns="audit" hidden=empty>
                        <thead>
                            <tr>
                                <th scope="col">{tr!(audit.when)}</th>
                                <th scope="col">{tr!(audit.who)}</th>
                                <th scope="col">{tr!(audit.what)}</th>
                                <th scope="col">{tr!(audit.details)}</th>
                            </tr>
                        </thead>
                        <tbody>
                            {page.rows.into_iter().map(|row| row_view(row, &names)).collect_view()}
                        </tbody>
                    </table>
                    <p class="audit-none" hidden=!empty>
                        {if narrowed { tr!(audit.none_here) } else { tr!(audit.none) }}
                    </p>
                    <footer class="audit-foot" hidden=alone>
                        {newest.map(|href| view! { <To href attr:class="button" attr:data-kind="quiet">{tr!(audit.newest)}</To> })}
                        {older
                            .map(|href| {
                                view! {
                                    <To href attr:class="button" attr:rel="next">
                                        {tr!(audit.older)}
                                    </To>
                                }
                            })}
                    </footer>
                </section>
                <p class="hint audit-head">
                    {tr!(audit.head, n = head.n, digest = head.digest)}
                    <br />
                    {tr!(audit.head_hint)}
                </p>
            </div>
        </div>
    }
}

/// What is chosen, as it stands in an address before more: `actor=…&`, or nothing.
fn chosen(filter: &AuditFilter, days: &Days) -> String {
    let said = [
        (
            "actor",
            filter.actor.map(|id| id.to_string()).unwrap_or_default(),
        ),
        (
            "subject",
            filter.subject.map(|id| id.to_string()).unwrap_or_default(),
        ),
        ("action", filter.action.clone().unwrap_or_default()),
        (
            "from",
            filter.from.map(|_| days.from.clone()).unwrap_or_default(),
        ),
        ("to", filter.to.map(|_| days.to.clone()).unwrap_or_default()),
    ];
    let said = said.into_iter().filter(|(_, value)| !value.is_empty());
    said.map(|(name, value)| format!("{name}={value}&"))
        .collect()
}

#[component]
fn Choice(
    filter: AuditFilter,
    days: Days,
    agents: Vec<(Uuid, String)>,
    narrowed: bool,
) -> impl IntoView {
    let mut nouns: Vec<&'static str> = Action::ALL.iter().map(|action| action.noun()).collect();
    nouns.dedup();
    let noun = filter
        .action
        .as_deref()
        .and_then(|word| word.split('.').next());
    let noun = noun.unwrap_or_default().to_owned();
    view! {
        <form class="card audit-choice" method="get" action=HERE>
            <div class="field">
                <label for="audit-actor">{tr!(audit.who)}</label>
                <select class="select" id="audit-actor" name="actor">
                    <option value="">{tr!(audit.anybody)}</option>
                    {agents
                        .into_iter()
                        .map(|(id, name)| {
                            let selected = filter.actor == Some(id);
                            view! { <option value=id.to_string() selected=selected>{name}</option> }
                        })
                        .collect_view()}
                </select>
            </div>
            <div class="field">
                <label for="audit-action">{tr!(audit.what)}</label>
                <select class="select" id="audit-action" name="action">
                    <option value="">{tr!(audit.anything)}</option>
                    {nouns
                        .into_iter()
                        .map(|word| view! { <option value=word selected=word == noun>{noun_words(word)}</option> })
                        .collect_view()}
                </select>
            </div>
            <div class="field">
                <label for="audit-from">{tr!(audit.from)}</label>
                <input class="input" type="date" id="audit-from" name="from" value=days.from />
            </div>
            <div class="field">
                <label for="audit-to">{tr!(audit.to)}</label>
                <input class="input" type="date" id="audit-to" name="to" value=days.to />
            </div>
            {filter.subject.map(|id| view! { <input type="hidden" name="subject" value=id.to_string() /> })}
            <div class="actions">
                <button class="button" data-kind="primary" type="submit">
                    {tr!(audit.show)}
                </button>
                {narrowed.then(|| view! { <To href=HERE attr:class="button" attr:data-kind="quiet">{tr!(audit.all)}</To> })}
            </div>
        </form>
    }
}

fn row_view(row: AuditRow, names: &Names) -> impl IntoView {
    let who = match row.actor.kind {
        ActorKind::Machine => tr!(audit.machine).to_owned(),
        ActorKind::Operator => tr!(audit.operator).to_owned(),
        // Nobody knows who it was that was not let in.
        ActorKind::Visitor if row.actor.id.is_none() => tr!(audit.somebody).to_owned(),
        ActorKind::Visitor | ActorKind::Customer => tr!(audit.customer).to_owned(),
        ActorKind::Agent | ActorKind::Key => tr!(audit.erased).to_owned(),
    };
    let person = row.person.clone().unwrap_or_default();
    let said = |name: &str| person.get(name).cloned();
    let known = row.actor.id.and_then(|id| name_of(names, id));
    let name = said("name").or(known).unwrap_or(who);
    let beside: Vec<String> = ["email", "address", "device"]
        .iter()
        .filter_map(|n| said(n))
        .filter(|v| *v != name)
        .collect();
    // Whoever did something with themselves is named once.
    let other = row
        .subject
        .filter(|subject| Some(subject.id) != row.actor.id);
    let subject = other.map(|subject| subject_view(subject, names));
    view! {
        <tr id=format!("n-{}", row.n)>
            <td data-label=tr!(audit.when)>
                <When time=row.at shape=Shape::Moment />
            </td>
            <td data-label=tr!(audit.who)>
                <div>
                    <b dir="auto">{name}</b>
                    <span class="hint" dir="auto">
                        {beside.join(" · ")}
                    </span>
                </div>
            </td>
            <td data-label=tr!(audit.what)>
                <div>{action_words(row.action)} {subject.map(|subject| view! { <span class="hint">{subject}</span> })}</div>
            </td>
            <td data-label=tr!(audit.details)>
                <ul class="audit-facts">{facts_view(row.facts, names)}</ul>
            </td>
        </tr>
    }
}

/// The end of an id, where there is no name.
fn short(id: Uuid) -> String {
    let mut whole = id.simple().to_string();
    whole.split_off(24)
}

fn subject_view(subject: Subject, names: &Names) -> AnyView {
    let name = name_of(names, subject.id);
    match subject.kind {
        SubjectKind::Conversation => {
            let href = format!("/desk/c/{}", subject.id);
            view! { <To href><code>{short(subject.id)}</code></To> }.into_any()
        }
        SubjectKind::Widget => {
            let href = format!("/admin/widgets/{}", subject.id);
            match name {
                Some(name) => view! { <To href><bdi>{name}</bdi></To> }.into_any(),
                None => view! { <code>{short(subject.id)}</code> }.into_any(),
            }
        }
        SubjectKind::Agent => match name {
            Some(name) => view! { <bdi>{name}</bdi> }.into_any(),
            None => view! { <code>{short(subject.id)}</code> }.into_any(),
        },
        SubjectKind::Workspace | SubjectKind::Session => ().into_any(),
    }
}

fn facts_view(facts: AuditFacts, names: &Names) -> impl IntoView + use<> {
    let role = |word: &str| word.parse().map_or("", role_words);
    let name = |id: &str| {
        let known = id.parse().ok().and_then(|id| name_of(names, id));
        known.unwrap_or_else(|| tr!(audit.erased).to_owned())
    };
    let mut lines: Vec<AnyView> = vec![];
    let mut line = |content: AnyView| lines.push(view! { <li>{content}</li> }.into_any());
    if let (Some(from), Some(to)) = (facts.get("from"), facts.get("to")) {
        line(tr!(audit.from_to, from = role(from), to = role(to)).into_any());
    }
    for (key, value) in &facts {
        match key.as_str() {
            "from" | "to" | "team_before" => {}
            "role" => line(role(value).into_any()),
            "known_device" if value == "true" => {}
            "known_device" => line(
                view! {
                    <span class="badge" data-tone="brass">
                        {tr!(audit.new_device)}
                    </span>
                }
                .into_any(),
            ),
            "assignee_before" => line(tr!(audit.taken_from, name = name(value)).into_any()),
            "assignee_after" => line(tr!(audit.given_to, name = name(value)).into_any()),
            "team_after" => line(tr!(audit.other_team).into_any()),
            _ => {
                let words = value
                    .split(' ')
                    .map(|word| view! { <code>{word.to_owned()}</code> " " });
                line(words.collect_view().into_any());
            }
        }
    }
    lines.collect_view()
}

fn noun_words(noun: &str) -> &'static str {
    match noun {
        "workspace" => tr!(audit.nouns.workspace),
        "settings" => tr!(audit.nouns.settings),
        "agent" => tr!(audit.nouns.agent),
        "sign_in" => tr!(audit.nouns.sign_in),
        "session" => tr!(audit.nouns.session),
        "widget" => tr!(audit.nouns.widget),
        "conversation" => tr!(audit.nouns.conversation),
        "audit" => tr!(audit.nouns.audit),
        "server" => tr!(audit.nouns.server),
        _ => tr!(audit.nouns.command),
    }
}

fn action_words(action: Action) -> &'static str {
    match action {
        Action::WorkspaceCreated => tr!(audit.actions.workspace_created),
        Action::SettingsChanged => tr!(audit.actions.settings_changed),
        Action::AgentInvited => tr!(audit.actions.agent_invited),
        Action::AgentUninvited => tr!(audit.actions.agent_uninvited),
        Action::AgentJoined => tr!(audit.actions.agent_joined),
        Action::AgentRenamed => tr!(audit.actions.agent_renamed),
        Action::AgentRoleChanged => tr!(audit.actions.agent_role_changed),
        Action::AgentSuspended => tr!(audit.actions.agent_suspended),
        Action::AgentRestored => tr!(audit.actions.agent_restored),
        Action::AgentPasswordChanged => tr!(audit.actions.agent_password_changed),
        Action::AgentLinkMade => tr!(audit.actions.agent_link_made),
        Action::SignInSucceeded => tr!(audit.actions.sign_in_succeeded),
        Action::SignInFailed => tr!(audit.actions.sign_in_failed),
        Action::SessionEnded => tr!(audit.actions.session_ended),
        Action::WidgetCreated => tr!(audit.actions.widget_created),
        Action::WidgetChanged => tr!(audit.actions.widget_changed),
        Action::WidgetKeyReplaced => tr!(audit.actions.widget_key_replaced),
        Action::WidgetRemoved => tr!(audit.actions.widget_removed),
        Action::ConversationLinkMade => tr!(audit.actions.conversation_link_made),
        Action::ConversationAssigned => tr!(audit.actions.conversation_assigned),
        Action::ConversationClosed => tr!(audit.actions.conversation_closed),
        Action::ConversationReopened => tr!(audit.actions.conversation_reopened),
        Action::AuditExported => tr!(audit.actions.audit_exported),
        Action::ServerStarted => tr!(audit.actions.server_started),
        Action::CommandRun => tr!(audit.actions.command_run),
    }
}
