//! Every widget as a card, and the button that makes one.

use super::{brand, policy_words};
use crate::desk::widget::api::CreateWidget;
use crate::kit::{Form, Icon, Posting, form::FormError};
use crate::model::widget::Widget;
use crate::tr;
use leptos::{html, prelude::*};

#[component]
pub fn WidgetsPage(widgets: Vec<Widget>) -> impl IntoView {
    let create = Posting::<CreateWidget>::new();
    let error = Signal::derive(move || create.value().get().and_then(Result::err));
    let none = widgets.is_empty();
    let new = move || {
        view! {
            <Form action=create>
                <button class="button" data-kind="primary" type="submit" aria-busy=move || create.pending().get().then_some("true")>
                    <Icon name="plus" size="s" />
                    {tr!(widgets.new)}
                </button>
            </Form>
        }
    };
    view! {
        <div class="page">
            <header class="page-head">
                <div>
                    <h1>{tr!(widgets.title)}</h1>
                    <p>{tr!(widgets.lead)}</p>
                </div>
                {(!none).then(|| view! { <div class="actions">{new()}</div> })}
            </header>
            <FormError error />
            {if none {
                view! {
                    <section class="card">
                        <div class="empty">
                            <span class="empty-mark">
                                <Icon name="message-circle" />
                            </span>
                            <h2>{tr!(widgets.empty_title)}</h2>
                            <p>{tr!(widgets.empty)}</p>
                            {new()}
                        </div>
                    </section>
                }
                    .into_any()
            } else {
                view! { <ul class="cards">{widgets.into_iter().map(|widget| view! { <Card widget /> }).collect_view()}</ul> }.into_any()
            }}
        </div>
    }
}

#[component]
fn Card(widget: Widget) -> impl IntoView {
    let launcher = NodeRef::<html::Span>::new();
    let looks = widget.appearance.clone();
    let (preset, primary, secondary) = (
        looks.preset,
        looks.primary_color.to_string(),
        looks.secondary_color.to_string(),
    );
    brand(
        launcher,
        preset.into(),
        Signal::stored(primary),
        Signal::stored(secondary),
    );
    let mut domains: Vec<String> = widget.domains.iter().map(ToString::to_string).collect();
    if widget.home {
        domains.insert(0, tr!(widgets.this_desk).to_owned());
    }
    let domains = if domains.is_empty() {
        tr!(widgets.no_domains).to_owned()
    } else {
        domains.join(", ")
    };
    view! {
        <li class="widget-card">
            <div class="widget-card-head">
                <span class="mini-launcher" data-preset=preset.word() aria-hidden="true" node_ref=launcher>
                    <Icon name="message-circle" />
                </span>
                <div>
                    <h2>
                        <a href=format!("/admin/widgets/{}", widget.id)>{widget.name}</a>
                    </h2>
                    <p class="hint">{if widget.home { tr!(widgets.home_hint) } else { tr!(widgets.site_hint) }}</p>
                </div>
                <Badge enabled=widget.enabled />
            </div>
            <dl class="facts">
                <div>
                    <dt>{tr!(widgets.domains)}</dt>
                    <dd>{domains}</dd>
                </div>
                <div>
                    <dt>{tr!(widgets.who)}</dt>
                    <dd>{policy_words(widget.policy).0}</dd>
                </div>
            </dl>
        </li>
    }
}

#[component]
pub(super) fn Badge(#[prop(into)] enabled: Signal<bool>) -> impl IntoView {
    view! {
        <span class="badge" data-tone=move || enabled.get().then_some("good")>
            {move || if enabled.get() { tr!(widgets.enabled_badge) } else { tr!(widgets.disabled_badge) }}
        </span>
    }
}
