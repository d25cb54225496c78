//! What the settings make: the widget's own mark-up and style sheet, smaller, on a pretended page. Nothing in it can
//! be reached or is read aloud, and it has no ids.

use super::{brand, edit::Draft};
use crate::kit::{Icon, icon::picture, initials};
use crate::model::widget::Position;
use crate::tr;
use leptos::{html, prelude::*};

#[component]
pub(super) fn Preview(draft: Draft, workspace: String, me: String) -> impl IntoView {
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
    let mine = initials(&me);
    let welcome = move || match draft.welcome.get().trim() {
        "" => tr!(chat.welcome).to_owned(),
        words => words.to_owned(),
    };
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
                                {tr!(chat.online)}
                            </p>
                        </div>
                        <button type="button" tabindex="-1">
                            <Icon name="chevron-down" />
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
                                <div class="bubble">
                                    <span dir="auto">{welcome}</span>
                                </div>
                            </li>
                            <li class="day">
                                <time>{tr!(widget.sample_day)}</time>
                            </li>
                            <li class="message" data-from="contact">
                                <div class="bubble">
                                    {tr!(widget.sample_question)}
                                </div>
                                <p class="message-foot">
                                    <time>"10:02"</time>
                                    <svg class="icon" data-tick="read">
                                        <use href=picture("check-check")></use>
                                    </svg>
                                </p>
                            </li>
                            <li class="message" data-from="staff">
                                {move || draft.avatars.get().then(|| view! { <span class="avatar" data-hue="0">{mine.clone()}</span> })}
                                <p class="message-by">
                                    <b>{me}</b>
                                </p>
                                <div class="bubble">
                                    {tr!(widget.sample_answer)}
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
                            <textarea rows="1" placeholder=tr!(chat.write) tabindex="-1" readonly></textarea>
                            <button type="submit" tabindex="-1">
                                <Icon name="arrow-up" />
                            </button>
                        </div>
                        <div class="widget-tools">
                            <button class="button" data-kind="quiet" type="button" tabindex="-1">
                                {tr!(chat.end)}
                            </button>
                            <button class="button" data-kind="quiet" data-icon type="button" tabindex="-1">
                                <Icon name="volume" />
                            </button>
                        </div>
                    </footer>
                </div>
                <span class="preview-launcher">
                    <Icon name="chevron-down" />
                </span>
            </div>
        </div>
    }
}
