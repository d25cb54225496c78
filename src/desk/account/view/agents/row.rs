//! One agent, one invitation.

use super::super::{availability_words, role_words};
use super::{Sure, Verbs};
use crate::kit::{Avatar, Form, Icon, To, When, time::Shape};
use crate::model::{
    agent::{Agent, AgentState, Role},
    frame::Colleague,
    id::AgentId,
};
use crate::tr;
use leptos::prelude::*;

#[component]
pub(super) fn RoleBadge(role: Role) -> impl IntoView {
    let tone = match role {
        Role::Agent => None,
        Role::Supervisor => Some("blue"),
        Role::Admin => Some("brass"),
    };
    view! {
        <span class="badge" data-tone=tone>
            {role_words(role)}
        </span>
    }
}

#[component]
pub(super) fn Row(colleague: Colleague, me: AgentId, verbs: Verbs) -> impl IntoView {
    let Colleague {
        agent, looks_like, ..
    } = colleague;
    let Agent {
        id,
        name,
        email,
        role,
        state,
        availability,
        online,
        reason,
        ..
    } = agent.clone();
    let menu = format!("agent-{}", id.0.simple());
    let shown = if availability == crate::model::agent::Availability::Online && !online {
        crate::model::agent::Availability::Offline
    } else {
        availability
    };
    let words = match reason {
        Some(reason) => format!("{} · {reason}", availability_words(shown)),
        None => availability_words(shown).to_owned(),
    };
    let suspended = state == AgentState::Suspended;
    view! {
        <tr>
            <td>
                <div class="person">
                    <Avatar name=name.clone() id=id.0 />
                    <span>
                        <b>{name.clone()} {(id == me).then(|| view! { " " <span class="hint">{tr!(account.you)}</span> })}</b>
                        <span class="hint">{email}</span>
                        {looks_like
                            .map(|(name, email)| {
                                view! {
                                    <span class="hint" data-tone="bad">
                                        <Icon name="triangle-alert" size="s" />
                                        " "
                                        {tr!(account.looks_like, name = name, email = email)}
                                    </span>
                                }
                            })}
                    </span>
                </div>
            </td>
            <td data-label=tr!(account.role)>
                <RoleBadge role />
            </td>
            <td data-label=tr!(account.availability)>
                {if suspended {
                    view! { <span class="badge" data-tone="bad">{tr!(account.suspended)}</span> }.into_any()
                } else {
                    view! {
                        <span class="with-dot">
                            <span class="dot" data-availability=shown.word()></span>
                            {words}
                        </span>
                    }
                        .into_any()
                }}
            </td>
            <td data-actions="corner">
                <div class="actions">
                    <button
                        class="button"
                        data-kind="quiet"
                        data-icon
                        data-size="s"
                        type="button"
                        popovertarget=menu.clone()
                        aria-label=tr!(account.actions_for, name = name).to_string()
                    >
                        <Icon name="ellipsis" />
                    </button>
                </div>
                <div class="menu" id=menu popover data-align="end">
                    <p class="menu-title">{tr!(account.role)}</p>
                    <Form action=verbs.role>
                        <input type="hidden" name="agent" value=id.to_string() />
                        {Role::ALL
                            .iter()
                            .map(|r| {
                                view! {
                                    <button class="menu-item" name="role" value=r.word() aria-pressed=(*r == role).to_string()>
                                        <span>{role_words(*r)}</span>
                                        <Icon name="check" size="s" class="chosen" />
                                    </button>
                                }
                            })
                            .collect_view()}
                    </Form>
                    <hr />
                    {if suspended {
                        view! {
                            <Form action=verbs.restore>
                                <button class="menu-item" name="agent" value=id.to_string()>
                                    <Icon name="user-check" />
                                    <span>{tr!(account.restore)}</span>
                                </button>
                            </Form>
                        }
                            .into_any()
                    } else {
                        view! {
                            <Form action=verbs.reset>
                                <button class="menu-item" name="agent" value=id.to_string()>
                                    <Icon name="key" />
                                    <span>{tr!(account.reset)}</span>
                                </button>
                            </Form>
                            <Form action=verbs.suspend>
                                <button
                                    class="menu-item"
                                    name="agent"
                                    value=id.to_string()
                                    data-tone="bad"
                                    on:click=verbs.ask(Sure::Suspend(agent))
                                >
                                    <Icon name="lock" />
                                    <span>{tr!(account.suspend)}</span>
                                </button>
                            </Form>
                        }
                            .into_any()
                    }}
                    <hr />
                    <To href=format!("/admin/audit?subject={id}") attr:class="menu-item">
                        <Icon name="history" />
                        <span>{tr!(account.history)}</span>
                    </To>
                </div>
            </td>
        </tr>
    }
}

#[component]
pub(super) fn Invited(colleague: Colleague, verbs: Verbs) -> impl IntoView {
    let Colleague {
        agent,
        invited_until,
        ..
    } = colleague;
    let (id, again) = (agent.id.to_string(), agent.id.to_string());
    view! {
        <tr>
            <td>{agent.email.clone()}</td>
            <td data-label=tr!(account.role)>
                <RoleBadge role=agent.role />
            </td>
            <td data-label=tr!(account.valid_until)>
                {match invited_until {
                    Some(time) => view! { <When time shape=Shape::Moment /> }.into_any(),
                    None => view! { <span class="badge" data-tone="wait">{tr!(account.expired)}</span> }.into_any(),
                }}
            </td>
            <td data-actions>
                <div class="actions">
                    <Form action=verbs.renew>
                        <button class="button" data-size="s" name="agent" value=again>
                            {tr!(account.new_link)}
                        </button>
                    </Form>
                    <Form action=verbs.uninvite>
                        <button
                            class="button"
                            data-kind="quiet"
                            data-tone="bad"
                            data-size="s"
                            name="agent"
                            value=id
                            on:click=verbs.ask(Sure::Uninvite(agent.clone()))
                        >
                            {tr!(account.revoke)}
                        </button>
                    </Form>
                </div>
            </td>
        </tr>
    }
}
