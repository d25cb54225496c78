//! Inviting, and what is asked before something is done.

use super::super::{busy, failed, role_words};
use super::{Sure, Verbs};
use crate::desk::account::api::Invite;
use crate::kit::{
    Field, Form, Posting,
    copy::CopyButton,
    form::{self, FormError},
};
use crate::model::{agent::Role, limits, link::PassOn};
use crate::tr;
use leptos::{prelude::*, server_fn::ServerFn};

pub(super) fn link_title(passed: &Option<(bool, PassOn)>) -> String {
    match passed {
        Some((true, pass)) => {
            tr!(account.invitation_for, name = pass.agent.email.clone()).to_string()
        }
        Some((false, pass)) => tr!(account.reset_for, name = pass.agent.name.clone()).to_string(),
        None => String::new(),
    }
}

/// What follows from it, and the button.
#[component]
pub(super) fn Ask(sure: Sure, verbs: Verbs) -> impl IntoView {
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
pub(super) fn InviteForm(invite: Posting<Invite>, close: Callback<()>) -> impl IntoView {
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
pub(super) fn Link(invitation: bool, pass: PassOn) -> impl IntoView {
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
