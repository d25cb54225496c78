//! Who answers here: the list with each one's menu, the invitations that are out, the dialog that invites, and
//! the one that shows a link to pass on.

mod invite;
mod row;

use crate::desk::account::api::{
    ChangeRole, Invite, NewInvitation, ResetLink, Restore, Suspend, Uninvite, open_agents,
};
use crate::kit::{Dialog, Icon, Posting, effect, toast::toast};
use crate::model::{
    agent::{Agent, AgentState},
    error::Error,
    frame::Colleague,
    id::AgentId,
    link::PassOn,
};
use crate::tr;
use invite::{Ask, InviteForm, Link, link_title};
use leptos::prelude::*;
use row::{Invited, Row};

/// What is asked before it is done, with whom.
#[derive(Clone, PartialEq)]
pub(super) enum Sure {
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
pub(super) struct Verbs {
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
                    <h1>{tr!(shell.agents)}</h1>
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
                <section class="card" aria-label=tr!(shell.agents)>
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
