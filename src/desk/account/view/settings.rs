//! Settings of the whole workspace: its name, its address, who gets new conversations.

use super::{busy, failed};
use crate::desk::account::api::SaveSettings;
use crate::kit::{
    Field, Form, Posting, SaveBar, effect,
    form::{self, FormError},
    toast::toast,
};
use crate::model::{limits, workspace::SettingsSheet};
use crate::tr;
use leptos::{prelude::*, server_fn::ServerFn};

#[component]
pub fn SettingsPage(sheet: SettingsSheet) -> impl IntoView {
    let SettingsSheet {
        settings,
        time_zones,
    } = sheet;
    let save = Posting::<SaveSettings>::new();
    let error = failed(save);
    form::inside(SaveSettings::url());
    let typed = |field: &str| form::refused().and_then(|r| r.typed.get(field).cloned());
    let zone = typed("time_zone").unwrap_or(settings.time_zone);
    let zones = time_zones.into_iter().map(move |name| {
        let selected = name == zone;
        view! { <option selected=selected>{name}</option> }
    });
    let by_turns = typed("assignment").map_or(settings.auto_assign, |t| t == "least_busy");
    let dirty = RwSignal::new(false);
    effect(move |_| {
        if let Some(Ok(_)) = save.value().get() {
            dirty.set(false);
            toast(tr!(account.saved));
        }
    });
    let saved = move || save.value().get().and_then(Result::ok);
    let revision = move || {
        saved()
            .map_or(settings.revision, |s| s.revision)
            .to_string()
    };
    view! {
        <div class="page" data-width="s">
            <header class="page-head">
                <div>
                    <h1>{tr!(shell.settings)}</h1>
                    <p>{tr!(account.settings_lead)}</p>
                </div>
            </header>
            <Form action=save attr:class="stack" on:input=move |_| dirty.set(true)>
                <FormError error />
                <input type="hidden" name="revision" value=revision />
                <section class="card" aria-labelledby="s-name">
                    <header>
                        <h2 id="s-name">{tr!(account.name_and_address)}</h2>
                    </header>
                    <div class="card-body fields">
                        <Field
                            label=tr!(account.name)
                            name="name"
                            id="ws-name"
                            value=settings.name
                            hint=tr!(account.workspace_name_hint)
                            maxlength=limits::NAME
                            required=true
                            error
                        />
                        <Field
                            label=tr!(account.host)
                            name="host"
                            id="ws-host"
                            value=settings.host.unwrap_or_default()
                            hint=tr!(account.host_hint)
                            maxlength=253_usize
                            optional=true
                            mono=true
                            error
                        />
                        <div class="field">
                            <label for="ws-zone">{tr!(account.time_zone)}</label>
                            <select class="select" id="ws-zone" name="time_zone" aria-describedby="ws-zone-hint">
                                {zones.collect_view()}
                            </select>
                            <p class="hint" id="ws-zone-hint">{tr!(account.time_zone_hint)}</p>
                        </div>
                    </div>
                </section>
                <section class="card" aria-labelledby="s-assign">
                    <header>
                        <h2 id="s-assign">{tr!(account.assignment)}</h2>
                    </header>
                    <div class="card-body">
                        <fieldset class="field">
                            <legend class="visually-hidden">{tr!(account.assignment)}</legend>
                            <div class="choices">
                                <label class="choice">
                                    <input type="radio" name="assignment" value="manual" checked=!by_turns />
                                    <b>{tr!(account.manual)}</b>
                                    <span class="hint">{tr!(account.manual_hint)}</span>
                                </label>
                                <label class="choice">
                                    <input type="radio" name="assignment" value="least_busy" checked=by_turns />
                                    <b>{tr!(account.least_busy)}</b>
                                    <span class="hint">{tr!(account.least_busy_hint)}</span>
                                </label>
                            </div>
                        </fieldset>
                    </div>
                </section>
                <SaveBar busy=busy(save) dirty />
            </Form>
        </div>
    }
}
