//! Who answers here: the list with each one's menu, the invitations that are out, the dialog that invites, and
//! the one that shows a link to pass on.

use super::{availability_words, busy, failed, role_words};
use crate::desk::account::api::{
    ChangeRole, Invite, NewInvitation, ResetLink, Restore, Suspend, Uninvite, open_agents,
};
use crate::kit::{
    Avatar, Dialog, Field, Form, Icon, Posting, When,
    copy::CopyButton,
    effect,
    form::{self, FormError},
    time::Shape,
    toast::toast,
};
use crate::model::{
    agent::{Agent, AgentState, Role},
    error::Error,
    frame::Colleague,
    id::AgentId,
    limits,
    link::PassOn,
};
use crate::tr;
use leptos::{prelude::*, server_fn::ServerFn};

/// What is asked before it is done, with whom.
#[derive(Clone, PartialEq)]
enum Sure {
    Suspend(Agent),
    Uninvite(Agent),
}

impl Sure {
    fn agent(&self) -> &Agent {
        match self {
            Sure::Suspend(agent) | Sure::Uninvite(agent) => agent,
        }
    }

    fn title(&self) -> String {
        match self {
            Sure::Suspend(agent) => {
                tr!(account.suspend_title, name = agent.name.clone()).to_string()
            }
            Sure::Uninvite(agent) => {
                tr!(account.revoke_title, email = agent.email.clone()).to_string()
            }
        }
    }
}

/// What can be done with somebody.
#[derive(Clone, Copy)]
struct Verbs {
    role: Posting<ChangeRole>,
    reset: Posting<ResetLink>,
    suspend: Posting<Suspend>,
    restore: Posting<Restore>,
    renew: Posting<NewInvitation>,
    uninvite: Posting<Uninvite>,
    /// A script asks first; without one the button in the menu acts at once.
    sure: RwSignal<Option<Sure>>,
}

impl Verbs {
    fn ask(self, sure: Sure) -> impl Fn(leptos::ev::MouseEvent) + 'static {
        move |ev| {
            ev.prevent_default();
            self.sure.set(Some(sure.clone()));
        }
    }
}

#[component]
pub fn AgentsPage(colleagues: Vec<Colleague>, me: AgentId) -> impl IntoView {
    let all = RwSignal::new(colleagues);
    let invite = Posting::<Invite>::new();
    let verbs = Verbs {
        role: Posting::new(),
        reset: Posting::new(),
        suspend: Posting::new(),
        restore: Posting::new(),
        renew: Posting::new(),
        uninvite: Posting::new(),
        sure: RwSignal::new(None),
    };
    let asking = RwSignal::new(false);
    effect(move |_| asking.set(verbs.sure.read().is_some()));
    effect(move |_| {
        // Only what changes: each of the two wakes the other.
        if !asking.get() && verbs.sure.with_untracked(Option::is_some) {
            verbs.sure.set(None);
        }
    });
    let (inviting, showing) = (RwSignal::new(false), RwSignal::new(false));
    let passed = RwSignal::new(None::<(bool, PassOn)>);
    let again = Action::new(|(): &()| open_agents());
    effect(move |_| {
        if let Some(Ok(new)) = again.value().get() {
            all.set(new.page);
        }
    });
    // What was done shows in the list; what was refused is said.
    let after = move |done: Option<Result<(), Error>>| match done {
        Some(Ok(())) => {
            verbs.sure.set(None);
            again.dispatch(());
        }
        Some(Err(e)) => toast(e.sentence()),
        None => {}
    };
    let hand = move |done: Option<Result<PassOn, Error>>, invitation: bool| {
        if let Some(Ok(pass)) = &done {
            passed.set(Some((invitation, pass.clone())));
            inviting.set(false);
            showing.set(true);
        }
    };
    effect(move |_| after(verbs.role.value().get().map(|r| r.map(|_| ()))));
    effect(move |_| after(verbs.suspend.value().get().map(|r| r.map(|_| ()))));
    effect(move |_| after(verbs.restore.value().get().map(|r| r.map(|_| ()))));
    effect(move |_| after(verbs.uninvite.value().get()));
    effect(move |_| {
        let done = verbs.renew.value().get();
        hand(done.clone(), true);
        after(done.map(|r| r.map(|_| ())));
    });
    effect(move |_| {
        let done = verbs.reset.value().get();
        hand(done.clone(), false);
        after(done.map(|r| r.map(|_| ())));
    });
    effect(move |_| {
        let done = invite.value().get();
        hand(done.clone(), true);
        if let Some(Ok(_)) = done {
            again.dispatch(());
        }
    });
    let here = move || {
        all.get()
            .into_iter()
            .filter(|c| c.agent.state != AgentState::Invited)
            .collect::<Vec<_>>()
    };
    let invited = move || {
        all.get()
            .into_iter()
            .filter(|c| c.agent.state == AgentState::Invited)
            .collect::<Vec<_>>()
    };
    view! {
        <div class="page">
            <header class="page-head">
                <div>
                    <h1>{tr!(account.agents)}</h1>
                    <p>{tr!(account.agents_lead)}</p>
                </div>
                <div class="actions">
                    <button
                        class="button"
                        data-kind="primary"
                        type="button"
                        aria-haspopup="dialog"
                        on:click=move |_| {
                            invite.clear();
                            inviting.set(true);
                        }
                    >
                        <Icon name="user-plus" size="s" />
                        {tr!(account.invite)}
                    </button>
                </div>
            </header>
            <div class="stack">
                <section class="card" aria-label=tr!(account.agents)>
                    <table class="table" data-columns="people">
                        <thead>
                            <tr>
                                <th scope="col">{tr!(account.name)}</th>
                                <th scope="col">{tr!(account.role)}</th>
                                <th scope="col">{tr!(account.availability)}</th>
                                <th scope="col">
                                    <span class="visually-hidden">{tr!(account.actions)}</span>
                                </th>
                            </tr>
                        </thead>
                        <tbody>
                            <For each=here key=|c| format!("{:?}", (&c.agent, &c.looks_like)) let:colleague>
                                <Row colleague me verbs />
                            </For>
                        </tbody>
                    </table>
                </section>
                <Show when=move || !invited().is_empty()>
                    <section class="card" aria-labelledby="inv">
                        <header>
                            <h2 id="inv">{tr!(account.invitations)}</h2>
                        </header>
                        <table class="table" data-columns="people">
                            <thead>
                                <tr>
                                    <th scope="col">{tr!(account.email)}</th>
                                    <th scope="col">{tr!(account.role)}</th>
                                    <th scope="col">{tr!(account.valid_until)}</th>
                                    <th scope="col">
                                        <span class="visually-hidden">{tr!(account.actions)}</span>
                                    </th>
                                </tr>
                            </thead>
                            <tbody>
                                <For each=invited key=|c| (c.agent.id, c.agent.role, c.invited_until) let:colleague>
                                    <Invited colleague verbs />
                                </For>
                            </tbody>
                        </table>
                    </section>
                </Show>
            </div>
            <Dialog id="invite" title=tr!(account.invite).to_owned() open=inviting>
                <InviteForm invite close=Callback::new(move |()| inviting.set(false)) />
            </Dialog>
            <Dialog
                id="sure"
                title=Signal::derive(move || verbs.sure.with(|s| s.as_ref().map(Sure::title).unwrap_or_default()))
                open=asking
            >
                {move || verbs.sure.get().map(|sure| view! { <Ask sure verbs /> })}
            </Dialog>
            <Dialog id="invited" title=Signal::derive(move || link_title(&passed.get())) open=showing>
                {move || passed.get().map(|(invitation, pass)| view! { <Link invitation pass /> })}
                <footer>
                    <button class="button" data-kind="primary" type="button" on:click=move |_| showing.set(false)>
                        {tr!(account.done)}
                    </button>
                </footer>
            </Dialog>
        </div>
    }
}

fn link_title(passed: &Option<(bool, PassOn)>) -> String {
    match passed {
        Some((true, pass)) => {
            tr!(account.invitation_for, name = pass.agent.email.clone()).to_string()
        }
        Some((false, pass)) => tr!(account.reset_for, name = pass.agent.name.clone()).to_string(),
        None => String::new(),
    }
}

#[component]
fn RoleBadge(role: Role) -> impl IntoView {
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
fn Row(colleague: Colleague, me: AgentId, verbs: Verbs) -> impl IntoView {
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
                </div>
            </td>
        </tr>
    }
}

#[component]
fn Invited(colleague: Colleague, verbs: Verbs) -> impl IntoView {
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

/// What follows from it, and the button.
#[component]
fn Ask(sure: Sure, verbs: Verbs) -> impl IntoView {
    let id = sure.agent().id.to_string();
    let no = move |_| verbs.sure.set(None);
    let (words, form) = match sure {
        Sure::Suspend(agent) => (
            tr!(account.suspend_means, name = agent.name).to_string(),
            view! {
                <Form action=verbs.suspend>
                    <button class="button" data-kind="danger" name="agent" value=id aria-busy=busy(verbs.suspend)>
                        {tr!(account.suspend)}
                    </button>
                </Form>
            }
            .into_any(),
        ),
        Sure::Uninvite(_) => (
            tr!(account.revoke_means).to_owned(),
            view! {
                <Form action=verbs.uninvite>
                    <button class="button" data-kind="danger" name="agent" value=id aria-busy=busy(verbs.uninvite)>
                        {tr!(account.revoke_invitation)}
                    </button>
                </Form>
            }
            .into_any(),
        ),
    };
    view! {
        <div class="dialog-body">
            <p>{words}</p>
        </div>
        <footer>
            <button class="button" type="button" on:click=no>
                {tr!(common.cancel)}
            </button>
            {form}
        </footer>
    }
}

#[component]
fn InviteForm(invite: Posting<Invite>, close: Callback<()>) -> impl IntoView {
    let error = failed(invite);
    form::inside(Invite::url());
    let hint = |role| match role {
        Role::Agent => tr!(account.agent_hint),
        Role::Supervisor => tr!(account.supervisor_hint),
        Role::Admin => tr!(account.admin_hint),
    };
    view! {
        <Form action=invite>
            <div class="dialog-body">
                <FormError error />
                <Field
                    label=tr!(account.email)
                    name="email"
                    id="inv-email"
                    kind="email"
                    maxlength=limits::EMAIL
                    required=true
                    autofocus=true
                    error
                />
                <fieldset class="field">
                    <legend class="label">{tr!(account.role)}</legend>
                    <div class="choices">
                        {Role::ALL
                            .iter()
                            .map(|r| {
                                view! {
                                    <label class="choice">
                                        <input type="radio" name="role" value=r.word() checked=*r == Role::Agent />
                                        <b>{role_words(*r)}</b>
                                        <span class="hint">{hint(*r)}</span>
                                    </label>
                                }
                            })
                            .collect_view()}
                    </div>
                </fieldset>
            </div>
            <footer>
                <button class="button" type="button" on:click=move |_| close.run(())>
                    {tr!(common.cancel)}
                </button>
                <button class="button" data-kind="primary" type="submit" aria-busy=busy(invite)>
                    {tr!(account.make_invitation)}
                </button>
            </footer>
        </Form>
    }
}

#[component]
fn Link(invitation: bool, pass: PassOn) -> impl IntoView {
    let label = if invitation {
        tr!(account.invitation_link)
    } else {
        tr!(account.password_link)
    };
    let words = if invitation {
        tr!(account.pass_on_invitation)
    } else {
        tr!(account.pass_on_reset)
    };
    view! {
        <div class="dialog-body">
            <p>{tr!(account.pass_on_to)} " " <b>{pass.agent.email}</b> ". " {words}</p>
            <div class="field">
                <label class="visually-hidden" for="link">
                    {label}
                </label>
                <div class="input-group">
                    <input class="input" id="link" data-mono readonly value=pass.link.clone() />
                    <CopyButton text=pass.link large=true />
                </div>
            </div>
        </div>
    }
}
