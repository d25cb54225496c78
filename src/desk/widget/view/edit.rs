//! One widget: its settings in a form that works as plain HTML, and what they make beside it, while typing.

use super::{fields::Fields, list::Badge, preview::Preview, proof::Proof, remove::Remove};
use crate::desk::widget::api::SaveWidget;
use crate::kit::{
    Copy, Form, Icon, Posting, To, copy::CopyButton, effect, form, form::FormError, toast::toast,
};
use crate::model::{
    error::Error,
    widget::{Policy, Position, Preset, Widget, WidgetSheet},
};
use crate::tr;
use leptos::{prelude::*, server_fn::ServerFn};

/// What stands in the form and shows in the preview.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    pub enabled: RwSignal<bool>,
    pub policy: RwSignal<Policy>,
    pub welcome: RwSignal<String>,
    pub preset: RwSignal<Preset>,
    pub primary: RwSignal<String>,
    pub secondary: RwSignal<String>,
    pub position: RwSignal<Position>,
    pub avatars: RwSignal<bool>,
}

impl Draft {
    /// As saved; or as typed, on the page that answers a refused plain post.
    fn of(w: &Widget) -> Draft {
        let refused = form::refused_by(SaveWidget::url());
        let typed = |name: &str| refused.as_ref().and_then(|r| r.typed.get(name).cloned());
        let word = |name: &str| typed(name).unwrap_or_default();
        let ticked = |name: &str, saved: bool| {
            refused
                .as_ref()
                .map_or(saved, |r| r.typed.contains_key(name))
        };
        let looks = &w.appearance;
        Draft {
            enabled: RwSignal::new(ticked("enabled", w.enabled)),
            policy: RwSignal::new(word("policy").parse().unwrap_or(w.policy)),
            welcome: RwSignal::new(
                typed("welcome_message").unwrap_or_else(|| w.welcome_message.clone()),
            ),
            preset: RwSignal::new(word("preset").parse().unwrap_or(looks.preset)),
            primary: RwSignal::new(
                typed("primary_color").unwrap_or_else(|| looks.primary_color.to_string()),
            ),
            secondary: RwSignal::new(
                typed("secondary_color").unwrap_or_else(|| looks.secondary_color.to_string()),
            ),
            position: RwSignal::new(word("position").parse().unwrap_or(looks.position)),
            avatars: RwSignal::new(ticked("show_agent_avatars", w.show_agent_avatars)),
        }
    }

    fn set(self, w: &Widget) {
        let looks = &w.appearance;
        self.enabled.set(w.enabled);
        self.policy.set(w.policy);
        self.welcome.set(w.welcome_message.clone());
        self.preset.set(looks.preset);
        self.primary.set(looks.primary_color.to_string());
        self.secondary.set(looks.secondary_color.to_string());
        self.position.set(looks.position);
        self.avatars.set(w.show_agent_avatars);
    }
}

/// `workspace` is what the preview's head says; `me` is who answers there, by the name that customers see.
#[component]
pub fn WidgetPage(
    sheet: WidgetSheet,
    #[prop(into)] workspace: String,
    #[prop(into)] me: String,
) -> impl IntoView {
    let save = Posting::<SaveWidget>::new();
    let (sources, shared_with) = (sheet.sources, sheet.shared_with);
    let (id, home) = (sheet.widget.id, sheet.widget.home);
    let (snippet, refused) = (Signal::stored(sheet.snippet), sheet.refused);
    let ends = (!home).then(|| sheet.widget.name.clone());
    let draft = Draft::of(&sheet.widget);
    let saved = RwSignal::new(sheet.widget);
    // Hydrated: what only makes sense then may appear or vanish.
    let live = RwSignal::new(false);
    let dirty = RwSignal::new(false);
    // Counts the undos: each draws the fields anew, as saved.
    let undone = RwSignal::new(0);
    effect(move |_| live.set(true));
    effect(move |_| {
        if let Some(Ok(widget)) = save.value().get() {
            draft
                .primary
                .set(widget.appearance.primary_color.to_string());
            draft
                .secondary
                .set(widget.appearance.secondary_color.to_string());
            saved.set(widget);
            dirty.set(false);
            toast(tr!(widget.saved));
        }
    });
    let error: Signal<Option<Error>> =
        Signal::derive(move || save.value().get().and_then(Result::err));
    let changed = move || dirty.get() || error.read().is_some();
    let undo = move |e: leptos::ev::MouseEvent| {
        e.prevent_default();
        draft.set(&saved.read_untracked());
        save.clear();
        dirty.set(false);
        undone.update(|n| *n += 1);
    };
    form::inside(SaveWidget::url());
    view! {
        <div class="page" data-width="l">
            <header class="page-head">
                <div>
                    <To href="/admin/widgets" attr:class="crumb">
                        <Icon name="chevron-left" />
                        {tr!(widget.title)}
                    </To>
                    <h1>{move || saved.read().name.clone()}</h1>
                </div>
                <div class="actions">
                    <Badge
                        enabled=Signal::derive(move || saved.read().enabled)
                        placed=Signal::derive(move || home || !saved.read().domains.is_empty())
                    />
                    <To href=format!("/admin/audit?subject={id}") attr:class="button" attr:data-kind="quiet">
                        <Icon name="history" />
                        {tr!(widget.history)}
                    </To>
                    <CopyButton text=snippet large=true words=tr!(widget.copy_code) />
                </div>
            </header>
            <div class="edit">
                <Form action=save on:input=move |_| dirty.set(true) on:change=move |_| dirty.set(true)>
                    <input type="hidden" name="id" value=id.to_string() />
                    <input type="hidden" name="revision" value=move || saved.read().revision.to_string() />
                    <FormError error />
                    {move || {
                        undone.track();
                        let widget = saved.get_untracked();
                        let refused = refused.clone();
                        view! { <Fields widget refused draft error live /> }
                    }}
                    <section class="card" id="snippet" aria-labelledby="s-snippet">
                        <header>
                            <h2 id="s-snippet">{tr!(widget.snippet)}</h2>
                        </header>
                        <div class="card-body fields">
                            <p class="hint">{tr!(widget.snippet_hint)}</p>
                            <Copy label="HTML" text=snippet />
                        </div>
                    </section>
                    <div class="save-bar" data-dirty=changed>
                        <span hidden=move || !changed()>{tr!(widget.unsaved)}</span>
                        <button class="button" type="reset" hidden=move || !changed() on:click=undo>
                            {tr!(widget.undo)}
                        </button>
                        <button
                            class="button"
                            data-kind=move || changed().then_some("primary")
                            type="submit"
                            aria-busy=move || save.pending().get().then_some("true")
                        >
                            {tr!(widget.save)}
                        </button>
                    </div>
                </Form>
                <aside class="edit-beside" aria-label=tr!(widget.preview)>
                    <Preview draft workspace me />
                </aside>
                <Proof saved sources shared_with />
                {ends.map(|name| view! { <Remove id name /> })}
            </div>
        </div>
    }
}
