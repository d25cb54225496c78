//! What the settings make: the widget's own mark-up and style sheet, smaller, on a pretended page. Nothing in it can
//! be reached or is read aloud, and it has no ids.

use super::{brand, edit::Draft};
use crate::kit::{Icon, initials};
use crate::model::widget::Position;
use crate::tr;
use leptos::{html, prelude::*};

#[component]
pub(super) fn Preview(draft: Draft, workspace: String) -> impl IntoView {
    let stage = NodeRef::<html::Div>::new();
    brand(
        stage,
        draft.preset.into(),
        draft.primary.into(),
        draft.secondary.into(),
    );
    let side = move || match draft.position.get() {
        Position::Right => "right",
        Position::Left => "left",
    };
    let face = initials(&workspace);
    view! {
        <div class="preview" data-position=side aria-hidden="true">
            <div class="preview-stage" data-preset=move || draft.preset.get().word() node_ref=stage>
                <div class="widget" data-state="open" inert>
                    <header class="widget-head">
                        <span class="widget-face" aria-hidden="true">
                            {face.clone()}
                        </span>
                        <div class="widget-title">
                            <p class="widget-name">{workspace.clone()}</p>
                            <p class="widget-state">
                                <span class="dot" data-availability="online"></span>
                                {tr!(widgets.online)}
                            </p>
                        </div>
                        <button type="button" tabindex="-1">
                            <Icon name="minus" />
                        </button>
                        <button type="button" tabindex="-1">
                            <Icon name="x" />
                        </button>
                    </header>
                    <div class="scroll">
                        <ol class="thread" data-mine="contact">
                            <li class="message" data-from="staff">
                                <span class="avatar" data-brand>
                                    {face.clone()}
                                </span>
                                <p class="message-by">
                                    <b>{workspace.clone()}</b>
                                </p>
                                <div class="bubble widget-hello">
                                    <p dir="auto">{move || draft.welcome.get()}</p>
                                </div>
                            </li>
                            <li class="message" data-from="contact">
                                <div class="bubble">
                                    {tr!(widgets.sample_question)}
                                </div>
                                <p class="message-foot">
                                    <time>"10:02"</time>
                                    <Icon name="check-check" />
                                </p>
                            </li>
                            <li class="message" data-from="staff">
                                <Show when=move || draft.avatars.get()>
                                    <span class="avatar" data-hue="0">
                                        {tr!(widgets.sample_initials)}
                                    </span>
                                </Show>
                                <p class="message-by">
                                    <b>{tr!(widgets.sample_agent)}</b>
                                </p>
                                <div class="bubble">
                                    {tr!(widgets.sample_answer)}
                                </div>
                                <p class="message-foot">
                                    <time>"10:03"</time>
                                </p>
                            </li>
                        </ol>
                    </div>
                    <footer class="widget-foot">
                        <div class="widget-composer">
                            <button type="button" tabindex="-1">
                                <Icon name="smile" />
                            </button>
                            <textarea rows="1" placeholder=tr!(widgets.write) tabindex="-1" readonly></textarea>
                            <button type="submit" tabindex="-1">
                                <Icon name="arrow-up" />
                            </button>
                        </div>
                        <div class="widget-tools">
                            <button class="button" data-kind="quiet" type="button" tabindex="-1">
                                {tr!(widgets.end)}
                            </button>
                            <button class="button" data-kind="quiet" data-icon type="button" tabindex="-1">
                                <Icon name="volume" />
                            </button>
                        </div>
                    </footer>
                </div>
                <span class="preview-launcher">
                    <Icon name="message-circle" />
                </span>
            </div>
        </div>
    }
}
