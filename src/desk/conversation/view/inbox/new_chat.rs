//! A conversation that one of us begins, by address.

use super::{address::go_to, screen::Screen};
use crate::model::refusal::Refusal;
use crate::{
    desk::conversation::api::{self, Start},
    kit::{
        Dialog, Field, browser,
        form::{self, FormError},
    },
    model::{
        error::Error,
        id::{ClientId, WidgetId},
        limits,
    },
    tr,
};
use leptos::{ev, prelude::*, server_fn::ServerFn, task::spawn_local};

#[component]
pub fn NewChat(screen: Screen, open: RwSignal<bool>) -> impl IntoView {
    // A refusal of another form on the page is not about these fields.
    form::inside(Start::url());
    let error = RwSignal::new(None::<Error>);
    let busy = RwSignal::new(false);
    let widget = RwSignal::new(String::new());
    let (name, email, body) = (
        RwSignal::new(String::new()),
        RwSignal::new(String::new()),
        RwSignal::new(String::new()),
    );
    // One id for the text, however often it is tried.
    let client = StoredValue::new(None::<ClientId>);
    let go = go_to(screen.wanted);
    let submit = move |e: ev::SubmitEvent| {
        e.prevent_default();
        let first = screen
            .widgets
            .with_untracked(|all| all.first().map(|(id, _)| *id));
        let Some(at) = widget.get_untracked().parse::<WidgetId>().ok().or(first) else {
            error.set(Some(Error::conflict(Refusal::no_widget_yet())));
            return;
        };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let id = client.get_value().unwrap_or_else(ClientId::fresh);
        client.set_value(Some(id));
        let (go, fields) = (
            go.clone(),
            event_target::<leptos::web_sys::HtmlFormElement>(&e),
        );
        spawn_local(async move {
            let answer = api::start(
                at,
                id,
                email.get_untracked(),
                name.get_untracked(),
                body.get_untracked(),
            )
            .await;
            busy.try_set(false);
            match answer {
                Ok(seen) => {
                    client.try_set_value(None);
                    fields.reset();
                    for field in [name, email, body] {
                        field.try_set(String::new());
                    }
                    open.try_set(false);
                    let id = seen.conversation.id;
                    screen.took(seen);
                    go(id);
                }
                Err(Error::Unauthorized) => browser::reload(),
                Err(Error::ClientIdReused) => {
                    // The text was changed after an answer that was lost.
                    client.try_set_value(None);
                    error.try_set(Some(Error::conflict(Refusal::try_again())));
                }
                Err(e) => _ = error.try_set(Some(e)),
            }
        });
    };
    view! {
        <Dialog id="new-chat" title=tr!(inbox.new_chat) open>
            <form method="dialog" on:submit=submit>
                <div class="dialog-body">
                    <p class="hint">{tr!(inbox.new_chat_hint)}</p>
                    <FormError error />
                    <div class="field">
                        <label for="new-widget">{tr!(inbox.widget)}</label>
                        <select
                            class="select"
                            id="new-widget"
                            name="widget"
                            autofocus
                            on:change=move |e| widget.set(event_target_value(&e))
                        >
                            {move || {
                                screen
                                    .widgets
                                    .get()
                                    .into_iter()
                                    .map(|(id, name)| view! { <option value=id.to_string()>{name}</option> })
                                    .collect_view()
                            }}
                        </select>
                    </div>
                    <div class="fields-row">
                        <Field
                            label=tr!(inbox.name)
                            name="name"
                            id="new-name"
                            maxlength=limits::NAME
                            autocomplete="off"
                            optional=true
                            error
                            on_input=Callback::new(move |text| name.set(text))
                        />
                        <Field
                            label=tr!(inbox.email)
                            name="email"
                            id="new-email"
                            kind="email"
                            maxlength=limits::EMAIL
                            autocomplete="off"
                            required=true
                            error
                            on_input=Callback::new(move |text| email.set(text))
                        />
                    </div>
                    <Field
                        label=tr!(inbox.first_message)
                        name="body"
                        id="new-text"
                        kind="textarea"
                        maxlength=limits::MESSAGE
                        required=true
                        error
                        on_input=Callback::new(move |text| body.set(text))
                    />
                </div>
                <footer>
                    <button class="button" type="button" on:click=move |_| open.set(false)>
                        {tr!(common.cancel)}
                    </button>
                    <button
                        class="button"
                        data-kind="primary"
                        type="submit"
                        aria-busy=move || busy.get().then_some("true")
                    >
                        {tr!(inbox.start_chat)}
                    </button>
                </footer>
            </form>
        </Dialog>
    }
}
