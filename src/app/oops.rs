//! The pages that say no.

use super::{answer, is_alive, shell::Shell};
use crate::desk::account::api::open_frame;
use crate::kit::{Icon, Loaded, Title, To, awaited, browser};
use crate::model::error::Error;
use crate::tr;
use leptos::{either::Either, prelude::*};

/// No such page, or not for this reader: the same. Staff have the way back to the inbox, and where the address is that of
/// a page with a module they stay within their frame.
#[component]
pub fn Missing() -> impl IntoView {
    answer::status(404);
    let frame = awaited(|| (), |()| open_frame());
    let alive = is_alive();
    view! {
        <Title text=tr!(shell.missing_title).to_owned() />
        <Loaded resource=frame let:frame>
            {match frame {
                Ok(_) if !alive => view! { <MissingForAll staff=true /> }.into_any(),
                Ok(frame) => {
                    view! {
                        <Shell frame>
                            <main id="main" class="oops" tabindex="-1">
                                <Says code="404" title=tr!(shell.missing_title) words=tr!(shell.missing).to_owned()>
                                    <Back />
                                </Says>
                            </main>
                        </Shell>
                    }
                        .into_any()
                }
                Err(_) => view! { <MissingForAll staff=false /> }.into_any(),
            }}
        </Loaded>
    }
}

#[component]
fn Back() -> impl IntoView {
    view! {
        <To href="/desk" attr:class="button" attr:data-kind="primary">
            {tr!(shell.back)}
        </To>
    }
}

#[component]
fn MissingForAll(staff: bool) -> impl IntoView {
    view! {
        <Oops code="404" title=tr!(shell.missing_title) words=tr!(shell.missing).to_owned()>
            {if staff {
                Either::Left(view! { <Back /> })
            } else {
                Either::Right(
                    view! {
                        <To href="/" attr:class="button" attr:data-kind="primary">
                            {tr!(shell.to_start)}
                        </To>
                        <To href="/sign-in" attr:class="button">
                            {tr!(shell.sign_in)}
                        </To>
                    },
                )
            }}
        </Oops>
    }
}

/// A link with a token that is used up, too old, or never was.
#[component]
pub fn Gone() -> impl IntoView {
    answer::status(404);
    view! {
        <Title text=tr!(shell.gone_title).to_owned() />
        <Oops code=tr!(shell.link) title=tr!(shell.gone_title) words=tr!(shell.gone).to_owned()>
            <To href="/sign-in" attr:class="button" attr:data-kind="primary">
                {tr!(shell.sign_in)}
            </To>
        </Oops>
    }
}

/// The page could not be made; trying again can help.
#[component]
pub fn Broken(error: Error) -> impl IntoView {
    answer::status(error.status());
    let code = match error.status() {
        503 => "503",
        _ => "500",
    };
    view! {
        <Title text=tr!(shell.broken_title).to_owned() />
        <Oops code title=tr!(shell.broken_title) words=format!("{} {}", error.sentence(), tr!(shell.broken))>
            // Without WASM this is a link to the page itself.
            <a
                class="button"
                data-kind="primary"
                href=""
                rel="external"
                on:click=move |e| {
                    e.prevent_default();
                    browser::reload();
                }
            >
                <Icon name="refresh" size="s" />
                {tr!(common.try_again)}
            </a>
        </Oops>
    }
}

#[component]
fn Oops(
    code: &'static str,
    title: &'static str,
    words: String,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="door">
            <main id="main" class="oops">
                <Says code title words children />
            </main>
            <footer class="door-foot">"Deskbell"</footer>
        </div>
    }
}

#[component]
fn Says(
    code: &'static str,
    title: &'static str,
    words: String,
    children: Children,
) -> impl IntoView {
    view! {
        <span class="door-mark">
            <Icon name="deskbell" />
        </span>
        <p class="oops-code">{code}</p>
        <h1>{title}</h1>
        <p>{words}</p>
        <div class="actions">{children()}</div>
    }
}
