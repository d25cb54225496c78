//! The forms by which people get in: sign-in, set-up, invitation, new password, one click. They stand on still pages: the
//! browser posts them.

use crate::desk::account::api::{Accept, ChoosePassword, EnterByLink, SetUp, SignIn};
use crate::kit::{
    Field, Icon, To,
    form::{self, FormError},
};
use crate::model::{error::Error, limits};
use crate::tr;
use leptos::{prelude::*, server_fn::ServerFn};

/// `to` is where it leads, an address of ours.
#[component]
pub fn SignInForm(#[prop(into)] to: String) -> impl IntoView {
    form::inside(SignIn::url());
    let sentence = form::refused().map(|refused| match refused.error {
        Error::Unauthorized => tr!(account.wrong).to_owned(),
        error => error.sentence(),
    });
    let forgot = || {
        view! {
            <To href="/reset" attr:class="field-link">
                {tr!(account.forgot)}
            </To>
        }
    };
    view! {
        <form method="post" action=form::address(SignIn::url()) class="door-card">
            <div class="fields">
                {sentence
                    .map(|words| {
                        view! {
                            <div class="notice" data-tone="bad" role="alert">
                                <Icon name="circle-alert" />
                                <div>{words}</div>
                            </div>
                        }
                    })}
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
                <button class="button" data-kind="primary" data-wide type="submit">
                    {tr!(shell.sign_in)}
                </button>
            </div>
        </form>
    }
}

/// The first run.
#[component]
pub fn SetUpForm(token: String) -> impl IntoView {
    form::inside(SetUp::url());
    view! {
        <form method="post" action=form::address(SetUp::url()) class="door-card">
            <div class="fields">
                <FormError />
                <input type="hidden" name="token" value=token />
                <Field
                    label=tr!(account.workspace)
                    name="workspace"
                    placeholder=tr!(account.workspace_example)
                    hint=tr!(account.workspace_hint)
                    maxlength=limits::NAME
                    required=true
                    autofocus=true
                />
                <Field label=tr!(account.your_name) name="name" autocomplete="name" maxlength=limits::NAME required=true />
                <Field
                    label=tr!(account.email)
                    name="email"
                    kind="email"
                    autocomplete="username"
                    maxlength=limits::EMAIL
                    required=true
                />
                <NewPassword label=tr!(account.password) />
                <button class="button" data-kind="primary" data-size="l" data-wide type="submit">
                    {tr!(account.open_desk)}
                </button>
            </div>
        </form>
    }
}

/// A field for a password that is chosen now.
#[component]
fn NewPassword(label: &'static str, #[prop(optional)] autofocus: bool) -> impl IntoView {
    view! {
        <Field
            label
            name="password"
            kind="password"
            autocomplete="new-password"
            hint=tr!(account.password_hint, n = limits::PASSWORD.0)
            required=true
            autofocus
        />
    }
}

/// Somebody who was invited joins.
#[component]
pub fn AcceptForm(token: String, email: String) -> impl IntoView {
    form::inside(Accept::url());
    view! {
        <form method="post" action=form::address(Accept::url()) class="door-card">
            <div class="fields">
                <FormError />
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
                />
                <NewPassword label=tr!(account.choose_password) />
                <button class="button" data-kind="primary" data-wide type="submit">
                    {tr!(account.join)}
                </button>
            </div>
        </form>
    }
}

#[component]
pub fn NewPasswordForm(token: String, email: String) -> impl IntoView {
    form::inside(ChoosePassword::url());
    view! {
        <form method="post" action=form::address(ChoosePassword::url()) class="door-card">
            <div class="fields">
                <FormError />
                <input type="hidden" name="token" value=token />
                <input class="visually-hidden" type="email" value=email autocomplete="username" readonly tabindex="-1" aria-hidden="true" />
                <NewPassword label=tr!(account.new_password) autofocus=true />
                <button class="button" data-kind="primary" data-wide type="submit">
                    {tr!(account.save_and_sign_in)}
                </button>
            </div>
        </form>
    }
}

/// One button.
#[component]
pub fn EnterForm(token: String) -> impl IntoView {
    form::inside(EnterByLink::url());
    view! {
        <form method="post" action=form::address(EnterByLink::url()) class="door-card">
            <div class="fields">
                <FormError />
                <input type="hidden" name="token" value=token />
                <button class="button" data-kind="primary" data-size="l" data-wide type="submit">
                    {tr!(shell.sign_in)}
                </button>
                <p class="hint">{tr!(account.link_once_hour)}</p>
            </div>
        </form>
    }
}
