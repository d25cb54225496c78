//! The forms by which people get in: sign-in, set-up, invitation, new password, one click.

use super::{busy, failed};
use crate::desk::account::api::{Accept, ChoosePassword, EnterByLink, SetUp, SignIn};
use crate::kit::{
    Field, Form, Icon, Posting, To,
    form::{self, FormError},
};
use crate::model::{error::Error, limits};
use crate::tr;
use leptos::{prelude::*, server_fn::ServerFn};

/// `to` is where it leads, an address of ours.
#[component]
pub fn SignInForm(#[prop(into)] to: String) -> impl IntoView {
    let action = Posting::<SignIn>::new();
    form::inside(SignIn::url());
    let first = form::refused().map(|r| r.error);
    let error = failed(action);
    let sentence = move || {
        error.get().or_else(|| first.clone()).map(|e| match e {
            Error::Unauthorized => tr!(account.wrong).to_owned(),
            e => e.sentence(),
        })
    };
    let forgot = || {
        view! {
            <To href="/reset" attr:class="field-link">
                {tr!(account.forgot)}
            </To>
        }
    };
    view! {
        <Form action attr:class="door-card">
            <div class="fields">
                {move || {
                    sentence()
                        .map(|words| {
                            view! {
                                <div class="notice" data-tone="bad" role="alert">
                                    <Icon name="circle-alert" />
                                    <div>{words}</div>
                                </div>
                            }
                        })
                }}
                <input type="hidden" name="to" value=to />
                <Field
                    label=tr!(account.email)
                    name="email"
                    kind="email"
                    autocomplete="username"
                    maxlength=limits::EMAIL
                    required=true
                    autofocus=true
                />
                <Field
                    label=tr!(account.password)
                    name="password"
                    kind="password"
                    autocomplete="current-password"
                    required=true
                    below=forgot
                />
                <button class="button" data-kind="primary" data-wide type="submit" aria-busy=busy(action)>
                    {tr!(account.sign_in)}
                </button>
            </div>
        </Form>
    }
}

/// The first run.
#[component]
pub fn SetUpForm(token: String) -> impl IntoView {
    let action = Posting::<SetUp>::new();
    let error = failed(action);
    form::inside(SetUp::url());
    view! {
        <Form action attr:class="door-card">
            <div class="fields">
                <FormError error />
                <input type="hidden" name="token" value=token />
                <Field
                    label=tr!(account.workspace)
                    name="workspace"
                    placeholder=tr!(account.workspace_example)
                    hint=tr!(account.workspace_hint)
                    maxlength=limits::NAME
                    required=true
                    autofocus=true
                    error
                />
                <Field label=tr!(account.your_name) name="name" autocomplete="name" maxlength=limits::NAME required=true error />
                <Field
                    label=tr!(account.email)
                    name="email"
                    kind="email"
                    autocomplete="username"
                    maxlength=limits::EMAIL
                    required=true
                    error
                />
                <NewPassword label=tr!(account.password) error />
                <button class="button" data-kind="primary" data-size="l" data-wide type="submit" aria-busy=busy(action)>
                    {tr!(account.open_desk)}
                </button>
            </div>
        </Form>
    }
}

/// A field for a password that is chosen now.
#[component]
fn NewPassword(
    label: &'static str,
    #[prop(into)] error: Signal<Option<Error>>,
    #[prop(optional)] autofocus: bool,
) -> impl IntoView {
    view! {
        <Field
            label
            name="password"
            kind="password"
            autocomplete="new-password"
            hint=tr!(account.password_hint, n = limits::PASSWORD.0)
            required=true
            autofocus
            error
        />
    }
}

/// Somebody who was invited joins.
#[component]
pub fn AcceptForm(token: String, email: String) -> impl IntoView {
    let action = Posting::<Accept>::new();
    let error = failed(action);
    form::inside(Accept::url());
    view! {
        <Form action attr:class="door-card">
            <div class="fields">
                <FormError error />
                <input type="hidden" name="token" value=token />
                // For the browser's keeper of passwords.
                <input class="visually-hidden" type="email" value=email autocomplete="username" readonly tabindex="-1" aria-hidden="true" />
                <Field
                    label=tr!(account.your_name)
                    name="name"
                    autocomplete="name"
                    hint=tr!(account.name_hint)
                    maxlength=limits::NAME
                    required=true
                    autofocus=true
                    error
                />
                <NewPassword label=tr!(account.choose_password) error />
                <button class="button" data-kind="primary" data-wide type="submit" aria-busy=busy(action)>
                    {tr!(account.join)}
                </button>
            </div>
        </Form>
    }
}

#[component]
pub fn NewPasswordForm(token: String, email: String) -> impl IntoView {
    let action = Posting::<ChoosePassword>::new();
    let error = failed(action);
    form::inside(ChoosePassword::url());
    view! {
        <Form action attr:class="door-card">
            <div class="fields">
                <FormError error />
                <input type="hidden" name="token" value=token />
                <input class="visually-hidden" type="email" value=email autocomplete="username" readonly tabindex="-1" aria-hidden="true" />
                <NewPassword label=tr!(account.new_password) error autofocus=true />
                <button class="button" data-kind="primary" data-wide type="submit" aria-busy=busy(action)>
                    {tr!(account.save_and_sign_in)}
                </button>
            </div>
        </Form>
    }
}

/// One button.
#[component]
pub fn EnterForm(token: String) -> impl IntoView {
    let action = Posting::<EnterByLink>::new();
    let error = failed(action);
    form::inside(EnterByLink::url());
    view! {
        <Form action attr:class="door-card">
            <div class="fields">
                <FormError error />
                <input type="hidden" name="token" value=token />
                <button class="button" data-kind="primary" data-size="l" data-wide type="submit" aria-busy=busy(action)>
                    {tr!(account.sign_in)}
                </button>
                <p class="hint">{tr!(account.link_once_hour)}</p>
            </div>
        </Form>
    }
}
