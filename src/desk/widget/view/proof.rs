//! The key with which the host site's server vouches for its customers, and whose customers these are. The key is
//! shown on demand, never with the page.

use crate::desk::widget::api::{RenewSecret, ShareCustomers, WidgetSecret};
use crate::kit::{Form, Icon, Posting, copy::CopyButton, toast::toast};
use crate::model::{id::WidgetId, widget::Widget};
use crate::tr;
use leptos::prelude::*;

/// `sources` are the other widgets whose customers it could share, `shared_with` the names of those that share its own.
#[component]
pub fn Proof(
    saved: RwSignal<Widget>,
    sources: Vec<(WidgetId, String)>,
    shared_with: Vec<String>,
) -> impl IntoView {
    let id = saved.read_untracked().id;
    let share = Posting::<ShareCustomers>::new();
    Effect::new(move |_| {
        if let Some(Ok(widget)) = share.value().get() {
            saved.set(widget);
            toast(tr!(widget.saved));
        }
    });
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
        failed(show.value().get())
            .or_else(|| failed(renew.value().get()))
            .or_else(|| share.value().get().and_then(Result::err))
    });
    let shared = shared_with.join(", ");
    // Where there is no other, or others rely on its own, there is nothing to choose.
    let choice = (shared.is_empty() && !sources.is_empty()).then(|| {
        let now = saved.read_untracked().source;
        let others = sources.into_iter().map(move |(other, name)| {
            let name = tr!(widget.customers_of, name = name);
            view! { <option value=other.to_string() selected=now == other>{name}</option> }
        });
        view! {
            <Form action=share>
                <input type="hidden" name="id" value=id.to_string() />
                <div class="field">
                    <label for="w-source">{tr!(widget.customers)}</label>
                    <div class="input-group">
                        <select class="select" id="w-source" name="source" aria-describedby="w-source-hint">
                            <option value=id.to_string() selected=now == id>{tr!(widget.customers_own)}</option>
                            {others.collect_view()}
                        </select>
                        <button class="button" type="submit">{tr!(widget.save)}</button>
                    </div>
                    <p class="hint" id="w-source-hint">{tr!(widget.customers_hint)}</p>
                </div>
            </Form>
        }
    });
    view! {
        <section class="card" id="proof" aria-labelledby="s-proof">
            <header>
                <h2 id="s-proof">{tr!(widget.proof)}</h2>
            </header>
            <div class="card-body fields">
                <p class="hint">{tr!(widget.proof_lead)}</p>
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
                    <label for="w-secret">{tr!(widget.secret)}</label>
                    <div class="input-group">
                        <input class="input" id="w-secret" data-mono readonly autocomplete="off" prop:value=key />
                        <CopyButton text=key large=true />
                    </div>
                </div>
                <div class="actions">
                    <Form action=show>
                        <input type="hidden" name="id" value=id.to_string() />
                        <button class="button" type="submit" hidden=move || !key.read().is_empty()>
                            {tr!(widget.show_secret)}
                        </button>
                    </Form>
                </div>
                {move || {
                    // A new secret closes it again.
                    renew.value().track();
                    view! { <Renew id action=renew /> }
                }}
                {choice}
                {(!shared.is_empty()).then(|| view! { <p class="hint">{tr!(widget.customers_shared, names = shared)}</p> })}
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
                {tr!(widget.renew_secret)}
            </summary>
            <div class="notice" data-tone="bad">
                <Icon name="triangle-alert" />
                <div>{tr!(widget.renew_hint)}</div>
            </div>
            <Form action>
                <input type="hidden" name="id" value=id.to_string() />
                <button class="button" data-kind="danger" type="submit" aria-busy=move || action.pending().get().then_some("true")>
                    {tr!(widget.renew_sure)}
                </button>
            </Form>
        </details>
    }
}
