//! What a customer is called and where they are written to, corrected by one of us. It stands above the page, so that
//! nothing that happens beside the thread takes away what is typed.

use super::screen::Screen;
use crate::{
    desk::contact::api::CorrectContact,
    kit::{
        Dialog, Field, Form, Posting, effect,
        form::{self, FormError},
    },
    model::{contact::Contact, limits},
    tr,
};
use leptos::{prelude::*, server_fn::ServerFn};

#[component]
pub fn Correct(screen: Screen) -> impl IntoView {
    form::inside(CorrectContact::url());
    let save = Posting::<CorrectContact>::new();
    let error = Signal::derive(move || save.value().get().and_then(Result::err));
    let open = RwSignal::new(false);
    effect(move |_| {
        if screen.correcting.read().is_some() {
            save.clear();
            open.set(true);
        }
    });
    effect(move |_| {
        if let Some(Ok(now)) = save.value().get() {
            open.set(false);
            screen.corrected(&now);
        }
    });
    let fields = move |contact: Contact| {
        view! {
            <input type="hidden" name="contact" value=contact.id.to_string() />
            <Field
                label=tr!(inbox.name)
                name="name"
                id="contact-name"
                value=contact.name.unwrap_or_default()
                maxlength=limits::NAME
                autocomplete="off"
                autofocus=true
                optional=true
                error
            />
            <Field
                label=tr!(inbox.email)
                name="email"
                id="contact-email"
                kind="email"
                value=contact.email.unwrap_or_default()
                autocomplete="off"
                optional=true
                error
            />
        }
    };
    view! {
        <Dialog id="correct" title=tr!(inbox.edit_customer) open>
            <Form action=save>
                <div class="dialog-body">
                    <FormError error />
                    {move || screen.correcting.get().map(fields)}
                </div>
                <footer>
                    <button class="button" type="button" on:click=move |_| open.set(false)>
                        {tr!(common.cancel)}
                    </button>
                    <button
                        class="button"
                        data-kind="primary"
                        type="submit"
                        aria-busy=move || save.pending().get().then_some("true")
                    >
                        {tr!(inbox.save)}
                    </button>
                </footer>
            </Form>
        </Dialog>
    }
}
