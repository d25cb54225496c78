//! Name and address first, where the widget asks for them; the first message goes along.

use super::{
    plain_action,
    state::{Frame, Sends},
};
use crate::{
    kit::{Field, form},
    model::{
        error::Error,
        limits,
        text::{Body, Check, Email, Name},
    },
    tr,
};
use leptos::{form::form_data_from_event, prelude::*, task::spawn_local};

#[component]
pub fn First(frame: Frame, sends: Sends) -> impl IntoView {
    form::inside(plain_action());
    let error = RwSignal::new(None::<Error>);
    let busy = RwSignal::new(false);
    let known = frame.host.identity.get_untracked();
    let submit = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let Ok(form) = form_data_from_event(&ev) else {
            return;
        };
        let typed = |name: &str| form.get(name).as_string().unwrap_or_default();
        if busy.get_untracked() {
            return;
        }
        let mut check = Check::default();
        let name = check.take::<Name>("name", &typed("name"));
        let email = check.take::<Email>("email", &typed("email"));
        let body = check.take::<Body>("body", &typed("body"));
        if let Err(wrong) = check.done() {
            return error.set(Some(wrong));
        }
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            match frame
                .introduce(sends, name.map(Into::into), email.map(Into::into))
                .await
            {
                Ok(()) => frame.write(sends, body.as_ref().map(Body::as_str).unwrap_or_default()),
                Err(wrong) => _ = error.try_set(Some(wrong)),
            }
            busy.try_set(false);
        });
    };
    view! {
        <div class="scroll">
            <form class="widget-form" method="post" action=form::address(plain_action()) on:submit=submit>
                <input type="hidden" name="widget" value=frame.widget.to_string() />
                <input type="hidden" name="client" value=frame.client.to_string() />
                <div class="widget-hello">
                    <h2>{frame.config.with_value(|c| c.welcome_message.clone())}</h2>
                    <p>{tr!(chat.introduce)}</p>
                </div>
                <form::FormError error />
                <Field
                    label=tr!(chat.name)
                    name="name"
                    autocomplete="name"
                    required=true
                    maxlength=limits::NAME
                    value=known.as_ref().and_then(|k| k.name.clone()).unwrap_or_default()
                    error
                />
                <Field
                    label=tr!(chat.email)
                    name="email"
                    kind="email"
                    autocomplete="email"
                    required=true
                    maxlength=limits::EMAIL
                    value=known.and_then(|k| k.email).unwrap_or_default()
                    error
                />
                <Field
                    label=tr!(chat.help)
                    name="body"
                    kind="textarea"
                    required=true
                    maxlength=limits::MESSAGE
                    placeholder=tr!(chat.first)
                    error
                />
                <button
                    class="button"
                    data-kind="brand"
                    data-size="l"
                    data-wide
                    type="submit"
                    aria-busy=move || busy.get().then_some("true")
                >
                    {tr!(chat.start)}
                </button>
            </form>
        </div>
    }
}
