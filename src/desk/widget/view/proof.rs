//! The key with which the host site's server vouches for its customers. Shown on demand, never with the page.

use crate::desk::widget::api::{RenewSecret, WidgetSecret};
use crate::kit::{Form, Icon, Posting, copy::CopyButton};
use crate::model::id::WidgetId;
use crate::tr;
use leptos::prelude::*;

#[component]
pub fn Proof(id: WidgetId) -> impl IntoView {
    let show = Posting::<WidgetSecret>::new();
    let renew = Posting::<RenewSecret>::new();
    let key = RwSignal::new(String::new());
    Effect::new(move |_| {
        if let Some(Ok(secret)) = show.value().get() {
            key.set(secret);
        }
    });
    Effect::new(move |_| {
        if let Some(Ok(secret)) = renew.value().get() {
            key.set(secret);
        }
    });
    let error = Signal::derive(move || {
        let failed =
            |v: Option<Result<String, crate::model::error::Error>>| v.and_then(Result::err);
        failed(show.value().get()).or_else(|| failed(renew.value().get()))
    });
    view! {
        <section class="card" id="proof" aria-labelledby="s-proof">
            <header>
                <h2 id="s-proof">{tr!(widgets.proof)}</h2>
            </header>
            <div class="card-body fields">
                <p class="hint">{tr!(widgets.proof_lead)}</p>
                {move || {
                    error
                        .get()
                        .map(|e| {
                            view! {
                                <div class="notice" data-tone="bad" role="alert">
                                    <Icon name="circle-alert" />
                                    <div>{e.sentence()}</div>
                                </div>
                            }
                        })
                }}
                <div class="field" hidden=move || key.read().is_empty()>
                    <label for="w-secret">{tr!(widgets.secret)}</label>
                    <div class="input-group">
                        <input class="input" id="w-secret" data-mono readonly autocomplete="off" prop:value=key />
                        <CopyButton text=key large=true />
                    </div>
                </div>
                <div class="actions">
                    <Form action=show>
                        <input type="hidden" name="id" value=id.to_string() />
                        <button class="button" type="submit" hidden=move || !key.read().is_empty()>
                            {tr!(widgets.show_secret)}
                        </button>
                    </Form>
                </div>
                {move || {
                    // A new secret closes it again.
                    renew.value().track();
                    view! { <Renew id action=renew /> }
                }}
            </div>
        </section>
    }
}

/// Two steps: what it does is read before it can be done.
#[component]
fn Renew(id: WidgetId, action: Posting<RenewSecret>) -> impl IntoView {
    view! {
        <details class="sure">
            <summary class="button" data-kind="quiet" data-tone="bad">
                {tr!(widgets.renew_secret)}
            </summary>
            <div class="notice" data-tone="bad">
                <Icon name="triangle-alert" />
                <div>{tr!(widgets.renew_hint)}</div>
            </div>
            <Form action>
                <input type="hidden" name="id" value=id.to_string() />
                <button class="button" data-kind="danger" type="submit" aria-busy=move || action.pending().get().then_some("true")>
                    {tr!(widgets.renew_sure)}
                </button>
            </Form>
        </details>
    }
}
