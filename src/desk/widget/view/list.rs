//! Every widget as a card, and the form that makes one.

use super::{brand, policy_words};
use crate::desk::widget::api::CreateWidget;
use crate::kit::{
    Field, Form, Icon, Posting, To,
    form::{FormError, Inside},
};
use crate::model::{limits, widget::Widget};
use crate::tr;
use leptos::{html, prelude::*, server_fn::ServerFn};

#[component]
pub fn WidgetsPage(widgets: Vec<Widget>) -> impl IntoView {
    let none = widgets.is_empty();
    view! {
        <div class="page">
            <header class="page-head">
                <div>
                    <h1>{tr!(widget.title)}</h1>
                    <p>{tr!(widget.lead)}</p>
                </div>
                <div class="actions">
                    <a class="button" data-kind="primary" href="#new">
                        <Icon name="plus" size="s" />
                        {tr!(widget.new)}
                    </a>
                </div>
            </header>
            <div class="stack">
                {if none {
                    view! {
                        <section class="card">
                            <div class="empty">
                                <span class="empty-mark">
                                    <Icon name="message-circle" />
                                </span>
                                <h2>{tr!(widget.empty_title)}</h2>
                                <p>{tr!(widget.empty)}</p>
                            </div>
                        </section>
                    }
                        .into_any()
                } else {
                    view! { <ul class="cards">{widgets.into_iter().map(|widget| view! { <Card widget /> }).collect_view()}</ul> }
                        .into_any()
                }}
                <NewWidget />
            </div>
        </div>
    }
}

/// A name and its sites; everything else has a beginning and waits on the widget's own page.
#[component]
fn NewWidget() -> impl IntoView {
    let create = Posting::<CreateWidget>::new();
    let error = Signal::derive(move || create.value().get().and_then(Result::err));
    view! {
        <section class="card" id="new" aria-labelledby="s-new">
            <header>
                <h2 id="s-new">{tr!(widget.new)}</h2>
            </header>
            <div class="card-body">
                <Inside action=CreateWidget::url()>
                    <Form action=create>
                        <div class="fields">
                            <FormError error />
                            <div class="fields-row">
                                <Field
                                    label=tr!(widget.name)
                                    name="name"
                                    id="n-name"
                                    hint=tr!(widget.name_hint)
                                    maxlength=limits::NAME
                                    required=true
                                    error
                                />
                                <Field
                                    label=tr!(widget.domains)
                                    name="domains"
                                    id="n-domains"
                                    kind="textarea"
                                    placeholder=tr!(widget.domains_example)
                                    hint=tr!(widget.domains_hint)
                                    mono=true
                                    optional=true
                                    error
                                />
                            </div>
                            <div class="actions">
                                <button
                                    class="button"
                                    data-kind="primary"
                                    type="submit"
                                    aria-busy=move || create.pending().get().then_some("true")
                                >
                                    {tr!(widget.create)}
                                </button>
                            </div>
                        </div>
                    </Form>
                </Inside>
            </div>
        </section>
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
        domains.insert(0, tr!(widget.this_desk).to_owned());
    }
    let placed = !domains.is_empty();
    let domains = if domains.is_empty() {
        tr!(widget.no_domains).to_owned()
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
                        <To href=format!("/admin/widgets/{}", widget.id)>{widget.name}</To>
                    </h2>
                    <p class="hint">{if widget.home { tr!(widget.home_hint) } else { tr!(widget.site_hint) }}</p>
                </div>
                <Badge enabled=widget.enabled placed />
            </div>
            <dl class="facts">
                <div>
                    <dt>{tr!(widget.domains)}</dt>
                    <dd>{domains}</dd>
                </div>
                <div>
                    <dt>{tr!(widget.who)}</dt>
                    <dd>{policy_words(widget.policy).0}</dd>
                </div>
            </dl>
        </li>
    }
}

/// Whether it shows: it is switched on, and a page may have it.
#[component]
pub(super) fn Badge(
    #[prop(into)] enabled: Signal<bool>,
    #[prop(into)] placed: Signal<bool>,
) -> impl IntoView {
    view! {
        <span class="badge" data-tone=move || (enabled.get() && placed.get()).then_some("good")>
            {move || match (enabled.get(), placed.get()) {
                (false, _) => tr!(widget.disabled_badge),
                (_, false) => tr!(widget.nowhere_badge),
                _ => tr!(widget.enabled_badge),
            }}
        </span>
    }
}
