//! Oneself: the name, the password, and the places where one is signed in.

use super::{busy, failed};
use crate::desk::account::api::{ChangePassword, Revoke, RevokeOthers, SetName, open_sessions};
use crate::kit::{
    Field, Form, Icon, Posting, When, effect,
    form::{self, FormError},
    notify::Notifications,
    time::Shape,
    toast::toast,
};
use crate::model::{
    agent::{Agent, Login},
    error::{Error, Result},
    frame::Framed,
    limits,
};
use crate::tr;
use leptos::{prelude::*, server_fn::ServerFn};

#[component]
pub fn SessionsPage(me: Agent, logins: Vec<Login>) -> impl IntoView {
    let logins = RwSignal::new(logins);
    let again = Action::new(|(): &()| open_sessions());
    let (revoke, others) = (Posting::<Revoke>::new(), Posting::<RevokeOthers>::new());
    let error = Signal::derive(move || failed(revoke).get().or(failed(others).get()));
    effect(move |_| {
        let done = matches!(revoke.value().get(), Some(Ok(())))
            | matches!(others.value().get(), Some(Ok(())));
        if done {
            again.dispatch(());
        }
    });
    effect(move |_| {
        if let Some(Ok(new)) = again.value().get() {
            logins.set(new.page);
        }
    });
    view! {
        <div class="page" data-width="s">
            <header class="page-head">
                <div>
                    <h1>{tr!(shell.mine)}</h1>
                    <p>{me.email.clone()}</p>
                </div>
            </header>
            <div class="stack">
                <NameCard me />
                <PasswordCard again />
                <Notifications />
                <FormError error />
                <section class="card" aria-labelledby="my-sessions">
                    <header>
                        <div>
                            <h2 id="my-sessions">{tr!(account.sessions)}</h2>
                            <p class="hint">{tr!(account.sessions_lead)}</p>
                        </div>
                        <div class="actions" hidden=move || logins.read().len() < 2>
                            <Form action=others>
                                <button class="button" data-kind="quiet" data-tone="bad" data-size="s" type="submit" aria-busy=busy(others)>
                                    {tr!(account.sign_out_others)}
                                </button>
                            </Form>
                        </div>
                    </header>
                    <ul class="sessions">
                        <For each=move || logins.get() key=|l| (l.id, l.last_seen_at) let:login>
                            <Place login revoke />
                        </For>
                    </ul>
                </section>
            </div>
        </div>
    }
}

#[component]
fn Place(login: Login, revoke: Posting<Revoke>) -> impl IntoView {
    let phone = ["iPhone", "Android", "iPad"]
        .iter()
        .any(|p| login.device.contains(p));
    view! {
        <li>
            <span class="session-mark">
                <Icon name=if phone { "smartphone" } else { "monitor" } />
            </span>
            <div>
                <b>{login.device}</b>
                {login.current.then(|| view! { " " <span class="badge" data-tone="good">{tr!(account.this_one)}</span> })}
                <p class="hint">
                    {tr!(account.since)} " " <When time=login.created_at shape=Shape::Moment inside=true /> " · " {tr!(account.last_used)} " "
                    <When time=login.last_seen_at />
                </p>
            </div>
            {(!login.current)
                .then(|| {
                    view! {
                        <Form action=revoke>
                            <input type="hidden" name="session" value=login.id.to_string() />
                            <button class="button" data-size="s" type="submit">
                                {tr!(shell.sign_out)}
                            </button>
                        </Form>
                    }
                })}
        </li>
    }
}

#[component]
fn NameCard(me: Agent) -> impl IntoView {
    let save = Posting::<SetName>::new();
    let error = failed(save);
    form::inside(SetName::url());
    effect(move |_| {
        if let Some(Ok(_)) = save.value().get() {
            toast(tr!(account.saved));
        }
    });
    view! {
        <section class="card" aria-labelledby="my-name">
            <header>
                <h2 id="my-name">{tr!(account.profile)}</h2>
            </header>
            <div class="card-body">
                <Form action=save>
                    <div class="fields">
                        <FormError error />
                        <Field
                            label=tr!(account.your_name)
                            name="name"
                            value=me.name
                            hint=tr!(account.name_hint)
                            autocomplete="name"
                            maxlength=limits::NAME
                            required=true
                            error
                        />
                        <div class="actions" data-end>
                            <button class="button" data-kind="primary" type="submit" aria-busy=busy(save)>
                                {tr!(account.save)}
                            </button>
                        </div>
                    </div>
                </Form>
            </div>
        </section>
    }
}

/// A new password; whoever sits here has to know the old one.
#[component]
fn PasswordCard(again: Action<(), Result<Framed<Vec<Login>>, Error>>) -> impl IntoView {
    let save = Posting::<ChangePassword>::new();
    let error = failed(save);
    // Counts what was saved: the fields are drawn anew, empty.
    let saved = RwSignal::new(0);
    form::inside(ChangePassword::url());
    effect(move |_| {
        if let Some(Ok(())) = save.value().get() {
            toast(tr!(account.password_changed));
            saved.update(|n| *n += 1);
            again.dispatch(());
        }
    });
    view! {
        <section class="card" aria-labelledby="my-password">
            <header>
                <h2 id="my-password">{tr!(account.password)}</h2>
            </header>
            <div class="card-body">
                <Form action=save>
                    <div class="fields">
                        <FormError error />
                        {move || {
                            saved.track();
                            view! {
                                <div class="fields-row">
                                    <Field
                                        label=tr!(account.current_password)
                                        name="current"
                                        kind="password"
                                        autocomplete="current-password"
                                        required=true
                                        error
                                    />
                                    <Field
                                        label=tr!(account.new_password)
                                        name="password"
                                        kind="password"
                                        autocomplete="new-password"
                                        hint=tr!(account.password_hint, n = limits::PASSWORD.0)
                                        required=true
                                        error
                                    />
                                </div>
                            }
                        }}
                        <div class="actions" data-end>
                            <p class="hint">{tr!(account.password_means)}</p>
                            <button class="button" type="submit" aria-busy=busy(save)>
                                {tr!(account.change_password)}
                            </button>
                        </div>
                    </div>
                </Form>
            </div>
        </section>
    }
}
